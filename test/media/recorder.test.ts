import type { RecordingOptions, RecordingResult } from '../../runtime/media/port';
import { Recorder, type Side } from '../../runtime/media/recorder';
import { settle, VirtualClock } from '../../runtime/core/virtual-clock';
import { MemoryFiles } from '../support/memory-files';
import { noiseClip } from '../support/media-pair';
import { soundInFile, type SoundInFile } from '../support/sound-files';

type Made = (index: number) => number;

const nothing: Made = () => 0;
/** Loud enough to be speech, and tells where it is from. */
const counted: Made = (i) => 4_000 + (i % 8_000);

/** A recorder that is fed frame by frame, without a session. */
class Desk {
  readonly clock = new VirtualClock();
  readonly files = new MemoryFiles();
  readonly recorder: Recorder;
  ended = 0;
  private readonly at = { left: 0, right: 0 };

  constructor(readonly options: RecordingOptions) {
    this.recorder = new Recorder(options, this, {
      onStopping: () => undefined,
      onEnded: () => {
        this.ended += 1;
      },
    });
    this.recorder.start();
  }

  /** Frames of both sides, or of the left one, for so many milliseconds. */
  async say(duration: number, left: Made, right?: Made): Promise<void> {
    for (let time = 0; time < duration; time += 20) {
      this.push('left', left, this.clock.now());
      if (right !== undefined) this.push('right', right, this.clock.now() + 5);
      this.clock.advance(20);
      await settle();
    }
  }

  push(side: Side, made: Made, time: number): void {
    const size = this.recorder.sampleRate / 50;
    const first = this.at[side];
    this.at[side] += size;
    this.recorder.push(
      side,
      Int16Array.from({ length: size }, (_, i) => made(first + i)),
      time,
    );
  }

  async finished(): Promise<{ readonly result: RecordingResult; readonly sound: SoundInFile }> {
    const result = await this.recorder.done;
    expect(this.ended).toBe(1);
    return { result, sound: soundInFile(this.files.file(this.options.path)) };
  }
}

function desk(options: Partial<RecordingOptions> = {}): Desk {
  return new Desk({
    ...{ path: '/r/one', maxDuration: 600_000, endSilence: 0, finishOn: '', beep: false },
    ...options,
  });
}

const formats = ['wav', 'wav-mulaw', 'ogg-opus'] as const;
const rates = [8_000, 16_000, 48_000] as const;

