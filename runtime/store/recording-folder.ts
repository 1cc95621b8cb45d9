import { join } from 'node:path';

const longestName = 40;

/** Where recordings go, named so that no two calls meet. Whoever writes the first one makes the folder. */
export class RecordingFolder {
  constructor(private readonly folder: string) {}

  /**
   * The path of a new recording: `<call>-<number>-<name>.wav`, or with another ending, and a name reduced to what
   * every file system takes.
   */
  newPath(call: string, number: number, name: string, ending = '.wav'): string {
    const safe = safeName(name, longestName);
    return join(this.folder, `${call}-${number}${safe === '' ? '' : `-${safe}`}${ending}`);
  }
}

/** Letters, digits, `-`, `_` and `.` as they are, runs of others as one `_`; never a path. */
export function safeName(text: string, longest: number): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._]+/, '')
    .slice(0, longest);
}
