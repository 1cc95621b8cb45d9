import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AudioClip, PlayItem } from '../../runtime/core/audio';
import { diskFiles } from '../../runtime/media/recording-files';
import { repairParts } from '../../runtime/media/repair-recordings';
import { writeWavHeader } from '../../runtime/media/wav/writer';
import type { RecordingOptions, RecordingResult } from '../../runtime/media/port';
import {
  clipOf,
  concat,
  hear,
  heardBy,
  indexOfSamples,
  mediaPair,
  noiseClip,
  parametersTo,
  throughCodec,
  type MediaPair,
  type MediaPairOptions,
} from '../support/media-pair';
import { MemoryFiles, samplesOfWav } from '../support/memory-files';
import { soundInFile } from '../support/sound-files';

const PATH = '/recordings/message.wav';

let pair: MediaPair;
let files: MemoryFiles;

async function connect(options: MediaPairOptions = {}): Promise<MediaPair> {
  files = new MemoryFiles();
  pair = await mediaPair({ files, ...options });
  return pair;
}

async function disconnect(): Promise<void> {
  await pair.close();
  expect(pair.network.open).toBe(0);
  expect(pair.engine.openSessions).toBe(0);
  expect(pair.clock.pending).toBe(0);
}

function options(changes: Partial<RecordingOptions> = {}): RecordingOptions {
  return { path: PATH, maxDuration: 60_000, endSilence: 0, finishOn: '', beep: false, ...changes };
}

function play(clip: AudioClip): PlayItem[] {
  return [{ type: 'clip', clip }];
}

/** Both tones of a key, as the line carries them. */
function keyTone(duration: number, low: number, high: number): Int16Array {
  return Int16Array.from({ length: duration * 8 }, (_, i) => {
    const time = (2 * Math.PI * i) / 8_000;
    return Math.round(4_000 * (Math.sin(low * time) + Math.sin(high * time)));
  });
}

/** Runs the clock until the recording has ended, and lets the file be written. */
async function ended(done: Promise<RecordingResult>): Promise<RecordingResult> {
  let result: RecordingResult | undefined;
  void done.then((value) => {
    result = value;
  });
  await pair.clock.runUntil(() => result !== undefined, 120_000);
  return done;
}

