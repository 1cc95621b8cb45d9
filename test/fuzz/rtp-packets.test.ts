import { below, SeededRandom, type Random } from '../../runtime/core/random';
import { EventReceiver } from '../../runtime/media/dtmf/event-receiver';
import { isPlausibleEvent } from '../../runtime/media/dtmf/event-receiver';
import { eventOfDigit, writeTelephoneEvent } from '../../runtime/media/dtmf/telephone-event';
import { FRAME_SAMPLES, JitterBuffer } from '../../runtime/media/jitter-buffer';
import { isRtcp, RtpPacket, writeRtpHeader } from '../../runtime/media/rtp/packet';
import { ReceiverStatistics } from '../../runtime/media/rtp/receiver-statistics';
import {
  MAX_RTCP_SIZE,
  parseRtcp,
  ReportBlock,
  SenderInfo,
  writeBye,
  writeCname,
  writeReport,
} from '../../runtime/media/rtp/rtcp';
import { RtcpSession } from '../../runtime/media/rtp/rtcp-session';
import { RtpSender } from '../../runtime/media/rtp/sender';
import { RtpInput } from '../../runtime/media/rtp-input';
import { SourceLatch } from '../../runtime/media/source-latch';
import { codecKind } from '../../runtime/media/codec/registry';
import { FORMATS, streamOf } from '../support/sound-network';
import { voice } from '../support/voice';

const ROUNDS = 10_000;
const PEER = { host: '10.0.0.1', port: 4_000 };

