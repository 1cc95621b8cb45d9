import type { AudioClip } from '../../runtime/core/audio';
import type { CodecName } from '../../runtime/media/port';
import { compareAudio } from '../support/audio-compare';
import { concat, EVENT_TYPE, inner, type SentPacket } from '../support/media-pair';
import { voice } from '../support/voice';
import { BridgeScene, toward, type End } from './bridge-scene';

let scene: BridgeScene;

/** Every test ends with nothing left open. */
afterEach(async () => {
  await scene.close();
  expect(scene.network.open).toBe(0);
  expect(scene.engine.openSessions).toBe(0);
  expect(scene.clock.pending).toBe(0);
});

let clips = 0;

function clipOf(samples: Int16Array, sampleRate: number): AudioClip {
  clips += 1;
  return { id: `bridge-codecs-${clips}`, sampleRate, samples };
}

function say(who: End, samples: Int16Array, sampleRate: number): void {
  who.session.play([{ type: 'clip', clip: clipOf(samples, sampleRate) }]);
}

function listen(who: End, sampleRate: number): () => Int16Array {
  const frames: Int16Array[] = [];
  inner(who).hear(sampleRate, (frame) => frames.push(frame.slice()));
  return () => concat(frames);
}

/** No number twice and none left out, and time that does not go back. */
function expectOneStream(packets: readonly SentPacket[]): void {
  expect(new Set(packets.map(({ ssrc }) => ssrc)).size).toBe(1);
  for (let i = 1; i < packets.length; i += 1) {
    expect((packets[i]!.sequence - packets[i - 1]!.sequence) & 0xffff).toBe(1);
    expect((packets[i]!.timestamp - packets[i - 1]!.timestamp) | 0).toBeGreaterThan(0);
  }
}

const DIFFERENT: readonly (readonly [CodecName, CodecName, number])[] = [
  ['PCMU', 'G722', 8_000],
  ['PCMU', 'opus', 8_000],
  ['PCMA', 'L16', 8_000],
  ['G722', 'opus', 16_000],
  ['L16', 'G722', 16_000],
];

describe.each(DIFFERENT)('a bridge between %s and %s', (left, right, rate) => {
  it('lets both hear each other, with all that the narrower of the two has', async () => {
    scene = await BridgeScene.make({ codecs: [left, right] });
    const atRight = listen(scene.right, rate);
    const atLeft = listen(scene.left, rate);
    const there = voice(rate, 1_500, 1);
    const back = voice(rate, 1_500, 2);
    say(scene.left, there, rate);
    say(scene.right, back, rate);
    await scene.clock.run(2_000);
    for (const [source, heard] of [
      [there, atRight()],
      [back, atLeft()],
    ] as const) {
      const compared = compareAudio(source, heard, rate);
      expect(compared.correlation).toBeGreaterThan(0.9);
      expect(compared.gaps).toEqual([]);
      // Both jitter buffers and the codecs, and less than a tick between the two legs.
      expect(compared.offset / (rate / 1_000)).toBeLessThan(180);
    }
    expectOneStream(scene.sentBy(scene.first));
    expectOneStream(scene.sentBy(scene.second));
  });

  it('sends nothing where nothing comes in', async () => {
    scene = await BridgeScene.make({ codecs: [left, right] });
    say(scene.left, voice(rate, 300), rate);
    await scene.clock.run(5_000);
    const sent = scene.sentBy(scene.second);
    expect(sent.length).toBeGreaterThan(10);
    // And what is made up for the packet that might still come, until that is given up.
    expect(sent.length).toBeLessThan(40);
  });

  it('sends a key on as an event, and nothing of its tone in the sound', async () => {
    scene = await BridgeScene.make({ codecs: [left, right] });
    say(scene.left, voice(rate, 400), rate);
    await scene.clock.run(300);
    await Promise.all([
      scene.left.session.sendDigits('8', 120, 80, 'event'),
      scene.clock.run(1_000),
    ]);
    expect(scene.right.digits).toEqual(['8']);
    const events = scene
      .sentBy(scene.second)
      .filter(({ payloadType }) => payloadType === EVENT_TYPE);
    expect(events.length).toBeGreaterThan(5);
  });
});

