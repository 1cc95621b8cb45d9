import { trace, type DropTrace } from '../../core/trace';

/** What this thread has dropped, by reason: told to the signalling thread in sums, not one by one. */
export class DropTally {
  private counts: Record<string, number> = {};
  private readonly unsubscribe: () => void;

  constructor() {
    this.unsubscribe = trace.drop.subscribe((drop) => this.count(drop));
  }

  /** Those since the last time. */
  take(): Readonly<Record<string, number>> {
    const { counts } = this;
    this.counts = {};
    return counts;
  }

  close(): void {
    this.unsubscribe();
  }

  private count({ reason, count = 1 }: DropTrace): void {
    this.counts[reason] = (this.counts[reason] ?? 0) + count;
  }
}
