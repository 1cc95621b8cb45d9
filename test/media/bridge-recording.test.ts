import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AudioClip, PlayItem } from '../../runtime/core/audio';
import { below, SeededRandom } from '../../runtime/core/random';
import type { Recording, RecordingOptions, RecordingResult } from '../../runtime/media/port';
import { repairParts } from '../../runtime/media/repair-recordings';
import { writeWavHeader } from '../../runtime/media/wav/writer';
import { MemoryFiles } from '../support/memory-files';
import { clipOf, indexOfSamples, noiseClip, throughCodec } from '../support/media-pair';
import { BridgeScene, rtp, toward, type SceneOptions } from './bridge-scene';

const PATH = '/recordings/call.wav';

let scene: BridgeScene;
let files: MemoryFiles;

async function connect(options: SceneOptions = {}): Promise<BridgeScene> {
  files = new MemoryFiles();
  scene = await BridgeScene.make({ files, ...options });
  return scene;
}

async function disconnect(): Promise<void> {
  await scene.close();
  expect(scene.network.open).toBe(0);
  expect(scene.engine.openSessions).toBe(0);
  expect(scene.clock.pending).toBe(0);
}

function record(changes: Partial<RecordingOptions> = {}): Recording {
  return scene.bridge.record({
    path: PATH,
    maxDuration: 600_000,
    endSilence: 0,
    finishOn: '',
    beep: false,
    ...changes,
  });
}

function play(clip: AudioClip): PlayItem[] {
  return [{ type: 'clip', clip }];
}

interface Stereo {
  readonly left: Int16Array;
  readonly right: Int16Array;
}

/** Reads the header by the book, and both channels. */
function stereo(file: Buffer): Stereo {
  expect(file.toString('latin1', 0, 4)).toBe('RIFF');
  expect(file.readUInt32LE(4)).toBe(file.length - 8);
  expect(file.readUInt16LE(20)).toBe(1);
  expect(file.readUInt16LE(22)).toBe(2);
  expect(file.readUInt32LE(24)).toBe(8_000);
  expect(file.readUInt32LE(28)).toBe(32_000);
  expect(file.readUInt16LE(32)).toBe(4);
  expect(file.readUInt16LE(34)).toBe(16);
  expect(file.readUInt32LE(40)).toBe(file.length - 44);
  expect((file.length - 44) % 4).toBe(0);
  const count = (file.length - 44) / 4;
  return {
    left: Int16Array.from({ length: count }, (_, i) => file.readInt16LE(44 + 4 * i)),
    right: Int16Array.from({ length: count }, (_, i) => file.readInt16LE(46 + 4 * i)),
  };
}

async function ended(done: Promise<RecordingResult>): Promise<RecordingResult> {
  let result: RecordingResult | undefined;
  void done.then((value) => {
    result = value;
  });
  await scene.clock.runUntil(() => result !== undefined, 120_000);
  return done;
}