describe('a recording', () => {
  afterEach(disconnect);

  it('holds what the peer sent, sample for sample', async () => {
    const { a, b, clock } = await connect();
    const recording = b.session.record(options());
    const sound = noiseClip(3_000);
    a.session.play(play(sound));
    await clock.run(3_500);
    recording.stop();
    const result = await recording.done;
    expect(result).toMatchObject({ type: 'stopped', path: PATH });
    expect(result.error).toBeUndefined();
    const samples = samplesOfWav(files.file(PATH));
    const expected = throughCodec(sound.samples);
    expect(indexOfSamples(samples, expected)).toBeGreaterThanOrEqual(0);
    expect(result.duration).toBe(samples.length / 8);
    expect(result.peak).toBe(expected.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0));
    expect([...files.files.keys()]).toEqual([PATH]);
  });

  it('ends at its longest duration, exactly', async () => {
    const { a, b } = await connect();
    a.session.play(play(noiseClip(5_000)));
    const recording = b.session.record(options({ maxDuration: 2_345 }));
    const result = await ended(recording.done);
    expect(result).toMatchObject({ type: 'maxDuration', duration: 2_345 });
    expect(samplesOfWav(files.file(PATH)).length).toBe(2_345 * 8);
  });

  it('ends after the silence that was asked for, not after a shorter one', async () => {
    const { a, b } = await connect();
    const items: PlayItem[] = [
      ...play(noiseClip(1_000, 1)),
      { type: 'silence', duration: 1_400 },
      ...play(noiseClip(1_000, 2)),
      { type: 'silence', duration: 5_000 },
    ];
    const recording = b.session.record(options({ endSilence: 1_500 }));
    a.session.play(items);
    const result = await ended(recording.done);
    expect(result.type).toBe('silence');
    expect(result.duration).toBeGreaterThanOrEqual(3_400 + 1_500);
    expect(result.duration).toBeLessThanOrEqual(3_400 + 1_500 + 150);
  });

  it('takes the noise of the line for silence', async () => {
    const { a, b } = await connect();
    const items: PlayItem[] = [...play(noiseClip(1_000, 1)), ...play(noiseClip(9_000, 2, 300))];
    const recording = b.session.record(options({ endSilence: 2_000 }));
    a.session.play(items);
    const result = await ended(recording.done);
    expect(result.type).toBe('silence');
    expect(result.duration).toBeLessThanOrEqual(4_000);
  });

  it('ends by silence when the peer sends nothing at all', async () => {
    const { b } = await connect();
    const result = await ended(b.session.record(options({ endSilence: 1_000 })).done);
    expect(result).toMatchObject({ type: 'silence', duration: 1_000, peak: 0 });
  });

  it('goes on through all digits but those that finish it', async () => {
    const { a, b, clock } = await connect();
    const recording = b.session.record(options({ finishOn: '#' }));
    a.session.play(play(noiseClip(1_000)));
    await clock.run(500);
    void a.session.sendDigits('12*', 80, 60);
    await clock.run(2_000);
    expect(b.digits).toEqual(['1', '2', '*']);
    void a.session.sendDigits('#', 80, 60).catch(() => undefined);
    const result = await ended(recording.done);
    expect(result).toMatchObject({ type: 'finishOn', digit: '#', path: PATH });
    expect(result.duration).toBeGreaterThan(2_400);
    expect(b.digits).toEqual(['1', '2', '*', '#']);
  });

  it('keeps the key that finished it out of the sound, though its tone leaked into the audio', async () => {
    const { a, b, clock } = await connect();
    const recording = b.session.record(options({ finishOn: '#' }));
    const speech = noiseClip(1_000).samples;
    // Gateways detect the key only after 40 ms and more, which they have let through.
    const leaked = keyTone(70, 941, 1_477);
    a.session.play(play(clipOf(concat([speech, leaked]))));
    await clock.run(1_170);
    void a.session.sendDigits('#', 100, 60).catch(() => undefined);
    const result = await ended(recording.done);
    expect(result).toMatchObject({ type: 'finishOn', digit: '#' });
    const samples = samplesOfWav(files.file(PATH));
    const start = indexOfSamples(samples, throughCodec(speech.subarray(0, 7_200)));
    expect(start).toBeGreaterThanOrEqual(0);
    // Nothing of the tone, and no more than 50 ms of the speech before it is lost.
    expect(samples.length).toBeLessThanOrEqual(start + speech.length);
    expect(samples.length).toBeGreaterThanOrEqual(start + speech.length - 400);
  });

  it('keeps out the whole tone of a key that SIP INFO reports when it is released', async () => {
    const { a, b, clock } = await connect();
    const recording = b.session.record(options({ finishOn: '1' }));
    const speech = noiseClip(1_000).samples;
    a.session.play(play(clipOf(concat([speech, keyTone(200, 697, 1_209)]))));
    await clock.run(1_400);
    b.session.reportDigit('1', 200);
    const result = await ended(recording.done);
    expect(result).toMatchObject({ type: 'finishOn', digit: '1' });
    const samples = samplesOfWav(files.file(PATH));
    const start = indexOfSamples(samples, throughCodec(speech.subarray(0, 7_200)));
    expect(samples.length).toBeLessThanOrEqual(start + speech.length);
    expect(samples.length).toBeGreaterThanOrEqual(start + speech.length - 400);
  });

  it('loses nothing when there is no tone to keep out', async () => {
    const { a, b, clock } = await connect();
    const recording = b.session.record(options({ finishOn: '#' }));
    const speech = noiseClip(1_000).samples;
    a.session.play(play(clipOf(speech)));
    await clock.run(1_500);
    b.session.reportDigit('#', 100);
    await ended(recording.done);
    const samples = samplesOfWav(files.file(PATH));
    expect(indexOfSamples(samples, throughCodec(speech))).toBeGreaterThanOrEqual(0);
  });

  it('begins after its beep, which the peer hears and the file does not', async () => {
    const { a, b, clock } = await connect();
    hear(a);
    const sound = noiseClip(4_000);
    a.session.play(play(sound));
    await clock.run(100);
    const before = clock.now();
    const recording = b.session.record(options({ beep: true }));
    await clock.run(2_000);
    recording.stop();
    const result = await recording.done;
    const beep = pair.rtpOf(b);
    expect(beep.length).toBe(20);
    const end = beep.at(-1)!.time + 20;
    expect(heardBy(a).some((sample) => Math.abs(sample) > 1_000)).toBe(true);
    expect(result.duration).toBeGreaterThan(1_400);
    expect(result.duration).toBeLessThanOrEqual(before + 2_000 - end + 60);
    // What is in the file is what was said after the beep.
    const samples = samplesOfWav(files.file(PATH));
    const said = throughCodec(sound.samples);
    const first = samples.findIndex((sample) => sample !== 0);
    const at = indexOfSamples(said, samples.subarray(first, first + 4_000));
    expect(at / 8).toBeGreaterThanOrEqual(end - before - 60);
  });

  it('that is stopped in its beep is empty, and whole', async () => {
    const { b, clock } = await connect();
    const recording = b.session.record(options({ beep: true }));
    await clock.run(100);
    recording.stop();
    recording.stop();
    await expect(ended(recording.done)).resolves.toMatchObject({
      type: 'stopped',
      duration: 0,
      path: PATH,
    });
    expect(samplesOfWav(files.file(PATH)).length).toBe(0);
    await clock.run(1_000);
  });

  it('ends with the call, with the last sound that had arrived', async () => {
    const { a, b, clock } = await connect();
    const recording = b.session.record(options());
    const sound = noiseClip(1_000);
    void a.session.play(play(sound)).done.then(() => {
      void b.session.close();
    });
    await clock.run(1_100);
    await expect(recording.done).resolves.toMatchObject({ type: 'stopped' });
    const samples = samplesOfWav(files.file(PATH));
    expect(indexOfSamples(samples, throughCodec(sound.samples))).toBeGreaterThanOrEqual(0);
  });

  it('goes on through a hold, in silence', async () => {
    const { a, b, clock } = await connect();
    const recording = b.session.record(options());
    a.session.play(play(noiseClip(1_000)));
    await clock.run(500);
    b.session.configure(parametersTo(a, { direction: 'sendonly' }));
    await clock.run(1_000);
    recording.stop();
    const result = await ended(recording.done);
    expect(result.duration).toBeGreaterThanOrEqual(1_450);
    const samples = samplesOfWav(files.file(PATH));
    expect(samples.subarray(-1_600).every((sample) => sample === 0)).toBe(true);
  });

  it('ends when another begins', async () => {
    const { b, clock } = await connect();
    const first = b.session.record(options());
    await clock.run(500);
    const second = b.session.record(options({ path: '/recordings/second.wav' }));
    await clock.run(500);
    second.stop();
    await expect(first.done).resolves.toMatchObject({ type: 'stopped', path: PATH });
    await expect(second.done).resolves.toMatchObject({ path: '/recordings/second.wav' });
  });

  it('is refused to a session that is closed', async () => {
    const { b } = await connect();
    void b.session.close();
    const result = await ended(b.session.record(options()).done);
    expect(result).toMatchObject({ type: 'stopped', duration: 0 });
  });

  it('leaves a file that plays at any moment, less than a second behind', async () => {
    const { a, b, clock } = await connect();
    const recording = b.session.record(options());
    const sound = noiseClip(10_000);
    a.session.play(play(sound));
    for (let second = 1; second <= 8; second += 1) {
      await clock.run(1_000);
      const samples = samplesOfWav(files.file(`${PATH}.part`));
      expect(samples.length / 8).toBeGreaterThan(second * 1_000 - 1_000);
    }
    recording.stop();
    await recording.done;
    expect(files.files.has(`${PATH}.part`)).toBe(false);
  });
});

