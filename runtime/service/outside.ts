import { statSync } from 'node:fs';
import type { CallRecord } from '../call/call-record';
import type { HappeningListener } from '../call/happenings';
import type { ResolvedConfig } from '../config/resolved';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { Random } from '../core/random';
import { CallStore } from '../events/call-store';
import { StoredDeadLetters } from '../events/dead-letters';
import { Delivery } from '../events/delivery';
import { StoredHistory } from '../events/history';
import { Journal } from '../events/journal';
import { lostCalls } from '../events/lost-calls';
import type { CallHistory, DeadLetters, EventFeed } from '../events/port';
import { type Subscriber, wantedTypes } from '../events/subscriber';
import type { Database } from '../store/database';
import { callSid, recordingSid } from '../twiml/sid';
import type { WebClient } from '../web/port';

export interface OutsideParts {
  readonly config: Pick<ResolvedConfig, 'http' | 'events' | 'web'>;
  /** Undefined in a server that keeps nothing: then there is no history, and events are in memory. */
  readonly database: Database | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly web: WebClient;
  readonly removeFile: (path: string) => Promise<void>;
  readonly onRecord: (record: CallRecord) => void;
  /** As {@link Calls.onHappening}. */
  readonly onHappening: (listener: HappeningListener) => () => void;
}

/** What those outside learn of calls: events, and the calls that are over. Nothing is done where nobody wants it. */
export class Outside {
  readonly history: CallHistory | undefined;
  readonly letters: DeadLetters | undefined;
  private readonly store: CallStore | undefined;
  private readonly delivery: Delivery | undefined;
  private journal: Journal | undefined;
  private forget = (): void => undefined;

  constructor(private readonly parts: OutsideParts) {
    const { config, database, clock, random, logger, web, removeFile } = parts;
    if (database === undefined || (config.http === undefined && config.events === undefined)) {
      if (config.http !== undefined) this.follow();
      return;
    }
    const subscribers = config.events?.subscribers.map(toSubscriber);
    const store = new CallStore({
      ...{ database, subscribers, sizeOf },
      sids: { call: callSid, recording: recordingSid },
    });
    this.store = store;
    if (subscribers !== undefined && subscribers.length > 0) {
      const delivery = new Delivery({
        ...{ database, outbox: store.outbox, subscribers, clock, random, logger, web },
        keys: config.web.signingKeys,
      });
      this.delivery = delivery;
      this.letters = new StoredDeadLetters(store, clock, () => delivery.wake());
    }
    const journal = this.follow();
    this.history = new StoredHistory({
      ...{ store, clock, removeFile },
      onDeleted: ({ call, path }) =>
        journal.take({ type: 'recording.deleted', time: clock.now(), call, path }),
    });
  }

  get events(): EventFeed {
    return this.follow();
  }

  /** Tells of calls that the server before this one has lost, and delivers what it left. */
  start(): void {
    const { store, journal, parts } = this;
    if (store !== undefined && journal !== undefined) {
      const time = parts.clock.now();
      for (const record of lostCalls(store)) {
        parts.onRecord(record);
        journal.take({ type: 'call.recorded', time, call: record.id, record });
        parts.logger.warn({ call: record.id }, 'a call was lost with the server before this one');
      }
    }
    this.delivery?.start();
    void this.warn();
  }

  /** After the last call, before the database. */
  async close(): Promise<void> {
    this.forget();
    this.journal?.close();
    await this.delivery?.close();
  }

  private follow(): Journal {
    if (this.journal === undefined) {
      const { clock, logger, config, onHappening } = this.parts;
      const { store } = this;
      this.journal = new Journal({
        ...{ clock, logger, sizeOf },
        ...(store === undefined ? {} : { store }),
        ...(config.events === undefined ? {} : { retention: config.events.retention }),
        onWritten: () => this.delivery?.wake(),
      });
      this.forget = onHappening(this.journal.take);
    }
    return this.journal;
  }

  /** Says at the start what will never be delivered. */
  private async warn(): Promise<void> {
    const { config, web, logger } = this.parts;
    for (const { name, url } of config.events?.subscribers ?? []) {
      const refusal = await web.refusal(url);
      if (refusal === undefined) continue;
      logger.warn(
        { subscriber: name, reason: refusal },
        'events cannot be delivered: see web.allow',
      );
    }
  }
}

function toSubscriber(
  configured: NonNullable<ResolvedConfig['events']>['subscribers'][number],
): Subscriber {
  const { name, url, types, states, headers } = configured;
  return { name, url, headers, wants: wantedTypes(types, states) };
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