describe.each(formats)('a recording as %s', (format) => {
  it.each(
    rates.flatMap((rate) => (['peer', 'stereo', 'mixed'] as const).map((c) => [rate, c] as const)),
  )('holds at %i Hz what is said, %s, where it is said', async (sampleRate, channels) => {
    const one = desk({ format, sampleRate, channels });
    const tone =
      (frequency: number, from: number, to: number): Made =>
      (i) => {
        const time = i / sampleRate;
        return time < from || time >= to ? 0 : 8_000 * Math.sin(2 * Math.PI * frequency * time);
      };
    const right = channels === 'peer' ? undefined : tone(1_500, 2, 3);
    await one.say(4_000, tone(600, 1, 2), right);
    one.recorder.stop();
    const { result, sound } = await one.finished();
    expect(result).toMatchObject({
      type: 'stopped',
      duration: 4_000,
      format,
      channels,
      speech: true,
    });
    expect(sound).toMatchObject({ sampleRate, duration: 4_000 });
    expect(sound.channels).toHaveLength(channels === 'stereo' ? 2 : 1);
    const [first, second = first] = sound.channels;
    // Within a tenth of a packet of where it was, and the other side is silent then.
    expect(Math.abs(onset(first!, sampleRate, 0) - 1_000)).toBeLessThanOrEqual(4);
    if (channels !== 'peer') {
      expect(level(second!, sampleRate, 2_100, 2_900)).toBeGreaterThan(5_000);
      expect(level(second!, sampleRate, 3_100, 3_900)).toBeLessThan(60);
    }
    if (channels === 'stereo') {
      expect(Math.abs(onset(second!, sampleRate, 2_000) - 2_000)).toBeLessThanOrEqual(4);
      expect(level(first!, sampleRate, 2_100, 3_900)).toBeLessThan(60);
      expect(level(second!, sampleRate, 0, 1_900)).toBeLessThan(60);
    }
    const loud = level(first!, sampleRate, 1_100, 1_900);
    expect(loud).toBeGreaterThan(5_000);
    expect(loud).toBeLessThan(6_300);
  });

  it('goes on after a pause as if nothing had been said in it, and tells where it was', async () => {
    const one = desk({ format, channels: 'stereo' });
    const low: Made = (i) => 6_000 * Math.sin((2 * Math.PI * 400 * i) / 8_000);
    const high: Made = (i) => 6_000 * Math.sin((2 * Math.PI * 3_000 * i) / 8_000);
    await one.say(1_000, low, nothing);
    one.recorder.pause();
    one.recorder.pause();
    // At once, all that was said is in the file.
    await settle();
    await settle();
    await one.say(3_330, high, high);
    one.recorder.resume();
    one.recorder.resume();
    await one.say(1_000, low, nothing);
    one.recorder.stop();
    const { result, sound } = await one.finished();
    expect(result.duration).toBe(2_000);
    expect(result.pauses).toEqual([{ at: 1_000, duration: 3_340 }]);
    const [left, right] = sound.channels;
    expect(level(left!, 8_000, 100, 1_900)).toBeGreaterThan(3_000);
    expect(level(right!, 8_000, 0, 2_000)).toBeLessThan(60);
    expect(share(left!, 3_000)).toBeLessThan(0.02);
  });

  it('is cut where its trailing silence is too long, and begins shortly before the first word', async () => {
    const one = desk({ format, trim: 200 });
    await one.say(3_000, nothing);
    await one.say(1_000, counted);
    await one.say(1_500, nothing);
    await one.say(1_000, counted);
    await one.say(20_000, nothing);
    one.recorder.stop();
    const { result, sound } = await one.finished();
    const kept = 200 + 1_000 + 1_500 + 1_000 + 200;
    expect(Math.abs(result.duration - kept)).toBeLessThanOrEqual(20);
    expect(sound.duration).toBe(result.duration);
    expect(Math.abs(onset(sound.channels[0]!, 8_000, 0) - 200)).toBeLessThanOrEqual(20);
  });

  it('of nothing but silence keeps no more of it than was asked for', async () => {
    const one = desk({ format, trim: 100, startSilence: 4_000 });
    await one.say(10_000, nothing);
    const { result } = await one.finished();
    expect(result).toMatchObject({ type: 'silence', duration: 100, speech: false });
  });

  it('that ends before anything was heard is a whole file without sound', async () => {
    const one = desk({ format });
    one.recorder.stop();
    const { result, sound } = await one.finished();
    expect(result).toMatchObject({ type: 'stopped', duration: 0, peak: 0, speech: false });
    expect(sound.duration).toBe(0);
  });

  it('ends at its longest duration, to the sample', async () => {
    const one = desk({ format, maxDuration: 1_234 });
    await one.say(3_000, counted);
    const { result, sound } = await one.finished();
    expect(result).toMatchObject({ type: 'maxDuration', duration: 1_234 });
    expect(sound.duration).toBe(1_234);
  });

  it.each(rates)('at %i Hz has not the key that ends it', async (sampleRate) => {
    const one = desk({ format, sampleRate, finishOn: '5' });
    const speech: Made = (i) => 5_000 * Math.sin((2 * Math.PI * 300 * i) / sampleRate);
    const key: Made = (i) => {
      const time = (2 * Math.PI * i) / sampleRate;
      return 9_000 * (Math.sin(770 * time) + Math.sin(1_336 * time));
    };
    await one.say(2_000, speech);
    await one.say(100, key);
    one.recorder.press('4');
    one.recorder.press('5');
    const { result, sound } = await one.finished();
    expect(result).toMatchObject({ type: 'finishOn', digit: '5' });
    expect(result.duration).toBeLessThanOrEqual(2_000);
    expect(result.duration).toBeGreaterThanOrEqual(1_950);
    expect(result.peak).toBeLessThan(6_000);
    expect(sound.duration).toBe(result.duration);
  });

  it('reaches the disk within a second, and within a pause', async () => {
    const one = desk({ format, finishOn: '#' });
    const part = `${one.options.path}.part`;
    const noise = noiseClip(20_000).samples;
    let last = one.files.file(part).length;
    for (let second = 0; second < 10; second += 1) {
      await one.say(1_000, (i) => noise[i] as number);
      const now = one.files.file(part).length;
      expect(now).toBeGreaterThan(last);
      last = now;
    }
    await one.say(300, (i) => noise[i] as number);
    one.recorder.pause();
    await settle();
    await settle();
    expect(one.files.file(part).length).toBeGreaterThan(last);
    one.recorder.stop();
    const { result } = await one.finished();
    expect(result).toMatchObject({ duration: 10_300, pauses: [{ at: 10_300, duration: 0 }] });
  });

  it('fails when the disk is full, with a file that plays to there', async () => {
    const one = desk({ format });
    const noise = noiseClip(30_000).samples;
    one.files.capacity = { wav: 50_001, 'wav-mulaw': 25_001, 'ogg-opus': 8_001 }[format];
    await one.say(10_000, (i) => noise[i] as number);
    const { result, sound } = await one.finished();
    expect(result).toMatchObject({ type: 'failed' });
    expect(result.error?.message).toContain('ENOSPC');
    expect(result.duration).toBeGreaterThan(2_000);
    expect(result.duration).toBeLessThan(9_000);
    expect(sound.duration).toBeCloseTo(result.duration, 6);
  });
});

