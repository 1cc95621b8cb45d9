/**
 * What the pure parts of media cost for each packet of 20 ms, in µs of CPU, and what they allocate.
 * The floor in the same run: copying 172 bytes, which is the least that any packet needs.
 */
import { SeededRandom } from '../../runtime/core/random';
import { decodeG711, encodeG711 } from '../../runtime/media/codec/g711';
import { EventReceiver } from '../../runtime/media/dtmf/event-receiver';
import { writeTelephoneEvent } from '../../runtime/media/dtmf/telephone-event';
import { FRAME_SAMPLES, JitterBuffer } from '../../runtime/media/jitter-buffer';
import { RtpPacket, writeRtpHeader } from '../../runtime/media/rtp/packet';
import { ReceiverStatistics } from '../../runtime/media/rtp/receiver-statistics';
import { RtpSender } from '../../runtime/media/rtp/sender';
import { codecKind } from '../../runtime/media/codec/registry';
import { RtpInput } from '../../runtime/media/rtp-input';
import { SoundLine } from '../../runtime/media/sound-line';
import { soundOf } from '../../runtime/media/sound-payload';
import { SourceLatch } from '../../runtime/media/source-latch';
import { FORMATS, streamOf } from '../support/sound-network';
import { voice } from '../support/voice';
import { ToneGenerator } from '../../runtime/media/tone';
import { namedTone } from '../../runtime/core/tones';

const ROUNDS = 200_000;
const REPEATS = 5;

interface Work {
  readonly name: string;
  readonly once: (round: number) => void;
  readonly rounds?: number;
}

/** The best of some repeats, which is the one that others on the machine disturbed least. */
function measure({ name, once, rounds = ROUNDS }: Work): void {
  for (let i = 0; i < rounds / 4; i += 1) once(i);
  let best = Infinity;
  const heap = process.memoryUsage();
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const before = process.cpuUsage();
    for (let i = 0; i < rounds; i += 1) once(i);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / rounds);
  }
  const after = process.memoryUsage();
  const grown = Math.max(0, after.heapUsed + after.external - heap.heapUsed - heap.external);
  const bytes = grown / (rounds * REPEATS);
  console.log(
    `${name.padEnd(44)}${best.toFixed(3).padStart(8)} µs${bytes.toFixed(1).padStart(8)} B kept or uncollected`,
  );
}

function works(): Work[] {
  const payload = Uint8Array.from({ length: 160 }, (_, i) => i);
  const bytes = new Uint8Array(172);
  const copy = Buffer.alloc(172);
  bytes.set(payload, 12);
  const sender = new RtpSender(new SeededRandom(1));
  const packet = new RtpPacket();
  const statistics = new ReceiverStatistics();
  const samples = Int16Array.from({ length: 1600 }, (_, i) => 12_000 * Math.sin(i / 9));
  const frame = new Int16Array(FRAME_SAMPLES);
  const jitter = new JitterBuffer();
  const tone = new ToneGenerator({ ...namedTone('ringback', 4_000_000), cadence: [] });
  const events = new EventReceiver({ onDigit: () => undefined, onRelease: () => undefined });
  const event = new Uint8Array(16);
  const eventPacket = new RtpPacket();

  // Time goes on over the repeats.
  let tick = 0;
  const arrive = (round: number): void => {
    tick = round === 0 ? tick + 1000 : tick + 1;
    writeRtpHeader(bytes, false, 0, tick & 0xffff, (tick * 160) >>> 0, 7);
    packet.parse(bytes);
  };
  const report = (round: number): void => {
    // A press of 12 packets, three of them ends, then the next.
    const step = round % 12;
    const start = ((round - step) * 160) >>> 0;
    writeRtpHeader(event, step === 0, 101, round & 0xffff, start, 7);
    writeTelephoneEvent(event, 12, 5, step > 8, 10, 160 * Math.min(step + 1, 9));
    eventPacket.parse(event);
  };

  return [
    { name: 'floor: copy 172 bytes', once: () => copy.set(bytes) },
    { name: 'parse an RTP packet', once: () => void packet.parse(bytes) },
    {
      name: 'write an RTP packet, 160 bytes copied',
      once: () => {
        sender.writeAudio(bytes, 0, payload, 0, 160);
        sender.advance(160);
      },
    },
    {
      name: 'encode a frame, PCMU',
      once: (round) => encodeG711('PCMU', samples, round % 1440, 160, payload, 0),
    },
    {
      name: 'encode a frame, PCMA',
      once: (round) => encodeG711('PCMA', samples, round % 1440, 160, payload, 0),
    },
    { name: 'decode a frame, PCMU', once: () => decodeG711('PCMU', payload, 0, 160, frame, 0) },
    { name: 'decode a frame, PCMA', once: () => decodeG711('PCMA', payload, 0, 160, frame, 0) },
    {
      name: 'account for a packet (after write and parse)',
      once: (round) => {
        arrive(round);
        statistics.update(packet.ssrc, packet.sequence, packet.timestamp, tick * 20);
      },
    },
    {
      name: 'jitter buffer: push (with decode) and pull',
      once: (round) => {
        arrive(round);
        jitter.push(packet, 'PCMU', tick * 20);
        jitter.pull(frame, tick * 20);
      },
    },
    ...encodedWorks(),
    ...inputWorks(),
    {
      name: 'receive an event packet (with write and parse)',
      once: (round) => {
        report(round);
        events.receive(eventPacket, round * 20);
      },
    },
    {
      name: 'make a frame of two tones',
      once: () => {
        if (tone.fill(frame, 0, FRAME_SAMPLES) < FRAME_SAMPLES) tone.position = 0;
      },
    },
  ];
}

