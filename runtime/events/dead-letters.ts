import type { Clock } from '../core/clock';
import type { DeadRow, SubscriberCounts } from '../store/outbox-table';
import { explainStoreError } from '../store/store-error';
import type { CallStore } from './call-store';
import type { DeadLetters } from './port';

/** What subscribers did not get, as the database has it. */
export class StoredDeadLetters implements DeadLetters {
  constructor(
    private readonly store: CallStore,
    private readonly clock: Clock,
    /** There is something to be sent. */
    private readonly onResent: () => void,
  ) {}

  list(limit: number): readonly DeadRow[] {
    return this.guarded(({ outbox }) => outbox.dead(limit));
  }

  resend(sequence?: number): number {
    const { subscribers = [] } = this.store.options;
    const names = subscribers.map(({ name }) => name);
    const sent = this.guarded(({ outbox }) => outbox.resend(names, this.clock.now(), sequence));
    if (sent > 0) this.onResent();
    return sent;
  }

  counts(): readonly SubscriberCounts[] {
    return this.guarded(({ outbox }) => outbox.counts());
  }

  private guarded<T>(ask: (store: CallStore) => T): T {
    try {
      return ask(this.store);
    } catch (error) {
      throw explainStoreError(this.store.options.database.file, error);
    }
  }
}