describe('a recording', () => {
  it('ends when nobody begins to speak, and not when somebody has', async () => {
    const silent = desk({ startSilence: 3_000, endSilence: 10_000 });
    await silent.say(5_000, nothing);
    expect((await silent.finished()).result).toMatchObject({
      ...{ type: 'silence', duration: 3_000, speech: false },
    });
    const spoken = desk({ startSilence: 3_000, endSilence: 5_000 });
    await spoken.say(2_000, nothing);
    await spoken.say(200, counted);
    await spoken.say(10_000, nothing);
    const { result } = await spoken.finished();
    expect(result).toMatchObject({ type: 'silence', speech: true });
    expect(Math.abs(result.duration - 7_200)).toBeLessThanOrEqual(40);
  });

  it('does not count a pause as silence', async () => {
    const one = desk({ endSilence: 2_000 });
    await one.say(500, counted);
    await one.say(1_500, nothing);
    one.recorder.pause();
    one.clock.advance(60_000);
    one.recorder.resume();
    await one.say(1_980, nothing);
    expect(one.recorder.ended).toBe(false);
    await one.say(40, nothing);
    const { result } = await one.finished();
    expect(result).toMatchObject({ type: 'silence', duration: 4_000 });
    expect(result.pauses).toEqual([{ at: 2_000, duration: 60_000 }]);
  });

  it('that was paused before it began is paused from its first sample', async () => {
    const clock = new VirtualClock();
    const files = new MemoryFiles();
    const recorder = new Recorder(
      { path: '/r/x.wav', maxDuration: 9_000, endSilence: 0, finishOn: '', beep: true },
      { clock, files },
      { onStopping: () => undefined, onEnded: () => undefined },
    );
    recorder.pause();
    clock.advance(400);
    recorder.start();
    recorder.push('left', new Int16Array(160).fill(9_000), clock.now());
    clock.advance(100);
    recorder.resume();
    recorder.push('left', new Int16Array(160).fill(5_000), clock.now());
    recorder.stop();
    const result = await recorder.done;
    expect(result).toMatchObject({ duration: 20, peak: 5_000, pauses: [{ at: 0, duration: 500 }] });
  });

  it('has silence where a side leaves out frames, and both sides stay together', async () => {
    const one = desk({ channels: 'stereo' });
    await one.say(1_000, counted, counted);
    await one.say(1_000, counted);
    for (let i = 0; i < 50; i += 1) {
      // The left side is told of late, all at once, as after a stall.
      one.push('right', counted, one.clock.now() + 5);
      one.clock.advance(20);
    }
    await one.say(1_000, counted, counted);
    one.recorder.stop();
    const { sound } = await one.finished();
    const [left, right] = sound.channels;
    expect(sound.duration).toBe(4_000);
    expect(level(right!, 8_000, 1_000, 2_000)).toBe(0);
    expect(level(left!, 8_000, 2_000, 3_000)).toBe(0);
    // Both have told their thirds second with the same frame.
    expect(left!.subarray(24_000)).toEqual(right!.subarray(24_000));
  });

  it('takes a machine that slept for a pause', async () => {
    const one = desk({ channels: 'stereo' });
    await one.say(1_000, counted, counted);
    one.clock.advance(3_600_000);
    await one.say(1_000, counted, counted);
    one.recorder.stop();
    const { result, sound } = await one.finished();
    expect(sound.duration).toBe(2_000);
    expect(result.pauses).toEqual([{ at: 1_000, duration: 3_600_000 }]);
  });

  it('keeps each frame at its place when the clock has fractions', async () => {
    const one = desk();
    const start = one.clock.now() + 0.3;
    for (let i = 0; i < 100; i += 1) one.push('left', counted, start + i * 20 + (i % 3) * 1e-4);
    one.recorder.stop();
    const { sound } = await one.finished();
    expect(sound.channels[0]).toEqual(Int16Array.from({ length: 16_000 }, (_, i) => counted(i)));
  });

  it('limits two who are loud at a time to full scale', async () => {
    const one = desk({ channels: 'mixed' });
    await one.say(
      100,
      () => 30_000,
      () => 30_000,
    );
    await one.say(
      100,
      () => -30_000,
      () => -30_000,
    );
    await one.say(
      100,
      () => 100,
      () => -30,
    );
    one.recorder.stop();
    const [mono] = (await one.finished()).sound.channels;
    expect([mono![0], mono![1_000], mono![2_000]]).toEqual([32_767, -32_768, 70]);
  });

  it('fails when ten seconds wait for the disk, and holds no more', async () => {
    const one = desk({ sampleRate: 16_000 });
    let release = (): void => undefined;
    one.files.gate = new Promise((resolve) => {
      release = resolve;
    });
    await one.say(9_900, counted);
    expect(one.recorder.ended).toBe(false);
    await one.say(1_500, counted);
    expect(one.recorder.ended).toBe(true);
    release();
    const result = await one.recorder.done;
    expect(result.type).toBe('failed');
    expect(result.error?.message).toContain('slow');
  });
});

/** Where sound begins after a time, in milliseconds. */
function onset(samples: Int16Array, sampleRate: number, after: number): number {
  const from = (after * sampleRate) / 1_000 - (after > 0 ? sampleRate / 200 : 0);
  const loudest = samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  for (let i = from; i < samples.length; i += 1) {
    if (Math.abs(samples[i] as number) > loudest / 5) return (i * 1_000) / sampleRate;
  }
  return NaN;
}

/** Root mean square between two times. */
function level(samples: Int16Array, sampleRate: number, from: number, to: number): number {
  const part = samples.subarray((from * sampleRate) / 1_000, (to * sampleRate) / 1_000);
  return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length);
}

/** The part of the energy of 8 kHz sound that lies at a frequency. */
function share(samples: Int16Array, frequency: number): number {
  let [cosine, sine, energy] = [0, 0, 0];
  samples.forEach((sample, i) => {
    const phase = (2 * Math.PI * frequency * i) / 8_000;
    cosine += sample * Math.cos(phase);
    sine += sample * Math.sin(phase);
    energy += sample * sample;
  });
  return (2 * (cosine ** 2 + sine ** 2)) / (samples.length * energy);
}
