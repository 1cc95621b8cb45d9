import { below, SeededRandom } from '../../runtime/core/random';
import type { MediaParameters, MediaSession } from '../../runtime/media/port';
import { writeTelephoneEvent } from '../../runtime/media/dtmf/telephone-event';
import { EVENT_TYPE, noiseClip, type SentPacket } from '../support/media-pair';
import { BridgeScene, rtp, steps, toward, type End, type SceneOptions } from './bridge-scene';

let scene: BridgeScene;

interface Unsent {
  readonly to: MediaSession;
  readonly digit: string;
  readonly duration: number;
}

let unsent: Unsent[];

async function connect(options: SceneOptions = {}): Promise<BridgeScene> {
  unsent = [];
  scene = await BridgeScene.make({
    ...options,
    bridge: {
      onUnsentDigit: (to, digit, duration) => unsent.push({ to, digit, duration }),
      ...options.bridge,
    },
  });
  return scene;
}

afterEach(async () => {
  await scene.close();
  expect(scene.network.open).toBe(0);
  expect(scene.engine.openSessions).toBe(0);
  expect(scene.clock.pending).toBe(0);
});

const OTHER_TYPE = 96;

/** The right phone takes events under another number than the left. */
function renumber(): void {
  const telephoneEvent = { payloadType: OTHER_TYPE, clockRate: 8_000 };
  scene.second.session.configure(toward(scene.right, 'PCMU', { telephoneEvent }));
  scene.right.session.configure(toward(scene.second, 'PCMU', { telephoneEvent }));
}

/** What a peer answers that takes no telephone events. */
function withoutEvents(peer: End): MediaParameters {
  const { remote, codec, direction, ptime } = toward(peer);
  return { remote, codec, direction, ptime };
}

interface Report {
  readonly packet: SentPacket;
  readonly event: number;
  readonly end: boolean;
  /** Units of the time stamp. */
  readonly duration: number;
}

function reports(leg: End, type = EVENT_TYPE): Report[] {
  return scene
    .sentBy(leg)
    .filter((packet) => packet.payloadType === type)
    .map((packet) => ({
      packet,
      event: packet.payload[0] as number,
      end: ((packet.payload[1] as number) & 0x80) !== 0,
      duration: packet.payload.readUInt16BE(2),
    }));
}

/** The last word on each press: its event and its duration in milliseconds. */
function presses(leg: End, type = EVENT_TYPE): { event: number; duration: number }[] {
  const ends = reports(leg, type).filter(({ end }) => end);
  const all = new Map(ends.map((report) => [report.packet.timestamp, report]));
  return [...all.values()].map(({ event, duration }) => ({ event, duration: duration / 8 }));
}

function event(
  sequence: number,
  timestamp: number,
  report: { event: number; end?: boolean; duration: number; marker?: boolean },
): Buffer {
  const payload = new Uint8Array(4);
  writeTelephoneEvent(payload, 0, report.event, report.end ?? false, 10, report.duration);
  return rtp({
    sequence,
    timestamp,
    payload,
    payloadType: EVENT_TYPE,
    marker: report.marker ?? false,
  });
}

function gapless(packets: readonly SentPacket[]): void {
  const { sequence } = steps(packets);
  expect(sequence).toEqual(sequence.map(() => 1));
}

