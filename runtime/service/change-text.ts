import { basename } from 'node:path';
import type { Flow } from '../flow/load';
import type { ReloadReport } from './content';

/** What a reload has changed, a line each: `reception 3fa1… → 9c20… (menu.wav)`. */
export function changeLines(
  { changes }: Pick<ReloadReport, 'changes'>,
  changed: readonly string[],
  before: readonly Flow[],
  after: readonly Flow[],
): string[] {
  return changes.map(({ flow, from, to }) => {
    const sources = [...before, ...after]
      .filter(({ name }) => name === flow)
      .flatMap((each) => each.sources);
    const files = changed.filter((path) => sources.includes(path)).map((path) => basename(path));
    const why = files.length === 0 ? '' : ` (${files.join(', ')})`;
    if (from === undefined) return `${flow} is new: ${short(to)}${why}`;
    if (to === undefined) return `${flow} ${short(from)} is gone${why}`;
    return `${flow} ${short(from)} → ${short(to)}${why}`;
  });
}

/** Which flows are served on as they were, though their files have changed. */
export function keptLines({ kept }: Pick<ReloadReport, 'kept'>, flows: readonly Flow[]): string[] {
  return flows
    .filter(({ name }) => kept.includes(name))
    .map(({ name, version }) => `${name} stays ${short(version)}`);
}

/** The beginning of a version, which is enough to tell two apart. */
export function short(version = ''): string {
  return `${version.slice(0, 4)}…`;
}
