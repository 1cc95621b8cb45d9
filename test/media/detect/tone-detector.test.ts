import { SeededRandom } from '../../../runtime/core/random';
import { ToneDetector } from '../../../runtime/media/detect/tone-detector';
import type { DetectedTone } from '../../../runtime/media/port';
import { ToneGenerator } from '../../../runtime/media/tone';
import { amplitude, gaussian } from '../../support/dtmf-signals';
import { throughCodec } from '../../support/media-pair';
import { music } from '../../support/music';
import { Speaker } from '../../support/speech';

/** A tone with its rhythm, beginning at no particular place of a frame, in the noise of a line. */
function line(
  frequencies: readonly number[],
  cadence: readonly number[],
  duration: number,
  { level = -19, noise = -55, lead = 413 } = {},
): Int16Array {
  const generator = new ToneGenerator({ frequencies, cadence, duration, level });
  const samples = new Int16Array(lead + generator.length + 8_000);
  generator.fill(samples, lead, generator.length);
  const random = new SeededRandom(3);
  const hiss = amplitude(noise) / Math.SQRT2;
  for (let i = 0; i < samples.length; i += 1) {
    samples[i] = (samples[i] ?? 0) + Math.round(hiss * gaussian(random));
  }
  return throughCodec(samples, 'PCMA');
}

function heard(samples: Int16Array): { readonly tone: DetectedTone; readonly at: number }[] {
  const tones: { tone: DetectedTone; at: number }[] = [];
  let at = 0;
  const detector = new ToneDetector((tone) => tones.push({ tone, at: at / 8 }));
  for (; at + 160 <= samples.length; at += 160) {
    detector.hear(samples.subarray(at, at + 160), 'audio');
  }
  return tones;
}

function joined(...parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function tone(frequency: number, duration: number, level = -16): Int16Array {
  const generator = new ToneGenerator({ frequencies: [frequency], cadence: [], duration, level });
  const samples = new Int16Array(generator.length);
  generator.fill(samples, 0, samples.length);
  return samples;
}

const silence = (duration: number): Int16Array => new Int16Array(duration * 8);

describe('ToneDetector', () => {
  it.each([
    ['North America', 'dial', [350, 440], [], -13],
    ['North America', 'ringback', [440, 480], [2_000, 4_000], -19],
    ['North America', 'busy', [480, 620], [500, 500], -24],
    ['North America', 'congestion', [480, 620], [250, 250], -24],
    ['Germany', 'dial', [425], [], -19],
    ['Germany', 'ringback', [425], [1_000, 4_000], -19],
    ['Germany', 'busy', [425], [480, 480], -19],
    ['Germany', 'congestion', [425], [240, 240], -19],
    ['the United Kingdom', 'dial', [350, 440], [], -19],
    ['the United Kingdom', 'ringback', [400, 450], [400, 200, 400, 2_000], -19],
    ['the United Kingdom', 'busy', [400], [375, 375], -19],
    ['the United Kingdom', 'congestion', [400], [400, 350, 225, 525], -19],
    ['France', 'dial', [440], [], -19],
    ['France', 'ringback', [440], [1_500, 3_500], -19],
    ['France', 'busy', [440], [500, 500], -19],
    ['Japan', 'dial', [400], [], -19],
    ['Japan', 'ringback', [384, 416], [1_000, 2_000], -19],
    ['Japan', 'busy', [400], [500, 500], -19],
    ['Australia', 'ringback', [400, 450], [400, 200, 400, 2_000], -19],
    ['Italy', 'busy', [425], [500, 500], -19],
  ] as const)('knows the tone of %s for %s', (_country, name, frequencies, cadence, level) => {
    const tones = heard(line(frequencies, cadence, 12_000, { level }));
    expect(tones.map(({ tone: each }) => each)).toEqual([name]);
  });

  it.each([1_062, 1_100, 1_138])(
    'knows the calling tone of a fax machine at %i Hz',
    (frequency) => {
      const tones = heard(line([frequency], [500, 3_000], 8_000));
      expect(tones[0]?.tone).toBe('cng');
      expect(tones[0]?.at).toBeLessThan(800);
      expect(new Set(tones.map(({ tone: each }) => each))).toEqual(new Set(['cng']));
    },
  );

  it.each([2_085, 2_100, 2_115])('knows the answer of a fax machine at %i Hz', (frequency) => {
    const tones = heard(line([frequency], [], 3_000));
    expect(tones.map(({ tone: each }) => each)).toEqual(['ced']);
  });

  it('knows an answer whose phase is reversed every 450 ms', () => {
    const samples = Int16Array.from({ length: 24_000 }, (_, i) => {
      const sign = Math.floor(i / 3_600) % 2 === 0 ? 1 : -1;
      return Math.round(4_000 * sign * Math.sin((2 * Math.PI * 2_100 * i) / 8_000));
    });
    expect(heard(samples).map(({ tone: each }) => each)).toEqual(['ced']);
  });

  it.each([
    [950, 1_400, 1_800],
    [913.8, 1_370.6, 1_776.7],
    [985.2, 1_428.5, 1_776.7],
  ])('knows the special information tone %f, %f, %f', (...frequencies) => {
    for (const [duration, gap] of [
      [330, 0],
      [330, 30],
      [276, 0],
      [380, 0],
    ] as const) {
      const parts = frequencies.flatMap((each) => [tone(each, duration), silence(gap)]);
      const tones = heard(joined(silence(313), ...parts, silence(1_000)));
      expect(tones.map(({ tone: each }) => each)).toEqual(['sit']);
    }
  });

  it.each([
    ['a tone that is no fax machine’s', joined(silence(100), tone(1_300, 500), silence(3_000))],
    ['a long tone of the same frequency', joined(silence(100), tone(1_100, 1_500), silence(3_000))],
    [
      'a falling sequence',
      joined(tone(1_800, 330), tone(1_400, 330), tone(950, 330), silence(500)),
    ],
    ['a beep', joined(tone(1_000, 400), silence(2_000))],
    ['silence', silence(8_000)],
  ])('takes %s for nothing', (_name, samples) => {
    expect(heard(samples)).toEqual([]);
  });

  it('reports a tone again after something else', async () => {
    const speaker = new Speaker();
    const words = await speaker.say('Please leave a message.');
    await speaker.close();
    const busy = line([425], [480, 480], 5_000);
    const tones = heard(joined(busy, words, busy));
    expect(tones.map(({ tone: each }) => each)).toEqual(['busy', 'busy']);
  });

  it('hears none in two minutes of speech, and hardly any in music', async () => {
    const speaker = new Speaker();
    const found: unknown[] = [];
    for await (const piece of speaker.talk(120_000, 11)) found.push(...heard(piece));
    await speaker.close();
    expect(found).toEqual([]);
    for (let seed = 0; seed < 2; seed += 1) found.push(...heard(music(60_000, seed)));
    expect(found.length).toBeLessThanOrEqual(1);
  });
});
