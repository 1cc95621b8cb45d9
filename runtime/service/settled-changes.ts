import type { Clock, TimerHandle } from '../core/clock';

/**
 * How long nothing may have changed, in milliseconds, before what was saved is read. Editors empty a file and write it
 * a moment later, rename others over it, or save several.
 */
const quiet = 60;
/** Something that changes all the time is read all the same. */
const longest = 1_000;

/** Gathers changes of files until they have come to rest. */
export class SettledChanges {
  private readonly paths = new Set<string>();
  private timer: TimerHandle | undefined;
  private since = 0;

  /** @param onSettled gets the paths that have changed, sorted. */
  constructor(
    private readonly clock: Clock,
    private readonly onSettled: (paths: readonly string[]) => void,
  ) {}

  /** Whether something has changed that {@link onSettled} was not told of. */
  get pending(): boolean {
    return this.paths.size > 0;
  }

  changed(path: string): void {
    const { clock } = this;
    if (this.paths.size === 0) this.since = clock.now();
    this.paths.add(path);
    clock.clearTimeout(this.timer);
    const wait = Math.min(quiet, this.since + longest - clock.now());
    this.timer = clock.setTimeout(() => this.settle(), wait);
  }

  close(): void {
    this.clock.clearTimeout(this.timer);
    this.paths.clear();
  }

  private settle(): void {
    const paths = [...this.paths].sort();
    this.paths.clear();
    this.onSettled(paths);
  }
}
