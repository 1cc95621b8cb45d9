import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { silentLogger } from '../../runtime/core/logger';
import { DailyLines } from '../../runtime/store/daily-lines';
import { dailyFiles, linesBackwards } from '../../runtime/store/line-reader';
import { RecordingFolder, safeName } from '../../runtime/store/recording-folder';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callchart-lines-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function writer(changes: { folder?: string; limit?: number } = {}) {
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const note = (_: unknown, message: string): void => {
    warnings.push(message);
  };
  const lines = new DailyLines({
    folder,
    prefix: 'x',
    clock,
    logger: { ...silentLogger, warn: note, error: note },
    ...changes,
  });
  return { clock, lines, warnings };
}

async function backwards(file: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesBackwards(file)) lines.push(line);
  return lines;
}

describe('a daily file', () => {
  it('gets lines in their order, in one append after 100 ms, and makes its folder', async () => {
    const inner = join(folder, 'a', 'b');
    const { clock, lines } = writer({ folder: inner });
    lines.append('2026-01-05', 'one');
    lines.append('2026-01-05', 'two');
    clock.advance(99);
    expect(await readdir(folder)).toEqual([]);
    clock.advance(1);
    await lines.flush();
    expect(await readFile(join(inner, 'x-2026-01-05.jsonl'), 'utf8')).toBe('one\ntwo\n');
    expect(clock.pending).toBe(0);
    await lines.close();
  });

  it('is another one each day', async () => {
    const { lines } = writer();
    lines.append('2026-01-05', 'late');
    lines.append('2026-01-06', 'early');
    await lines.close();
    expect((await readdir(folder)).sort()).toEqual(['x-2026-01-05.jsonl', 'x-2026-01-06.jsonl']);
  });

  it('is complete after close, which leaves nothing set and takes nothing more', async () => {
    const { clock, lines, warnings } = writer();
    for (let count = 0; count < 5000; count += 1) lines.append('2026-01-05', `line ${count}`);
    await lines.close();
    lines.append('2026-01-05', 'too late');
    await lines.close();
    const written = (await readFile(join(folder, 'x-2026-01-05.jsonl'), 'utf8')).split('\n');
    expect(written).toHaveLength(5001);
    expect(written[4999]).toBe('line 4999');
    expect(clock.pending).toBe(0);
    expect(warnings).toHaveLength(1);
  });

  it('keeps lines while the disk fails, warns once, and writes them when it is back', async () => {
    const blocked = join(folder, 'blocked');
    await writeFile(blocked, 'a file where the folder should be');
    const { clock, lines, warnings } = writer({ folder: blocked });
    lines.append('2026-01-05', 'one');
    await lines.flush();
    lines.append('2026-01-05', 'two');
    await lines.flush();
    expect(warnings).toEqual(['lines cannot be written: they wait']);
    await rm(blocked);
    clock.advance(1000);
    await lines.flush();
    const file = join(blocked, 'x-2026-01-05.jsonl');
    expect(await backwards(file)).toEqual(['two', 'one']);
    await lines.close();
    expect(clock.pending).toBe(0);
  });

  it('drops lines beyond its limit and says how many were lost', async () => {
    const blocked = join(folder, 'blocked');
    await writeFile(blocked, '');
    const { clock, lines, warnings } = writer({ folder: blocked, limit: 100 });
    for (let count = 0; count < 50; count += 1) lines.append('2026-01-05', 'x'.repeat(20));
    await lines.close();
    expect(warnings).toEqual([
      'too many lines wait: they are lost',
      'lines cannot be written: they wait',
      'lines were lost',
    ]);
    expect(clock.pending).toBe(0);
  });
});

describe('reading backwards', () => {
  it('gives each line once, last first, across chunks, with umlauts at their seams', async () => {
    const file = join(folder, 'f');
    const lines = Array.from(
      { length: 3000 },
      (_, index) => `${index}-${'äö€'.repeat(index % 90)}`,
    );
    await writeFile(file, `${lines.join('\n')}\n`);
    expect(await backwards(file)).toEqual(lines.reverse());
  });

  it('reads a line that is longer than a chunk, an unfinished one, and none', async () => {
    const file = join(folder, 'f');
    const long = 'x'.repeat(200_000);
    await writeFile(file, `\n\n${long}\nunfinished`);
    expect(await backwards(file)).toEqual(['unfinished', long]);
    await writeFile(file, '');
    expect(await backwards(file)).toEqual([]);
  });

  it('finds no files where there is no folder', async () => {
    expect(await dailyFiles(join(folder, 'none'), 'x')).toEqual([]);
  });
});

describe('a recording’s path', () => {
  it('is in the folder, whatever the name', () => {
    const recordings = new RecordingFolder(join(folder, 'recordings'));
    expect(recordings.newPath('abc', 1, '')).toBe(join(folder, 'recordings', 'abc-1.wav'));
    expect(recordings.newPath('abc', 2, '../x')).toBe(join(folder, 'recordings', 'abc-2-x.wav'));
    expect(safeName('../../a b\0c/€', 40)).toBe('a_b_c_');
    expect(safeName('x'.repeat(99), 40)).toHaveLength(40);
  });
});
