import fc from 'fast-check';
import { judge, usualLevel } from '../../../runtime/prompt/levels/judge';
import { measure } from '../../../runtime/prompt/levels/measure';
import { normalise } from '../../../runtime/prompt/levels/normalise';
import type { Sound } from '../../../runtime/prompt/wav';

interface Tone {
  /** RMS, dBFS. */
  readonly level: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** Tones one after another, with an RMS that is known; `level` -Infinity is silence. */
function tones(parts: readonly Tone[], { sampleRate = 8_000, offset = 0 } = {}): Sound {
  const samples = parts.flatMap(({ level, duration }) => {
    const amplitude = Math.SQRT2 * 10 ** (level / 20) * 32_768;
    return Array.from({ length: (duration * sampleRate) / 1_000 }, (_, at) =>
      Math.max(
        -32_768,
        Math.min(
          32_767,
          Math.round(amplitude * Math.sin((2 * Math.PI * 437 * at) / sampleRate) + offset),
        ),
      ),
    );
  });
  return { sampleRate, samples: Int16Array.from(samples) };
}

const silence = (duration: number): Tone => ({ level: -Infinity, duration });
const problems = (sound: Sound, usual?: number): string[] =>
  judge(measure(sound), usual).map(({ problem }) => problem);

describe('measure', () => {
  test.each([8_000, 16_000, 48_000])('finds known levels within 0.2 dB at %i Hz', (sampleRate) => {
    for (const level of [-4, -12, -20, -33.3, -45]) {
      const { active, peak } = measure(tones([{ level, duration: 1_000 }], { sampleRate }));
      expect(Math.abs((active ?? NaN) - level)).toBeLessThan(0.2);
      expect(Math.abs(peak - (level + 3.01))).toBeLessThan(0.2);
    }
  });

  it('leaves pauses, silence and quiet noise out of the level of the speech', () => {
    const talk = tones([
      silence(700),
      { level: -20, duration: 400 },
      { level: -55, duration: 900 },
      { level: -20, duration: 400 },
      silence(1_200),
    ]);
    const { active, leading, trailing, duration } = measure(talk);
    expect(Math.abs((active ?? NaN) + 20)).toBeLessThan(0.2);
    expect(Math.abs(leading - 700)).toBeLessThanOrEqual(10);
    expect(Math.abs(trailing - 1_200)).toBeLessThanOrEqual(10);
    expect(duration).toBe(3_600);
  });

  it('takes the mean power of louder and quieter words', () => {
    const { active } = measure(
      tones([
        { level: -16, duration: 500 },
        { level: -26, duration: 500 },
      ]),
    );
    expect(Math.abs((active ?? NaN) + 18.6)).toBeLessThan(0.2);
  });

  it('does not count an offset as sound, and says how large it is', () => {
    const { active, offset } = measure(
      tones([{ level: -20, duration: 1_000 }, silence(500)], { offset: 1_638 }),
    );
    expect(Math.abs((active ?? NaN) + 20)).toBeLessThan(0.2);
    expect(offset).toBeCloseTo(0.05, 3);
  });

  it('hears nothing in silence, in an empty file and in what is below -60 dBFS', () => {
    for (const sound of [
      tones([silence(500)]),
      tones([]),
      tones([{ level: -70, duration: 500 }]),
      { sampleRate: 8_000, samples: new Int16Array(4_000).fill(5) },
    ]) {
      expect(measure(sound).active).toBeUndefined();
    }
    expect(measure(tones([silence(500)]))).toMatchObject({
      peak: -Infinity,
      leading: 500,
      trailing: 500,
    });
  });

  it('counts the places where the sound is clipped, and none in a sine that just fits', () => {
    expect(measure(tones([{ level: -3.02, duration: 1_000 }])).clipped).toBe(0);
    // 437 waves, each with two ends.
    expect(measure(tones([{ level: 3, duration: 1_000 }])).clipped).toBe(874);
  });
});

describe('judge', () => {
  const speech = [silence(100), { level: -20, duration: 800 }, silence(200)];

  it('finds nothing wrong with speech at -20 dBFS', () => {
    expect(problems(tones(speech), -19)).toEqual([]);
  });

  test.each<[string, Sound, number | undefined, string[]]>([
    ['silence', tones([silence(500)]), undefined, ['dead']],
    ['clipped', tones([{ level: 0, duration: 500 }]), undefined, ['clipped', 'loud']],
    ['quiet', tones([{ level: -27, duration: 500 }]), undefined, ['quiet']],
    ['loud', tones([{ level: -13, duration: 500 }]), undefined, ['loud']],
    ['quieter than the others', tones([{ level: -23, duration: 500 }]), -17, ['quieter']],
    ['louder than the others', tones([{ level: -18, duration: 500 }]), -24, ['louder']],
    ['silence before', tones([silence(400), ...speech]), undefined, ['leading']],
    ['silence after', tones([...speech, silence(500)]), undefined, ['trailing']],
    ['a low rate', tones(speech, { sampleRate: 6_000 }), undefined, ['rate']],
    ['an offset', tones(speech, { offset: 500 }), undefined, ['offset']],
  ])('%s', (_, sound, usual, found) => {
    expect(problems(sound, usual)).toEqual(found);
  });

  it('says what is wrong and what to do', () => {
    expect(judge(measure(tones([{ level: -30, duration: 500 }])))).toEqual([
      {
        problem: 'quiet',
        message:
          'Its speech is at -30.0 dB, 10.0 dB too quiet. `callchart prompts normalise` corrects it.',
      },
    ]);
  });

  it('takes the median of the others, if there are enough', () => {
    expect(usualLevel([-20, undefined, -30])).toBeUndefined();
    expect(usualLevel([-20, -30, undefined, -22])).toBe(-22);
    expect(usualLevel([-20, -30, -24, -22])).toBe(-23);
  });
});

describe('normalise', () => {
  it('leaves alone what is right, and what is silent', () => {
    expect(normalise(tones([{ level: -20.3, duration: 500 }]))).toBeUndefined();
    expect(normalise(tones([silence(500)]))).toBeUndefined();
  });

  it('cuts silence off and leaves a little', () => {
    const made = normalise(tones([silence(700), { level: -20, duration: 500 }, silence(900)]));
    expect(made?.after.leading).toBeCloseTo(100, -1);
    expect(made?.after.trailing).toBeCloseTo(200, -1);
    expect(made?.trimmed).toBeCloseTo(1_300, -1);
  });

  it('says that the peaks forbid more', () => {
    // One loud click in quiet speech.
    const quiet = tones([{ level: -40, duration: 1_000 }]);
    quiet.samples[4_000] = 20_000;
    const made = normalise(quiet);
    expect(made?.limited).toBe(true);
    expect(made?.after.peak).toBeCloseTo(-1, 1);
  });

  it('brings any speech to its level, never clips, and has nothing to do a second time', () => {
    const level = fc.double({ min: -45, max: -4, noNaN: true });
    const time = fc.integer({ min: 0, max: 100 }).map((tens) => tens * 10);
    const rate = fc.constantFrom(8_000, 16_000, 44_100);
    const offsets = fc.integer({ min: -1_500, max: 1_500 });
    fc.assert(
      fc.property(level, time, time, rate, offsets, (given, before, after, sampleRate, offset) => {
        const sound = tones([silence(before), { level: given, duration: 600 }, silence(after)], {
          sampleRate,
          offset,
        });
        const made = normalise(sound);
        if (made === undefined) return;
        expect(made.after.clipped).toBe(0);
        expect(made.after.peak).toBeLessThanOrEqual(-0.99);
        expect(made.limited).toBe(false);
        expect(Math.abs((made.after.active ?? NaN) + 20)).toBeLessThan(0.3);
        expect(Math.abs(made.after.offset)).toBeLessThan(0.002);
        expect(normalise(made.sound)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });
});
