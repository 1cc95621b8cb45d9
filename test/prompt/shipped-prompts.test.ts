import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCatalog } from '../../runtime/prompt/catalog';
import { findPromptFiles } from '../../runtime/prompt/directory';
import { readManifest } from '../../runtime/prompt/manifest';
import { readWav } from '../../runtime/prompt/wav';
import { rms } from './sounds';

const folder = join(__dirname, '..', '..', 'prompts');
const files = [...(findPromptFiles([folder]).recordings.get('en') ?? [])];
const { texts } = readManifest(join(folder, 'en.yaml'));

const decibel = (value: number): number => 20 * Math.log10(value / 32768);

describe('the prompts that ship', () => {
  it('have a recording for each text, the digits too, and a text for each recording', () => {
    const digits = [...Array(10).keys(), 'star', 'pound'].map((name) => `digits/${name}`);
    expect(files.map(([name]) => name).sort()).toEqual([...texts.keys()].sort());
    expect([...texts.keys()]).toEqual(expect.arrayContaining(['welcome', ...digits]));
  });

  it('have nothing wrong', () => {
    expect(openCatalog({ directories: [folder] })).toMatchObject({
      problems: [],
      languages: ['en'],
    });
  });

  it('take less than 3 MB', () => {
    const bytes = files.reduce((sum, [, path]) => sum + readFileSync(path).length, 0);
    expect(bytes).toBeLessThan(3_000_000);
  });

  it.each(files)(
    '%s is 8 kHz, 16 bit, mono, of even level, and begins and ends quietly',
    (_name, path) => {
      const bytes = readFileSync(path);
      expect(bytes.readUInt16LE(22)).toBe(1);
      expect(bytes.readUInt16LE(34)).toBe(16);
      const { sampleRate, samples } = readWav(bytes);
      expect(sampleRate).toBe(8000);
      expect(Math.abs(decibel(rms(samples)) + 20)).toBeLessThan(2.5);
      const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      expect(decibel(peak)).toBeLessThan(-3);
      expect(Math.abs(samples[0]!)).toBeLessThan(100);
      expect(Math.abs(samples.at(-1)!)).toBeLessThan(100);
      const starts = samples.findIndex((sample) => Math.abs(sample) > peak * 0.1);
      expect(starts / 8).toBeLessThan(250);
    },
  );
});