describe('a recording of both sides of a session', () => {
  afterEach(disconnect);

  it('has the peer left and what it is sent right, sample for sample, each where it was', async () => {
    const { a, b, clock } = await connect();
    const recording = b.session.record(options({ channels: 'stereo' }));
    const [said, prompt, other] = [noiseClip(3_000, 1), noiseClip(1_000, 2), noiseClip(800, 3)];
    a.session.play(play(said));
    await clock.run(500);
    b.session.play(play(prompt));
    await clock.run(2_000);
    b.session.play(play(other));
    await clock.run(1_500);
    recording.stop();
    const result = await recording.done;
    expect(result).toMatchObject({ type: 'stopped', channels: 'stereo', format: 'wav' });
    const [left, right] = soundInFile(files.file(PATH)).channels;
    const found = (whole: Int16Array | undefined, clip: AudioClip): number =>
      indexOfSamples(whole!, throughCodec(clip.samples)) / 8;
    // The left side is as late as its jitter buffer makes it, the right one not.
    expect(found(left, said)).toBeGreaterThanOrEqual(20);
    expect(found(left, said)).toBeLessThanOrEqual(100);
    expect(Math.abs(found(right, prompt) - 500)).toBeLessThanOrEqual(20);
    expect(found(right, other) - found(right, prompt)).toBe(2_000);
  });

  it('is not ended by one of the peer beside it, nor ends it', async () => {
    const { a, b, clock } = await connect();
    const whole = b.session.record(
      options({ channels: 'mixed', path: '/recordings/all.opus', format: 'ogg-opus' }),
    );
    a.session.play(play(noiseClip(5_000)));
    await clock.run(1_000);
    const message = b.session.record(options({ finishOn: '#' }));
    await clock.run(1_000);
    b.session.reportDigit('#', 100);
    await expect(ended(message.done)).resolves.toMatchObject({
      type: 'finishOn',
      channels: 'peer',
    });
    await clock.run(1_000);
    void b.session.close();
    const result = await ended(whole.done);
    expect(result).toMatchObject({ type: 'stopped', format: 'ogg-opus', channels: 'mixed' });
    expect(result.duration).toBeGreaterThanOrEqual(3_000);
    expect(soundInFile(files.file('/recordings/all.opus')).duration).toBe(result.duration);
  });

  it('keeps its time through silence suppression, a hold and a pause', async () => {
    const { a, b, clock } = await connect();
    const recording = b.session.record(options({ channels: 'stereo' }));
    const click = clipOf(new Int16Array(1_600).fill(9_000));
    for (let i = 0; i < 6; i += 1) {
      // Between two clicks the peer sends nothing at all.
      a.session.play(play(click));
      b.session.play(play(click));
      await clock.run(5_000);
      if (i === 1) b.session.configure(parametersTo(a, { direction: 'sendonly' }));
      if (i === 2) b.session.configure(parametersTo(a));
      if (i !== 3) continue;
      recording.pause();
      await clock.run(7_000);
      recording.resume();
    }
    recording.stop();
    const result = await recording.done;
    expect(result.pauses).toEqual([{ at: expect.closeTo(20_000, -2) as number, duration: 7_000 }]);
    const [left, right] = soundInFile(files.file(PATH)).channels.map(onsets);
    expect(right).toHaveLength(6);
    // The peer could not be heard in the hold.
    expect(left).toHaveLength(5);
    right!.forEach((time, i) => expect(Math.abs(time - 5_000 * i)).toBeLessThanOrEqual(40));
    const heard = right!.filter((_, i) => i !== 2);
    left!.forEach((time, i) => expect(Math.abs(time - heard[i]!)).toBeLessThanOrEqual(100));
  });
});

