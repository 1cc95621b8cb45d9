import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ToneName } from '../../runtime/core/audio';
import {
  isToneCountry,
  isToneName,
  namedTone,
  TONE_COUNTRIES,
  TONE_NAMES,
} from '../../runtime/core/tones';
import { ToneDetector } from '../../runtime/media/detect/tone-detector';
import type { DetectedTone } from '../../runtime/media/port';
import { ToneGenerator } from '../../runtime/media/tone';

const NETWORK = ['dial', 'ringback', 'busy', 'congestion', 'waiting'] as const;

/** As the guide writes it: hertz, then milliseconds on/off. */
function written(name: ToneName, country: string): string {
  const { frequencies, cadence } = namedTone(name, undefined, country);
  return `${frequencies.join('+')}${cadence.length > 0 ? ` ${cadence.join('/')}` : ''}`;
}

describe('namedTone', () => {
  it('has the tones of 25 countries and more, those of North America where none is named', () => {
    expect(TONE_COUNTRIES.length).toBeGreaterThanOrEqual(25);
    for (const name of TONE_NAMES)
      expect(namedTone(name)).toEqual(namedTone(name, undefined, 'us'));
    expect(namedTone('busy', 2_000, 'de')).toMatchObject({
      frequencies: [425],
      cadence: [480, 480],
      duration: 2_000,
    });
    expect(namedTone('ringback', undefined, 'gb')).toMatchObject({
      frequencies: [400, 450],
      cadence: [400, 200, 400, 2_000],
    });
  });

  it('has tones of North America for a country that it does not know', () => {
    expect(isToneCountry('zz')).toBe(false);
    expect(isToneCountry('constructor')).toBe(false);
    expect(namedTone('dial', undefined, 'constructor')).toEqual(namedTone('dial'));
  });

  it('beeps alike everywhere', () => {
    for (const country of TONE_COUNTRIES) {
      expect(namedTone('beep', undefined, country)).toEqual(namedTone('beep'));
    }
  });

  it('has cadences that end in silence, of frequencies that telephones carry', () => {
    for (const country of TONE_COUNTRIES) {
      for (const name of NETWORK) {
        const { frequencies, cadence, level } = namedTone(name, undefined, country);
        expect(cadence.length % 2).toBe(0);
        expect(frequencies.every((hertz) => hertz >= 300 && hertz <= 1_400)).toBe(true);
        expect(level).toBeLessThanOrEqual(-10);
      }
      expect(isToneName('waiting')).toBe(true);
    }
  });

  it('is told in the guide, country by country', () => {
    const guide = readFileSync(join(__dirname, '..', '..', 'docs', 'prompts.md'), 'utf8');
    const rows = guide
      .split('\n')
      .filter((line) => /^\| `[a-z]{2}` /.test(line))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    expect(rows).toEqual(
      TONE_COUNTRIES.map((country) => [
        `\`${country}\``,
        ...NETWORK.map((name) => written(name, country)),
      ]),
    );
  });

  // Spanish congestion and a Czech dial tone are nobody else's; a Chinese or a Japanese congestion sounds like busy.
  it.each(['us', 'de', 'gb', 'fr', 'jp', 'au', 'it', 'nl', 'pt', 'at'] as const)(
    'makes tones that the detector knows (%s)',
    (country) => {
      for (const name of ['ringback', 'busy'] as const) {
        const generator = new ToneGenerator(namedTone(name, 11_000, country));
        const samples = new Int16Array(generator.length + 1_600);
        generator.fill(samples, 400, generator.length);
        const heard: DetectedTone[] = [];
        const detector = new ToneDetector((tone) => heard.push(tone));
        for (let at = 0; at + 160 <= samples.length; at += 160) {
          detector.hear(samples.subarray(at, at + 160), 'audio');
        }
        expect(heard).toEqual([name]);
      }
    },
  );
});