/** Bytes that throw when anything outside of them, or that is no index, is read. */
function guarded(bytes: Uint8Array): Uint8Array {
  return new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string' && /^-?[\d.]+$/.test(key)) {
        const index = Number(key);
        if (!(Number.isInteger(index) && index >= 0 && index < target.length)) {
          throw new RangeError(`read at ${key} of ${target.length}`);
        }
        return target[index];
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Flips bits, sets bytes to extremes, cuts, repeats and appends, one to four times. */
function mutate(random: Random, original: Uint8Array): Uint8Array {
  let bytes = Uint8Array.from(original);
  for (let times = 1 + below(random, 4); times > 0; times -= 1) {
    const at = below(random, Math.max(1, bytes.length));
    switch (below(random, 6)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
        break;
      case 1:
        bytes[at] = [0, 0x7f, 0x80, 0xff][below(random, 4)] ?? 0;
        break;
      case 2:
        bytes[at] = random.uint32();
        break;
      case 3:
        bytes = bytes.slice(0, at);
        break;
      case 4:
        bytes = Uint8Array.from([...bytes, ...bytes.slice(at, at + 40)]);
        break;
      default:
        // The first bytes hold versions, flags, counts and lengths.
        bytes[below(random, 4)] = random.uint32();
    }
  }
  return bytes;
}

function rtpSeeds(): Uint8Array[] {
  const audio = new Uint8Array(172).fill(0x55);
  writeRtpHeader(audio, true, 0, 1, 160, 7);
  const event = new Uint8Array(16);
  writeRtpHeader(event, true, 101, 2, 320, 7);
  writeTelephoneEvent(event, 12, eventOfDigit('5') ?? 0, false, 10, 160);
  const noise = new Uint8Array(13).fill(40);
  writeRtpHeader(noise, false, 13, 3, 480, 7);
  const dressed = Uint8Array.from(
    Buffer.from(
      'b2000001000000020000000311111111222222220bede0011111111155555555555500000004',
      'hex',
    ),
  );
  return [audio, event, noise, dressed];
}

function rtcpSeeds(): Uint8Array[] {
  const text = new TextEncoder().encode('somebody@somewhere');
  const block = Object.assign(new ReportBlock(), {
    ssrc: 7,
    cumulativeLost: 3,
    lastSenderReport: 1,
  });
  const build = (info: SenderInfo | undefined, bye: boolean): Uint8Array => {
    const target = new Uint8Array(MAX_RTCP_SIZE);
    let end = writeReport(target, 0, 9, info, block);
    end = writeCname(target, end, 9, text);
    if (bye) end = writeBye(target, end, 9, text);
    return target.slice(0, end);
  };
  const padded = Uint8Array.from([
    ...build(undefined, false),
    0xa1,
    203,
    0,
    2,
    0,
    0,
    0,
    9,
    0,
    0,
    0,
    4,
  ]);
  return [build(new SenderInfo(), true), build(undefined, false), padded];
}

describe('RTP from the network', () => {
  it(`survives ${ROUNDS} mutated packets without a throw or a read outside of them`, () => {
    const random = new SeededRandom(31);
    const seeds = rtpSeeds();
    const packet = new RtpPacket();
    const statistics = new ReceiverStatistics();
    const jitter = new JitterBuffer();
    const frame = new Int16Array(FRAME_SAMPLES);
    const digits: string[] = [];
    const events = new EventReceiver({
      onDigit: (digit) => digits.push(digit),
      onRelease: () => undefined,
    });
    let understood = 0;
    for (let i = 0; i < ROUNDS; i += 1) {
      const now = i * 7;
      const bytes = guarded(mutate(random, seeds[i % seeds.length] as Uint8Array));
      isRtcp(bytes);
      if (packet.parse(bytes) === 'ok') {
        understood += 1;
        expect(packet.payloadOffset + packet.payloadLength).toBeLessThanOrEqual(bytes.length);
        expect(packet.payloadOffset).toBeGreaterThanOrEqual(12);
        statistics.update(packet.ssrc, packet.sequence, packet.timestamp, now);
        if (packet.payloadType === 101 || isPlausibleEvent(packet)) events.receive(packet, now);
        else if (packet.payloadType === 13) jitter.pushComfortNoise(packet);
        else jitter.push(packet, i % 2 === 0 ? 'PCMU' : 'PCMA', now);
      }
      events.poll(now);
      jitter.pull(frame, now);
    }
    expect(understood).toBeGreaterThan(ROUNDS / 4);
    expect(understood).toBeLessThan(ROUNDS);
    expect(statistics.received).toBeGreaterThan(0);
    expect(digits.every((digit) => '0123456789*#ABCD'.includes(digit))).toBe(true);
    expect(Number.isFinite(statistics.jitter)).toBe(true);
  });

  it(`survives ${ROUNDS} packets of random bytes`, () => {
    const random = new SeededRandom(32);
    const packet = new RtpPacket();
    for (let i = 0; i < ROUNDS; i += 1) {
      const bytes = Uint8Array.from({ length: below(random, 64) }, () => random.uint32());
      if (bytes.length > 0 && i % 2 === 0) bytes[0] = 0x80 | ((bytes[0] as number) & 0x3f);
      if (packet.parse(guarded(bytes)) !== 'ok') continue;
      expect(packet.payloadOffset + packet.payloadLength).toBeLessThanOrEqual(bytes.length);
    }
  });
});

describe('the port of a session', () => {
  it.each(['PCMU', 'G722', 'opus', 'L16'] as const)(
    `survives ${ROUNDS} mutated packets of %s among good ones, and hears the good ones behind them`,
    (name) => {
      const random = new SeededRandom(34);
      let now = 1_000_000;
      const clock = { now: () => now, setTimeout: () => ({}), clearTimeout: () => undefined };
      const latch = new SourceLatch(true);
      latch.expect(PEER);
      const digits: string[] = [];
      const input = new RtpInput(clock, latch, {
        onDigit: (digit) => digits.push(digit),
        onRelease: () => undefined,
      });
      const link = new RtcpSession({
        random,
        sender: new RtpSender(random),
        receiver: input.statistics,
        cname: 'us',
      });
      input.configure(
        {
          remote: { rtp: PEER },
          codec: { ...FORMATS[name], payloadType: 96 },
          alternatives: [{ ...FORMATS.PCMA, payloadType: 8 }],
          telephoneEvent: { payloadType: 101, clockRate: FORMATS[name].clockRate },
          comfortNoise: 97,
          direction: 'sendrecv',
          ptime: 20,
        },
        true,
      );
      const relayed = { sound: 0, other: 0 };
      input.relay = {
        onAudio: (packet, _kind, _verdict, _now, _format, units) => {
          relayed.sound += 1;
          expect(packet.payloadOffset + packet.payloadLength).toBeLessThanOrEqual(
            packet.bytes.length,
          );
          expect(units).toBeGreaterThanOrEqual(0);
        },
        onOther: () => {
          relayed.other += 1;
        },
      };
      input.listen(16_000);
      const sound = voice(codecKind(name).sampleRate(FORMATS[name]), 1_000);
      const stream = streamOf(FORMATS[name], sound, { sequence: 0, timestamp: 0 });
      const seeds = [...stream.packets.map(({ bytes }) => bytes), ...rtpSeeds(), ...rtcpSeeds()];
      for (let i = 0; i < ROUNDS; i += 1) {
        const bytes = mutate(random, seeds[below(random, seeds.length)] as Uint8Array);
        if (input.receive(bytes, PEER.host, PEER.port) === 'rtcp') link.receive(bytes, now);
        input.poll(now);
        now += 5;
        if (i % 4 === 0) {
          input.pull(now);
          expect(input.frame.length).toBe(input.sampleRate / 50);
        }
      }
      const { discarded, drops } = input;
      expect(discarded).toBeGreaterThan(ROUNDS / 10);
      expect(Object.keys(drops).length).toBeLessThan(20);
      expect(Object.values(drops).reduce((sum, count) => sum + count, 0)).toBe(discarded);
      expect(relayed.sound).toBeGreaterThan(0);
      expect(digits.every((digit) => '0123456789*#ABCD'.includes(digit))).toBe(true);
      const { mos = 0, level = 0 } = input.quality(undefined);
      expect(mos).toBeGreaterThanOrEqual(1);
      expect(level).toBeLessThanOrEqual(0);
      // And now the peer again, undisturbed.
      const kinds: string[] = [];
      now += 3_000;
      for (const { bytes } of streamOf(FORMATS[name], sound, { ssrc: 4711 }).packets) {
        input.receive(bytes, PEER.host, PEER.port);
        kinds.push(input.pull(now));
        now += 20;
      }
      expect(kinds.slice(-30)).toEqual(Array(30).fill('audio'));
      input.listen(0);
    },
  );
});

describe('RTCP from the network', () => {
  it(`survives ${ROUNDS} mutated compounds without a throw or a read outside of them`, () => {
    const random = new SeededRandom(33);
    const seeds = rtcpSeeds();
    const receiver = new ReceiverStatistics();
    const sender = new RtpSender(random);
    const session = new RtcpSession({ random, sender, receiver, cname: 'us' });
    const target = new Uint8Array(MAX_RTCP_SIZE);
    let understood = 0;
    for (let i = 0; i < ROUNDS; i += 1) {
      const bytes = mutate(random, seeds[i % seeds.length] as Uint8Array);
      const handler = {
        onSenderReport: () => undefined,
        onReportBlock: () => undefined,
        onCname: (_: number, cname: string) => expect(cname.length).toBeLessThanOrEqual(255),
        onBye: (_: number, reason: string) => expect(reason.length).toBeLessThanOrEqual(255),
      };
      if (parseRtcp(guarded(bytes), handler) === 'ok') understood += 1;
      session.receive(bytes, i);
      expect(session.writeReport(target, i)).toBeLessThanOrEqual(MAX_RTCP_SIZE);
    }
    expect(understood).toBeGreaterThan(ROUNDS / 20);
    expect(understood).toBeLessThan(ROUNDS);
    expect(session.remoteLoss ?? 0).toBeLessThanOrEqual(1);
  });
});
