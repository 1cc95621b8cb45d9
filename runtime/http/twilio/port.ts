import type { Clock } from '../../core/clock';
import type { Logger } from '../../core/logger';
import type { CallHistory } from '../../events/port';
import type { WebClient } from '../../web/port';
import type { CallService } from '../port';
import type { CallBook } from './call-book';
import type { Account } from './route';

/** What the resources are made of. */
export interface ResourceParts {
  readonly account: Account;
  readonly server: CallService;
  readonly history: CallHistory;
  readonly book: CallBook;
  /** Asks for the documents of announcements. */
  readonly web: WebClient;
  /** Where others reach the server: `https://calls.example.com`. */
  readonly base: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}