describe('a key that is heard in the sound', () => {
  afterEach(disconnect);

  it('ends a recording, and is not in it', async () => {
    const { a, b, clock } = await connect({ configured: false });
    a.session.configure(parametersTo(b, { events: false }));
    b.session.configure(parametersTo(a, { events: false }));
    const recording = b.session.record(options({ finishOn: '#' }));
    a.session.play(play(noiseClip(1_000)));
    await clock.run(1_300);
    await Promise.all([a.session.sendDigits('#', 120, 60, 'inband'), clock.run(500)]);
    const result = await ended(recording.done);
    expect(result).toMatchObject({ type: 'finishOn', digit: '#' });
    const [sound] = soundInFile(files.file(PATH)).channels;
    const from = indexOfSamples(sound!, throughCodec(noiseClip(1_000).samples)) + 8_000;
    expect(from).toBeGreaterThanOrEqual(8_000);
    // What is concealed where the peer has ceased to send has died away, and nothing of the key follows.
    expect(sound!.subarray(from + 800).every((sample) => Math.abs(sample) < 200)).toBe(true);
    // The silence between the last word and the key is there.
    expect(sound!.length - from).toBeGreaterThan(8 * 200);
  });
});

describe('a recording on a bad disk', () => {
  afterEach(disconnect);

  it('fails when the disk is full, and keeps the sound so far', async () => {
    const { a, b, clock } = await connect();
    files.capacity = 44 + 40_001;
    const sound = noiseClip(10_000);
    const recording = b.session.record(options());
    a.session.play(play(sound));
    const result = await ended(recording.done);
    expect(result).toMatchObject({ type: 'failed', path: PATH, duration: 2_500 });
    expect(result.error?.message).toContain('ENOSPC');
    const samples = samplesOfWav(files.file(PATH));
    const first = samples.findIndex((sample) => sample !== 0);
    const kept = samples.subarray(first);
    expect(indexOfSamples(throughCodec(sound.samples), kept)).toBe(0);
    // The call goes on.
    const heard = pair.rtpOf(a).length;
    await clock.run(1_000);
    expect(pair.rtpOf(a).length).toBe(heard + 50);
  });

  it('fails at once when the file cannot be made', async () => {
    const { b, clock } = await connect();
    files.refuseCreate = true;
    const start = clock.now();
    const result = await ended(b.session.record(options()).done);
    expect(result).toMatchObject({ type: 'failed', path: undefined, duration: 0 });
    expect(result.error?.message).toContain('EACCES');
    expect(clock.now() - start).toBeLessThan(100);
  });

  it('fails rather than keep more than ten seconds in memory for a disk that is too slow', async () => {
    const { b, clock } = await connect();
    let release: () => void = () => undefined;
    files.gate = new Promise((resolve) => {
      release = resolve;
    });
    const recording = b.session.record(options({ maxDuration: 3_600_000 }));
    let result: RecordingResult | undefined;
    void recording.done.then((value) => {
      result = value;
    });
    await clock.run(9_900);
    expect(result).toBeUndefined();
    await clock.run(2_000);
    release();
    await clock.run(1_000);
    expect(result).toMatchObject({ type: 'failed' });
    expect(result?.error?.message).toContain('slow');
  });

  it('never delays a packet', async () => {
    const { a, b, clock } = await connect();
    let release: () => void = () => undefined;
    files.gate = new Promise((resolve) => {
      release = resolve;
    });
    const recording = b.session.record(options());
    a.session.play(play(noiseClip(5_000)));
    b.session.play(play(noiseClip(5_000)));
    await clock.run(5_100);
    const packets = pair.rtpOf(b);
    expect(packets.length).toBe(250);
    for (let i = 1; i < packets.length; i += 1) {
      expect(packets[i]!.time - packets[i - 1]!.time).toBe(20);
    }
    recording.stop();
    release();
    await expect(ended(recording.done)).resolves.toMatchObject({ type: 'stopped' });
    expect(samplesOfWav(files.file(PATH)).length).toBeGreaterThan(5_000 * 8);
  });

  it('is whole before the engine is closed', async () => {
    const { a, b, engine, clock } = await connect();
    b.session.record(options());
    a.session.play(play(noiseClip(1_000)));
    await clock.run(800);
    await engine.close();
    expect(samplesOfWav(files.file(PATH)).length).toBeGreaterThan(700 * 8);
  });
});

