import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const longestName = 40;

/** Where recordings go: made when the first one is, and named so that no two calls meet. */
export class RecordingFolder {
  private made: Promise<unknown> | undefined;

  constructor(private readonly folder: string) {}

  /**
   * The path of a new recording: `<call>-<number>-<name>.wav`, with a name reduced to what every file
   * system takes. A folder that cannot be made is left for the recorder to report.
   */
  async newPath(call: string, number: number, name: string): Promise<string> {
    this.made ??= mkdir(this.folder, { recursive: true }).catch(() => {
      // The disk may be back for the next one.
      this.made = undefined;
    });
    await this.made;
    const safe = safeName(name, longestName);
    return join(this.folder, `${call}-${number}${safe === '' ? '' : `-${safe}`}.wav`);
  }
}

/** Letters, digits, `-`, `_` and `.` as they are, runs of others as one `_`; never a path. */
export function safeName(text: string, longest: number): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._]+/, '')
    .slice(0, longest);
}