describe('a bridge whose legs change their codecs', () => {
  it('goes from packets to sound and back, with one stream of numbers and hardly a gap', async () => {
    scene = await BridgeScene.make({ codecs: ['PCMU', 'PCMU'] });
    const heard = listen(scene.right, 8_000);
    const sound = voice(8_000, 4_000, 6);
    say(scene.left, sound, 8_000);
    await scene.clock.run(1_000);
    const agree = (codec: CodecName): void => {
      scene.second.session.configure(toward(scene.right, codec));
      scene.right.session.configure(toward(scene.second, codec));
    };
    agree('G722');
    await scene.clock.run(1_000);
    agree('PCMA');
    await scene.clock.run(2_500);
    const sent = scene.sentBy(scene.second);
    expect([...new Set(sent.map(({ payloadType }) => payloadType))]).toEqual([0, 9, 8]);
    expect(new Set(sent.map(({ ssrc }) => ssrc)).size).toBe(1);
    for (let i = 1; i < sent.length; i += 1) {
      expect((sent[i]!.sequence - sent[i - 1]!.sequence) & 0xffff).toBe(1);
      const units = (sent[i]!.timestamp - sent[i - 1]!.timestamp) | 0;
      expect(units).toBeGreaterThan(0);
      // The jitter buffer waits for what it holds: three packets.
      expect(units).toBeLessThanOrEqual(4 * 160);
    }
    const silent = compareAudio(sound.subarray(0, 7_200), heard(), 8_000);
    expect(silent.correlation).toBeGreaterThan(0.95);
    const last = compareAudio(sound.subarray(20_000, 31_000), heard(), 8_000);
    expect(last.correlation).toBeGreaterThan(0.95);
    expect(last.gaps).toEqual([]);
  });

  it('sends what comes in another codec than was agreed on through its sound', async () => {
    scene = await BridgeScene.make({ codecs: ['PCMU', 'PCMU'] });
    const heard = listen(scene.right, 8_000);
    // The left phone may send both, and takes the other one.
    const { codec } = toward(scene.left, 'G722');
    scene.first.session.configure({ ...toward(scene.left), alternatives: [codec] });
    scene.left.session.configure(toward(scene.first, 'G722'));
    const sound = voice(16_000, 1_500, 3);
    say(scene.left, sound, 16_000);
    await scene.clock.run(2_000);
    expect(scene.sentBy(scene.second).every(({ payloadType }) => payloadType === 0)).toBe(true);
    expect(compareAudio(voice(8_000, 1_500, 3), heard(), 8_000).correlation).toBeGreaterThan(0.9);
  });

  it('passes packets of Opus on as they are', async () => {
    scene = await BridgeScene.make({ codecs: ['opus', 'opus'] });
    say(scene.left, voice(16_000, 1_000), 16_000);
    await scene.clock.run(1_500);
    const payloads = (end: End): string[] =>
      scene.sentBy(end).map(({ payload }) => payload.toString('hex'));
    expect(payloads(scene.second)).toEqual(payloads(scene.left));
    const steps = scene.sentBy(scene.second).map(({ timestamp }) => timestamp);
    for (let i = 1; i < steps.length; i += 1) expect((steps[i]! - steps[i - 1]!) >>> 0).toBe(960);
  });

  it('is gone without a trace when it is closed', async () => {
    scene = await BridgeScene.make({ codecs: ['PCMU', 'G722'] });
    say(scene.left, voice(8_000, 2_000), 8_000);
    await scene.clock.run(500);
    scene.bridge.close();
    const sent = scene.sentBy(scene.second).length;
    await scene.clock.run(500);
    expect(scene.sentBy(scene.second).length).toBe(sent);
  });
});