describe('a recording of a bridge', () => {
  afterEach(disconnect);

  it('holds the first leg left and the second right, sample for sample', async () => {
    const { left, right, clock } = await connect();
    const recording = record();
    const [one, other] = [noiseClip(3_000, 1), noiseClip(3_000, 2)];
    left.session.play(play(one));
    right.session.play(play(other));
    await clock.run(3_500);
    recording.stop();
    const result = await recording.done;
    expect(result).toMatchObject({ type: 'stopped', path: PATH });
    expect(result.error).toBeUndefined();
    const sound = stereo(files.file(PATH));
    expect(indexOfSamples(sound.left, throughCodec(one.samples))).toBeGreaterThanOrEqual(0);
    expect(indexOfSamples(sound.right, throughCodec(other.samples))).toBeGreaterThanOrEqual(0);
    expect(result.duration).toBe(sound.left.length / 8);
    expect(result.peak).toBeGreaterThan(7_000);
    expect([...files.files.keys()]).toEqual([PATH]);
  });

  it('keeps what both say at one time within a packet of each other, for as long as it lasts', async () => {
    const random = new SeededRandom(2);
    // One side comes with jitter, and both lose packets, but none with which a click begins.
    const { left, right, clock } = await connect({
      fate: ({ from, bytes }) => {
        const marked = (bytes[1] as number) >= 0x80;
        if (!marked && below(random, 10) === 0) return [];
        return [from.host === '10.0.1.1' ? below(random, 15) : 2];
      },
    });
    await clock.run(13);
    const recording = record();
    // A click every five seconds on both sides, and nothing else.
    const click = new Int16Array(8_000).map((_, i) => (i < 800 ? 9_000 : 0));
    for (let i = 0; i < 15; i += 1) {
      left.session.play(play(clipOf(click)));
      right.session.play(play(clipOf(click)));
      await clock.run(5_000);
    }
    recording.stop();
    const sound = stereo(files.file((await recording.done).path!));
    const [one, other] = [clicks(sound.left), clicks(sound.right)];
    expect(one.length).toBe(15);
    expect(other.length).toBe(15);
    for (let i = 0; i < 15; i += 1) {
      expect(Math.abs(one[i]! - other[i]!)).toBeLessThanOrEqual(160);
      // And where it was said, counted from the start: a buffer's delay later.
      expect(Math.abs(one[i]! / 8 - 5_000 * i - 50)).toBeLessThanOrEqual(40);
    }
  });

  it('is silence where a side says nothing, is on hold, or loses its packets', async () => {
    const { left, first, right, second, clock } = await connect();
    const recording = record();
    right.session.play(play(noiseClip(4_000, 2)));
    await clock.run(1_000);
    second.session.configure(toward(right, 'PCMU', { direction: 'sendonly' }));
    left.session.play(play(noiseClip(1_000, 1)));
    await clock.run(2_000);
    second.session.configure(toward(right));
    await clock.run(1_000);
    recording.stop();
    await recording.done;
    const sound = stereo(files.file(PATH));
    expect(sound.left.length / 8).toBeGreaterThanOrEqual(4_000);
    expect(sound.left.length / 8).toBeLessThanOrEqual(4_060);
    expect(silent(sound.left, 0, 1_000)).toBe(true);
    expect(silent(sound.left, 1_100, 2_000)).toBe(false);
    expect(silent(sound.left, 2_200, 3_900)).toBe(true);
    expect(silent(sound.right, 100, 1_000)).toBe(false);
    expect(silent(sound.right, 1_200, 3_000)).toBe(true);
    expect(silent(sound.right, 3_100, 3_900)).toBe(false);
    expect(first.session.statistics().packetsLost).toBe(0);
  });

  it('ends at its longest duration, exactly', async () => {
    const { left } = await connect();
    left.session.play(play(noiseClip(5_000)));
    const result = await ended(record({ maxDuration: 2_345 }).done);
    expect(result).toMatchObject({ type: 'maxDuration', duration: 2_345 });
    expect(stereo(files.file(PATH)).right.length).toBe(2_345 * 8);
    // The conversation goes on.
    const sent = scene.sentBy(scene.second).length;
    await scene.clock.run(1_000);
    expect(scene.sentBy(scene.second).length).toBeGreaterThanOrEqual(sent + 50);
  });

  it('begins after a beep that both legs hear and the file does not', async () => {
    const { first, second, left, clock } = await connect();
    const start = clock.now();
    const recording = record({ beep: true });
    await clock.run(500);
    for (const leg of [first, second]) expect(scene.sentBy(leg).length).toBe(20);
    left.session.play(play(noiseClip(1_000)));
    await clock.run(1_200);
    recording.stop();
    const { duration } = await recording.done;
    expect(duration).toBeGreaterThan(clock.now() - start - 460);
    expect(duration).toBeLessThanOrEqual(clock.now() - start - 400 + 20);
    expect(silent(stereo(files.file(PATH)).left, 0, 50)).toBe(true);
  });

  it('that is stopped in its beep is empty, and whole', async () => {
    const { clock } = await connect();
    const recording = record({ beep: true });
    await clock.run(100);
    recording.stop();
    await expect(recording.done).resolves.toMatchObject({ type: 'stopped', duration: 0 });
    await clock.run(1_000);
    expect(stereo(files.file(PATH)).left.length).toBe(0);
  });

  it.each(['bridge', 'leg'] as const)('ends with the %s', async (which) => {
    const { bridge, second, left, clock } = await connect();
    const recording = record();
    left.session.play(play(noiseClip(2_000)));
    await clock.run(1_000);
    if (which === 'bridge') bridge.close();
    else void second.session.close();
    const result = await ended(recording.done);
    expect(result.type).toBe('stopped');
    // What waited in the jitter buffer is in it.
    expect(result.duration).toBeGreaterThanOrEqual(1_000);
    expect(result.duration).toBeLessThanOrEqual(1_060);
    await expect(record({ path: '/late.wav' }).done).resolves.toMatchObject({ duration: 0 });
  });

  it('has the last sound of both legs, although others hear them and it ends with a leg', async () => {
    const { left, right, first, second, clock } = await connect();
    const [one, other] = [noiseClip(1_000, 1), noiseClip(1_000, 2)];
    const heard: number[] = [];
    first.session.listen((frame) => heard.push(frame[80] as number));
    const recording = record();
    left.session.play(play(one));
    right.session.play(play(other));
    await clock.run(1_010);
    await second.session.close();
    await recording.done;
    const sound = stereo(files.file(PATH));
    expect(indexOfSamples(sound.left, throughCodec(one.samples))).toBeGreaterThanOrEqual(0);
    expect(indexOfSamples(sound.right, throughCodec(other.samples))).toBeGreaterThanOrEqual(0);
    // Who still listens hears all of it, once and in order.
    await clock.run(200);
    const said = Array.from({ length: 50 }, (_, i) => throughCodec(one.samples)[i * 160 + 80]);
    const from = heard.indexOf(said[0] as number);
    expect(heard.slice(from, from + 50)).toEqual(said);
  });

  it('ends when another begins', async () => {
    const { clock } = await connect();
    const earlier = record();
    await clock.run(500);
    const later = record({ path: '/other.wav' });
    await expect(ended(earlier.done)).resolves.toMatchObject({ type: 'stopped', path: PATH });
    later.stop();
    await expect(later.done).resolves.toMatchObject({ path: '/other.wav' });
  });

  it('leaves the recording and the meter of a leg alone, and the packets', async () => {
    const { first, left, clock } = await connect();
    const frames: number[] = [];
    const stop = first.session.listen((frame) => frames.push(frame.length));
    const own = first.session.record({
      path: '/own.wav',
      maxDuration: 60_000,
      endSilence: 0,
      finishOn: '#',
      beep: false,
    });
    const recording = record();
    left.session.play(play(noiseClip(1_000)));
    await clock.run(500);
    recording.stop();
    void left.session.sendDigits('#', 100, 60);
    await clock.run(500);
    await expect(own.done).resolves.toMatchObject({ type: 'finishOn', digit: '#' });
    stop();
    expect(frames.length).toBeGreaterThan(45);
    expect(new Set(frames)).toEqual(new Set([160]));
    expect(scene.right.digits).toEqual(['#']);
  });

  it('leaves a file that plays at any moment, less than a second behind', async () => {
    const { left, clock } = await connect();
    record();
    left.session.play(play(noiseClip(30_000)));
    for (let i = 1; i <= 5; i += 1) {
      await clock.run(3_700);
      const sound = stereo(files.file(`${PATH}.part`));
      expect(sound.left.length / 8).toBeGreaterThan(3_700 * i - 1_000);
    }
  });

  it('costs no timer once it has ended', async () => {
    const { clock } = await connect();
    const recording = record();
    await clock.run(100);
    recording.stop();
    await recording.done;
    await clock.run(100);
    expect(clock.pending).toBe(1);
  });
});