describe('a key of one leg', () => {
  it('is told to its own handler and sent to the other as an event of its own', async () => {
    const { left, first, second, right, clock } = await connect();
    renumber();
    void left.session.sendDigits('5', 160, 60);
    await clock.run(1_000);
    expect(first.digits).toEqual(['5']);
    expect(second.digits).toEqual([]);
    expect(right.digits).toEqual(['5']);
    expect(left.digits).toEqual([]);
    expect(reports(second).length).toBe(0);
    const sent = reports(second, OTHER_TYPE);
    expect(presses(second, OTHER_TYPE)).toEqual([{ event: 5, duration: 160 }]);
    expect(sent.filter(({ end }) => end).length).toBe(3);
    expect(sent.map(({ packet }) => packet.marker)).toEqual(sent.map((_, i) => i === 0));
    expect(new Set(sent.map(({ packet }) => packet.timestamp)).size).toBe(1);
    gapless(scene.sentBy(second));
  });

  it('begins on the other leg while it is still down, and ends when it does', async () => {
    const { left, first, second, clock } = await connect();
    let sequence = 0;
    for (let duration = 160; duration <= 12_000; duration += 160, sequence += 1) {
      scene.send(left, first, event(sequence, 0, { event: 9, duration, marker: sequence === 0 }));
      await clock.run(20);
    }
    const begun = reports(second);
    expect(begun[0]!.packet.time).toBeLessThanOrEqual(scene.sentBy(left)[0]!.time + 20);
    expect(begun.some(({ end }) => end)).toBe(false);
    for (let i = 0; i < 3; i += 1, sequence += 1) {
      scene.send(left, first, event(sequence, 0, { event: 9, end: true, duration: 12_345 }));
      await clock.run(20);
    }
    await clock.run(200);
    expect(presses(second)).toEqual([{ event: 9, duration: 12_345 / 8 }]);
    expect(scene.right.digits).toEqual(['9']);
  });

  it('that is held for longer than a report can say is sent in segments', async () => {
    const { left, right, second, clock } = await connect();
    void left.session.sendDigits('3', 20_000, 60);
    await clock.run(25_000);
    expect(right.digits).toEqual(['3']);
    const sent = reports(second);
    const segments = new Set(sent.map(({ packet }) => packet.timestamp));
    expect(segments.size).toBe(3);
    const start = sent[0]!.packet.timestamp;
    const last = sent.at(-1)!;
    expect(last.end).toBe(true);
    expect(((last.packet.timestamp - start) >>> 0) + last.duration).toBe(20_000 * 8);
  });

  it('is one press each, in order, though a tenth of all packets is lost', async () => {
    const random = new SeededRandom(4);
    const { left, first, right, clock } = await connect({
      fate: () => (below(random, 10) === 0 ? [] : [below(random, 15)]),
    });
    const digits = '0123456789*#ABCD1122';
    left.session.play([{ type: 'clip', clip: noiseClip(20_000) }]);
    void left.session.sendDigits(digits, 120, 100);
    void scene.right.session.sendDigits('99*', 100, 100);
    await clock.run(10_000);
    expect(first.digits.join('')).toBe(digits);
    expect(right.digits.join('')).toBe(digits);
    expect(scene.second.digits.join('')).toBe('99*');
    expect(left.digits.join('')).toBe('99*');
  });

  it('ends on the other leg when all that tells of its end is lost', async () => {
    const { left, first, second, clock } = await connect();
    for (let i = 0; i < 5; i += 1) {
      scene.send(left, first, event(i, 0, { event: 1, duration: 160 * (i + 1) }));
      await clock.run(20);
    }
    for (let i = 5; i < 40; i += 1) {
      scene.send(left, first, rtp({ sequence: i, timestamp: 160 * i }));
      await clock.run(20);
    }
    expect(presses(second)).toEqual([{ event: 1, duration: 100 }]);
    const packets = scene.sentBy(second);
    expect(packets.filter(({ payloadType }) => payloadType === 0).length).toBeGreaterThan(20);
    gapless(packets);
  });

  it('that began with a duration of zero is sent as it was in the end', async () => {
    const { left, first, second, clock } = await connect();
    for (const [i, duration] of [0, 400, 800, 1_200].entries()) {
      scene.send(left, first, event(i, 0, { event: 2, duration, end: i === 3 }));
      await clock.run(50);
    }
    await clock.run(200);
    expect(presses(second)).toEqual([{ event: 2, duration: 150 }]);
  });

  it('keeps the sound that comes beside it from the other leg', async () => {
    const { left, first, second, clock } = await connect();
    let sequence = 0;
    const sound = async (): Promise<void> => {
      scene.send(left, first, rtp({ sequence, timestamp: 160 * sequence }));
      sequence += 1;
      await clock.run(10);
    };
    for (let i = 0; i < 4; i += 1) await sound();
    const start = 160 * sequence;
    for (let i = 0; i < 8; i += 1) {
      const report = { event: 7, duration: Math.min(800, 160 * (i + 1)), end: i >= 5 };
      scene.send(left, first, event(sequence, start, report));
      sequence += 1;
      await clock.run(10);
      await sound();
    }
    await clock.run(200);
    const audio = scene.sentBy(second).filter(({ payloadType }) => payloadType === 0);
    expect(
      audio.slice(4).every((packet) => packet.time > reports(second).at(-1)!.packet.time),
    ).toBe(true);
    expect(scene.right.digits).toEqual(['7']);
    gapless(scene.sentBy(second));
  });

  it('that SIP INFO reports is sent as an event too, and only once if events report it as well', async () => {
    const { left, first, second, right, clock } = await connect();
    first.session.reportDigit('8', 200);
    await clock.run(1_000);
    expect(presses(second)).toEqual([{ event: 8, duration: 200 }]);
    first.session.reportDigit('8', 1);
    await clock.run(2_000);
    expect(presses(second)[1]).toEqual({ event: 8, duration: 40 });
    void left.session.sendDigits('6', 100, 60);
    await clock.run(150);
    first.session.reportDigit('6', 100);
    await clock.run(1_000);
    expect(right.digits).toEqual(['8', '8', '6']);
    expect(unsent).toEqual([]);
  });

  it('that the other leg takes no events of goes to the owner, once, with its whole duration', async () => {
    const { left, first, second, right, clock } = await connect();
    second.session.configure(withoutEvents(right));
    void left.session.sendDigits('4', 240, 60);
    await clock.run(1_000);
    first.session.reportDigit('0', 90);
    expect(unsent).toEqual([
      { to: second.session, digit: '4', duration: 240 },
      { to: second.session, digit: '0', duration: 90 },
    ]);
    expect(reports(second)).toEqual([]);
    expect(first.digits).toEqual(['4', '0']);
  });

  it('that the other leg may not be sent now goes to the owner', async () => {
    const { left, second, right, clock } = await connect();
    second.session.configure(toward(right, 'PCMU', { direction: 'recvonly' }));
    void left.session.sendDigits('1', 100, 60);
    await clock.run(1_000);
    second.session.configure(toward(right));
    await clock.run(1_000);
    expect(unsent).toMatchObject([{ digit: '1', duration: 100 }]);
    expect(right.digits).toEqual([]);
  });

  it('that waits when the other leg takes no events any more goes to the owner', async () => {
    const { left, second, right, clock } = await connect();
    void second.session.sendDigits('7', 1_000, 60).catch(() => undefined);
    void left.session.sendDigits('1', 100, 60);
    await clock.run(400);
    second.session.configure(withoutEvents(right));
    await clock.run(100);
    expect(unsent).toMatchObject([{ to: second.session, digit: '1', duration: 100 }]);
  });

  it('is not sent on when that is not wanted', async () => {
    const { left, first, second, right, clock } = await connect({ bridge: { relayDigits: false } });
    left.session.play([{ type: 'clip', clip: noiseClip(1_000) }]);
    void left.session.sendDigits('5', 100, 60);
    await clock.run(2_000);
    expect(first.digits).toEqual(['5']);
    expect(right.digits).toEqual([]);
    expect(reports(second)).toEqual([]);
    expect(unsent).toEqual([]);
    gapless(scene.sentBy(second));
    expect(right.session.statistics().packetsLost).toBe(0);
  });

  it('that is down when the bridge closes is released', async () => {
    const { bridge, left, first, second, clock } = await connect();
    for (let i = 0; i < 5; i += 1) {
      scene.send(left, first, event(i, 0, { event: 1, duration: 160 * (i + 1) }));
      await clock.run(20);
    }
    bridge.close();
    await clock.run(200);
    expect(presses(second)).toEqual([{ event: 1, duration: 100 }]);
    expect(clock.pending).toBe(1);
  });

  it('does no harm when the other leg ends in the middle of it, or the owner throws', async () => {
    const { left, second, clock } = await connect({
      bridge: {
        onUnsentDigit: () => {
          throw new Error('broken');
        },
      },
    });
    void left.session.sendDigits('12', 400, 60);
    await clock.run(200);
    void second.session.close();
    await clock.run(1_000);
    const third = await scene.end('10.0.0.3');
    scene.engine.bridge(scene.first.session, third.session, {
      onUnsentDigit: () => {
        throw new Error('broken');
      },
    });
    void left.session.sendDigits('3', 100, 60);
    await clock.run(1_000);
    expect(scene.first.digits).toEqual(['1', '2', '3']);
    void third.session.close();
  });
});

describe('sendDigits on a bridged leg', () => {
  it('takes the place of the other leg, which then goes on', async () => {
    const { left, first, second, right, clock } = await connect();
    const sent = second.session.sendDigits('42', 100, 60);
    for (let i = 0; i < 50; i += 1) {
      scene.send(left, first, rtp({ sequence: i, timestamp: 160 * i }));
      await clock.run(20);
    }
    await sent;
    expect(right.digits).toEqual(['4', '2']);
    expect(first.digits).toEqual([]);
    const packets = scene.sentBy(second);
    gapless(packets);
    expect(packets.at(-1)!.payload[0]).toBe(49);
    const types = packets.map(({ payloadType }) => payloadType);
    const events = types.slice(types.indexOf(EVENT_TYPE), types.lastIndexOf(EVENT_TYPE));
    expect(events.every((type) => type === EVENT_TYPE)).toBe(true);
  });
});