/** Codecs whose packets wait encoded: push, and pull with the decoding, which `bench codec` has alone. */
function encodedWorks(): Work[] {
  const cases = [
    ['G722', 16_000],
    ['opus', 8_000],
    ['opus', 48_000],
    ['L16', 16_000],
  ] as const;
  return cases.map(([name, sampleRate]) => {
    const format = FORMATS[name];
    const stream = streamOf(format, voice(codecKind(name).sampleRate(format), 2_000));
    const line = new SoundLine();
    line.listen(sampleRate);
    const sound = soundOf(format);
    const packet = new RtpPacket();
    const units = format.clockRate / 50;
    let tick = 0;
    return {
      name: `jitter buffer: push and pull, ${name} at ${sampleRate / 1_000} kHz`,
      rounds: ROUNDS / 20,
      once: () => {
        const bytes = stream.packets[tick % stream.packets.length]?.bytes;
        if (bytes === undefined || sound === undefined) return;
        writeRtpHeader(bytes, false, 96, tick & 0xffff, (tick * units) >>> 0, 7);
        packet.parse(bytes);
        line.push(packet, sound, units, tick * 20);
        line.pull(tick * 20);
        tick += 1;
      },
    };
  });
}

/** The whole way of a G.711 packet into a session, and a frame of it out again. */
function inputWorks(): Work[] {
  const peer = { host: '127.0.0.1', port: 4_000 };
  const bytes = new Uint8Array(172).map((_, i) => i);
  let now = 0;
  let tick = 0;
  const clock = { now: () => now, setTimeout: () => ({}), clearTimeout: () => undefined };
  const latch = new SourceLatch(true);
  latch.expect(peer);
  const input = new RtpInput(clock, latch, {
    onDigit: () => undefined,
    onRelease: () => undefined,
  });
  const codec = { ...FORMATS.PCMU, payloadType: 0 };
  input.configure({ remote: { rtp: peer }, codec, direction: 'sendrecv', ptime: 20 }, true);
  const arrive = (): void => {
    now += 20;
    tick += 1;
    writeRtpHeader(bytes, false, 0, tick & 0xffff, (tick * 160) >>> 0, 7);
    input.receive(bytes, peer.host, peer.port);
  };
  return [
    { name: 'receive a packet that nobody hears', once: arrive },
    {
      name: 'receive a packet and pull its frame, PCMU',
      once: (round) => {
        if (round === 0) input.listen(8_000);
        arrive();
        input.pull(now);
      },
    },
  ];
}

/** Prints the cost of each part. */
export function run(): Promise<void> {
  for (const work of works()) measure(work);
  return Promise.resolve();
}

if (require.main === module) void run();
