import type { Clock, TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import type { Flow } from '../flow/load';
import { changeLines, keptLines, short } from './change-text';
import type { Server } from './port';
import { SettledChanges } from './settled-changes';

/** Milliseconds after which what could not be read is called wrong: until then it may be saved whole. */
const patience = 120;

export interface WorkshopOptions {
  readonly clock: Clock;
  readonly server: Pick<Server, 'flows' | 'reload'>;
  /** Gets a line for each change. */
  readonly say: (line: string) => void;
  /** Gets why something that was saved is not served. */
  readonly complain: (lines: readonly string[]) => void;
  /** Something was taken over; `flows` are those that new calls get, `changed` those of them that are new. */
  readonly onTaken: (flows: readonly Flow[], changed: readonly Flow[]) => void;
}

/** Has a server take over what is saved, and says what became of it. */
export class Workshop {
  private readonly changes: SettledChanges;
  private report: TimerHandle | undefined;
  private complained = false;

  constructor(private readonly options: WorkshopOptions) {
    this.changes = new SettledChanges(options.clock, (paths) => this.reload(paths));
  }

  /** A file is new, changed or gone. */
  changed(path: string): void {
    // Whatever was wrong may have been half of this.
    this.options.clock.clearTimeout(this.report);
    this.changes.changed(path);
  }

  /** Takes over what is there now; `changed` are the files that are known to be new. */
  reload(changed: readonly string[] = []): void {
    this.take(changed).catch((error: unknown) => this.options.complain([describeError(error)]));
  }

  close(): void {
    this.options.clock.clearTimeout(this.report);
    this.changes.close();
  }

  private async take(changed: readonly string[]): Promise<void> {
    const { clock, server, say, complain, onTaken } = this.options;
    clock.clearTimeout(this.report);
    const before = server.flows;
    const report = await server.reload();
    const { flows } = server;
    for (const line of changeLines(report, changed, before, flows)) say(line);
    const names = new Set(report.changes.map(({ flow }) => flow));
    onTaken(
      flows,
      flows.filter(({ name }) => names.has(name)),
    );
    if (report.problems.length > 0) {
      // What was saved meanwhile is read in its turn.
      if (this.changes.pending) return;
      this.report = clock.setTimeout(() => {
        this.complained = true;
        complain([...report.problems, ...keptLines(report, flows)]);
      }, patience);
    } else if (this.complained) {
      this.complained = false;
      const all = flows.map(({ name, version }) => `${name} ${short(version)}`);
      say(`nothing is wrong: ${all.join(', ')}`);
    }
  }
}
