import { existsSync } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';

const ignored = (path: string): boolean =>
  basename(path).startsWith('.') || path.includes(`${sep}node_modules${sep}`);

/**
 * Tells of files that change. Folders are watched, not files: a file that is renamed over another, or written anew, is
 * another file to the system.
 */
export class FolderWatch {
  private readonly watchers: FSWatcher[] = [];
  private readonly folders = new Set<string>();

  /** @param onChange gets the path of a file that is new, changed or gone. */
  constructor(private readonly onChange: (path: string) => void) {}

  /** The folders of these files, not those below them. Resolves when they are watched, with whether any of them was not before. */
  async files(paths: Iterable<string>): Promise<boolean> {
    const folders = [...new Set(Array.from(paths, (path) => dirname(path)))];
    const added = folders.filter((folder) => !this.folders.has(folder));
    for (const folder of added) this.folders.add(folder);
    const missing = added.filter((folder) => !existsSync(folder));
    const there = added.filter((folder) => !missing.includes(folder));
    if (there.length > 0) await this.watch(there, { depth: 0 });
    await Promise.all(missing.map((folder) => this.watchMissing(folder, { depth: 1 })));
    return added.length > 0;
  }

  /** One file, and nothing beside it: whatever writes there, such as a log, is none of it. */
  async file(path: string): Promise<void> {
    const folder = dirname(path);
    if (!this.folders.has(folder)) await this.watch([folder], { depth: 0 }, path);
  }

  /** A folder with all that is below it. */
  folder(path: string): Promise<void> {
    return existsSync(path) ? this.watch([path], {}) : this.watchMissing(path, {});
  }

  async close(): Promise<void> {
    await Promise.all(this.watchers.map((watcher) => watcher.close()));
  }

  /** It is waited for in its parent, where nothing else is looked at. */
  private watchMissing(folder: string, depth: { readonly depth?: number }): Promise<void> {
    const parent = dirname(folder);
    const other = (path: string): boolean =>
      path !== parent && path !== folder && !path.startsWith(folder + sep);
    return this.watch([parent], { ...depth, ignored: (path) => other(path) || ignored(path) });
  }

  /** A watcher is ready once: what is added later has one of its own. */
  private watch(
    paths: string[],
    options: { readonly depth?: number; readonly ignored?: (path: string) => boolean },
    only?: string,
  ): Promise<void> {
    const tell = (path: string): void => {
      if (only === undefined || path === only) this.onChange(path);
    };
    const watcher = watch(paths, { ignored, ignoreInitial: true, atomic: false, ...options });
    this.watchers.push(watcher);
    for (const event of ['add', 'change', 'unlink'] as const) watcher.on(event, tell);
    return new Promise((resolve) => {
      watcher.once('ready', resolve);
    });
  }
}
