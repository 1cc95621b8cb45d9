import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallFact } from '../../../runtime/call/happenings';
import type { Logger } from '../../../runtime/core/logger';
import { SeededRandom } from '../../../runtime/core/random';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { CallStore } from '../../../runtime/events/call-store';
import { Delivery } from '../../../runtime/events/delivery';
import type { CallchartEvent } from '../../../runtime/events/event';
import { Journal } from '../../../runtime/events/journal';
import { type Subscriber, wantedTypes } from '../../../runtime/events/subscriber';
import { Database } from '../../../runtime/store/database';
import type { WebRequest, WebResult } from '../../../runtime/web/port';
import { infoOf, recordOf } from './calls';

/** What a subscriber got, and what it is to answer. */
export class FakeWeb {
  readonly requests: { readonly url: string; readonly event: CallchartEvent }[] = [];
  readonly raw: WebRequest[] = [];
  /** A status, no answer at all, or a pause in milliseconds before 200. */
  answer: (url: string, event: CallchartEvent) => number | 'refused' | { readonly after: number } =
    () => 200;
  /** Requests in progress. */
  open = 0;

  constructor(private readonly clock: VirtualClock) {}

  readonly request = async (request: WebRequest): Promise<WebResult> => {
    const event = JSON.parse(String(request.body)) as CallchartEvent;
    const { url } = request;
    this.raw.push(request);
    this.requests.push({ url, event });
    this.open += 1;
    const answer = this.answer(url, event);
    if (typeof answer === 'object') {
      await new Promise<void>((resolve) => this.clock.setTimeout(resolve, answer.after));
    }
    this.open -= 1;
    const rest = { attempts: 1, url };
    if (answer === 'refused') {
      const message = 'nobody listens at the app';
      return { type: 'failed', reason: 'refused', message, detail: message, ...rest };
    }
    const status = typeof answer === 'number' ? answer : 200;
    return { type: 'answer', status, headers: {}, cookies: [], body: new Uint8Array(), ...rest };
  };

  /** What one of them took, as `call:type`. */
  taken(url: string): string[] {
    return this.requests
      .filter((request) => request.url === url && this.answer(url, request.event) === 200)
      .map(({ event }) => `${event.call}:${event.type}`);
  }
}

export function subscriber(name: string, types?: readonly string[], states = false): Subscriber {
  return { name, url: `https://${name}.example/`, headers: {}, wants: wantedTypes(types, states) };
}

/** A journal, its database and the delivery of it, which may be killed and started again. */
export class EventsBench {
  readonly clock = new VirtualClock();
  readonly web = new FakeWeb(this.clock);
  readonly log: string[] = [];
  readonly directory = mkdtempSync(join(tmpdir(), 'callchart-events-'));
  database!: Database;
  store!: CallStore;
  journal!: Journal;
  delivery!: Delivery;
  private seed = 0;

  constructor(
    private readonly subscribers: readonly Subscriber[] | undefined,
    private readonly retention = 7 * 86_400_000,
  ) {
    this.start();
  }

  /** As a server does, on whatever the one before has left. */
  start(subscribers = this.subscribers, delivers = true): void {
    const { clock, web } = this;
    const logger = this.logger();
    this.database = Database.open({ directory: this.directory, purpose: 'server' });
    this.store = new CallStore({
      ...{ database: this.database, subscribers, sizeOf: () => 1_000 },
      sids: { call: (id) => `CA${id}`, recording: (path) => `RE${path}` },
    });
    this.seed += 1;
    this.delivery = new Delivery({
      ...{ database: this.database, outbox: this.store.outbox, subscribers: subscribers ?? [] },
      ...{ clock, random: new SeededRandom(this.seed), logger, web, keys: ['secret'] },
    });
    this.journal = new Journal({
      ...{ clock, logger, store: this.store, sizeOf: () => 1_000, retention: this.retention },
      onWritten: () => {
        if (delivers) this.delivery.wake();
      },
    });
    if (delivers) this.delivery.start();
  }

  /** The same database for other subscribers, whose delivery is the test's. */
  reopen(subscribers: readonly Subscriber[]): CallStore {
    this.kill();
    this.start(subscribers, false);
    return this.store;
  }

  /** Something happens with a call. */
  tell(call: string, fact: CallFact): void {
    this.journal.take({ time: this.clock.now(), call, ...fact });
  }

  begin(call: string): void {
    const info = infoOf(call, this.clock.now());
    this.tell(call, { type: 'call.started', info, flow: 'reception', version: '3f2a' });
  }

  /** A call with four events. */
  whole(call: string): void {
    const started = this.clock.now();
    this.begin(call);
    this.tell(call, { type: 'call.ringing' });
    this.tell(call, { type: 'call.answered', info: infoOf(call, started) });
    this.tell(call, { type: 'call.recorded', record: recordOf(call, started, started + 1_000) });
  }

  /** Ends in the orderly way; time goes on meanwhile. */
  async stop(): Promise<void> {
    this.journal.close();
    await Promise.all([this.delivery.close(), this.clock.run(3_000)]);
    this.database.close();
  }

  /** As kill -9 does: nothing more is written, and whatever was on its way comes to nothing. */
  kill(): void {
    this.database.close();
  }

  remove(): void {
    this.database.close();
    rmSync(this.directory, { recursive: true });
  }

  private logger(): Logger {
    const write = (_: unknown, message: string): void => void this.log.push(message);
    return { debug: write, info: write, warn: write, error: write };
  }
}