describe('recordings on disk', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callchart-recordings-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('are written into folders that need not exist', async () => {
    const { a, b, clock } = await connect({ files: diskFiles });
    const path = join(folder, '2026', '01', 'message.wav');
    const recording = b.session.record(options({ path }));
    const sound = noiseClip(2_500);
    a.session.play(play(sound));
    await clock.run(3_000);
    recording.stop();
    await expect(recording.done).resolves.toMatchObject({ type: 'stopped', path });
    const samples = samplesOfWav(await readFile(path));
    expect(indexOfSamples(samples, throughCodec(sound.samples))).toBeGreaterThanOrEqual(0);
    expect(await readdir(join(folder, '2026', '01'))).toEqual(['message.wav']);
    await disconnect();
  });

  it('fail with the reason when the folder cannot be made', async () => {
    const { b } = await connect({ files: diskFiles });
    await writeFile(join(folder, 'file'), '');
    const recording = b.session.record(options({ path: join(folder, 'file', 'message.wav') }));
    const result = await recording.done;
    expect(result).toMatchObject({ type: 'failed', path: undefined });
    expect(result.error?.message).toMatch(/ENOTDIR|EEXIST/);
    await disconnect();
  });

  it('that a crash left unfinished are finished at the next start', async () => {
    const header = new Uint8Array(44);
    writeWavHeader(header, 8_000, 16_000);
    const sound = Buffer.alloc(40_000, 7);
    await writeFile(join(folder, 'cut.wav.part'), Buffer.concat([header, sound]));
    await writeFile(join(folder, 'empty.wav.part'), header);
    await writeFile(join(folder, 'notes.txt.part'), Buffer.alloc(100, 65));
    await writeFile(join(folder, 'taken.wav.part'), Buffer.concat([header, sound]));
    await writeFile(join(folder, 'taken.wav'), 'mine');
    await writeFile(join(folder, 'whole.wav'), 'untouched');

    expect(await repairParts(folder)).toEqual([join(folder, 'cut.wav')]);
    expect((await readdir(folder)).sort()).toEqual(
      ['cut.wav', 'notes.txt.part', 'taken.wav', 'taken.wav.part', 'whole.wav'].sort(),
    );
    expect(samplesOfWav(await readFile(join(folder, 'cut.wav'))).length).toBe(20_000);
    expect(await readFile(join(folder, 'taken.wav'), 'utf8')).toBe('mine');
    expect(await repairParts(folder)).toEqual([]);
  });

  it('need no folder to be repaired', async () => {
    expect(await repairParts(join(folder, 'none'))).toEqual([]);
  });
});

/** When sound begins after silence, in milliseconds. */
function onsets(samples: Int16Array): number[] {
  const found: number[] = [];
  let quietSince = -8_000;
  for (const [i, sample] of samples.entries()) {
    if (Math.abs(sample) < 1_000) continue;
    if (i - quietSince > 4_000) found.push(i / 8);
    quietSince = i;
  }
  return found;
}