describe('a recording of a bridge on a bad disk', () => {
  afterEach(disconnect);

  it('fails when the disk is full, keeps whole samples of both sides, and the call goes on', async () => {
    const { left, clock } = await connect();
    files.capacity = 44 + 80_003;
    left.session.play(play(noiseClip(10_000)));
    const result = await ended(record().done);
    expect(result).toMatchObject({ type: 'failed', path: PATH, duration: 2_500 });
    expect(result.error?.message).toContain('ENOSPC');
    const file = files.file(PATH);
    expect(file.readUInt32LE(40)).toBe(80_000);
    const sent = scene.sentBy(scene.second).length;
    await clock.run(1_000);
    expect(scene.sentBy(scene.second).length).toBeGreaterThanOrEqual(sent + 50);
  });

  it('fails at once when the file cannot be made', async () => {
    await connect();
    files.refuseCreate = true;
    const result = await ended(record().done);
    expect(result).toMatchObject({ type: 'failed', path: undefined, duration: 0 });
  });

  it('never delays a packet', async () => {
    const { left, first, clock } = await connect();
    let release: () => void = () => undefined;
    files.gate = new Promise((resolve) => {
      release = resolve;
    });
    const recording = record();
    for (let i = 0; i < 200; i += 1) {
      scene.send(left, first, rtp({ sequence: i, timestamp: 160 * i }));
      await clock.run(20);
    }
    const packets = scene.sentBy(scene.second);
    expect(packets.map(({ time }) => time)).toEqual(scene.sentBy(left).map(({ time }) => time));
    release();
    recording.stop();
    await expect(ended(recording.done)).resolves.toMatchObject({ type: 'stopped' });
  });
});

describe('recordings of bridges on disk', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callchart-bridge-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('that a crash left unfinished are finished at the next start', async () => {
    const header = (dataSize: number): Uint8Array => {
      const bytes = new Uint8Array(44);
      writeWavHeader(bytes, 8_000, dataSize, 2);
      return bytes;
    };
    const part = (name: string): string => join(folder, `${name}.wav.part`);
    await writeFile(part('cut'), Buffer.concat([header(16_000), Buffer.alloc(40_003, 7)]));
    await writeFile(part('even'), Buffer.concat([header(32_000), Buffer.alloc(32_000, 7)]));
    const paths = [join(folder, 'cut.wav'), join(folder, 'even.wav')];
    expect(await repairParts(folder)).toEqual(paths);
    const cut = await readFile(join(folder, 'cut.wav'));
    expect(cut.readUInt32LE(40)).toBe(40_000);
    expect(cut.readUInt16LE(22)).toBe(2);
    expect(stereo(await readFile(join(folder, 'even.wav'))).left.length).toBe(8_000);
    expect(await repairParts(folder)).toEqual([]);
  });
});

/** Where sound begins after silence. */
function clicks(samples: Int16Array): number[] {
  const found: number[] = [];
  let quietSince = -8_000;
  for (const [i, sample] of samples.entries()) {
    if (Math.abs(sample) < 1_000) continue;
    if (i - quietSince > 4_000) found.push(i);
    quietSince = i;
  }
  return found;
}

/** Whether there is nothing between two times in milliseconds, counted in samples that are not zero. */
function silent(samples: Int16Array, from: number, to: number): boolean {
  const part = samples.subarray(8 * from, 8 * to);
  return part.every((sample) => Math.abs(sample) < 8);
}
