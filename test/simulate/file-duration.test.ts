import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../runtime/prompt/wav';
import { fileDuration } from '../../runtime/simulate/file-duration';

const folder = mkdtempSync(join(tmpdir(), 'callchart-durations-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

describe('a recording lasts in a simulated call', () => {
  it.each(['flac', 'opus', 'mp3'])('as long as its %s file says', (format) => {
    const path = join(__dirname, '..', 'vectors', 'sound', `tone.${format}`);
    const slack = format === 'mp3' ? 60 : 1;
    expect(Math.abs((fileDuration(path) ?? 0) - 500)).toBeLessThanOrEqual(slack);
  });

  it('as long as its WAV file says, whatever the rate', () => {
    const wav = writeWav({ sampleRate: 44_100, samples: new Int16Array(66_150) });
    expect(fileDuration(file('a.wav', wav))).toBe(1_500);
  });

  it('some time, where the file says nothing, is none or is not there', () => {
    expect(fileDuration(file('page.wav', '<html>'))).toBeUndefined();
    expect(fileDuration(file('empty.wav', ''))).toBeUndefined();
    expect(fileDuration(join(folder, 'nowhere.wav'))).toBeUndefined();
  });
});
