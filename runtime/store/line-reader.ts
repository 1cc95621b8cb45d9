import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const chunkSize = 64 * 1024;
const newline = 10;

/** The files that {@link DailyLines} wrote, newest day first; none when there is no such folder. */
export async function dailyFiles(folder: string, prefix: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.startsWith(`${prefix}-`) && name.endsWith('.jsonl'))
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

/** The lines of a file, last first, without reading more of it than is asked for. */
export async function* linesBackwards(file: string): AsyncGenerator<string> {
  const handle = await open(file, 'r');
  try {
    let position = (await handle.stat()).size;
    /** The end of a line whose start has not been read yet, in pieces, first piece last. */
    let tail: Buffer[] = [];
    while (position > 0) {
      const length = Math.min(chunkSize, position);
      position -= length;
      const chunk = Buffer.alloc(length);
      const { bytesRead } = await handle.read(chunk, 0, length, position);
      let end = bytesRead;
      for (let at = chunk.lastIndexOf(newline, end - 1); at >= 0;) {
        const line = joined(chunk.subarray(at + 1, end), tail);
        tail = [];
        if (line !== '') yield line;
        end = at;
        at = at === 0 ? -1 : chunk.lastIndexOf(newline, at - 1);
      }
      tail.push(chunk.subarray(0, end));
    }
    const first = joined(Buffer.alloc(0), tail);
    if (first !== '') yield first;
  } finally {
    await handle.close();
  }
}

function joined(head: Buffer, tail: readonly Buffer[]): string {
  return Buffer.concat([head, ...[...tail].reverse()]).toString('utf8');
}

/** One JSON object; undefined for a line that was cut off or is something else. */
export function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
