import { once } from 'node:events';
import type { Response } from 'express';
import type { Clock, TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { CallchartEvent } from '../events/event';
import type { EventFeed } from '../events/port';
import { wantedTypes } from '../events/subscriber';
import type { ApiKeys } from '../store/api-key-store';
import { Problem } from './problem';
import type { RequestContext } from './request-context';

/** Milliseconds between two signs of life. */
const heartbeat = 15_000;
/** Bytes that may wait for one reader. */
const mostWaiting = 1_000_000;
/** Readers at once. */
const mostReaders = 200;
/** Past events that are read at once. */
const portion = 200;
/** Milliseconds that a reader has to take what says that he is dropped. */
const farewell = 5_000;

export interface EventWish {
  readonly call?: string;
  /** Separated by commas; all when absent. */
  readonly type?: string;
  /** Goes on behind the event of this number; with what happens next when absent. */
  readonly after: number | undefined;
  readonly context: RequestContext;
}

/** Those who follow events by HTTP: each event is written as text once, whoever reads it. */
export class EventStreams {
  private readonly readers = new Set<EventReader>();
  private forget: (() => void) | undefined;
  private beat: TimerHandle | undefined;

  constructor(
    private readonly feed: EventFeed,
    private readonly keys: ApiKeys,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  get size(): number {
    return this.readers.size;
  }

  /** @throws {Problem} 503 when there are too many readers */
  open(response: Response, wish: EventWish): void {
    if (this.readers.size >= mostReaders) {
      throw new Problem(503, 'CALLCHART_TOO_MANY_READERS', 'too many follow the events already');
    }
    response.status(200).setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    // A proxy that keeps it until it is complete would keep it for ever.
    response.setHeader('X-Accel-Buffering', 'no');
    response.flushHeaders();
    // It may be silent for longer than other answers: the heartbeat finds out who is gone.
    response.socket?.setTimeout(0);
    const reader = new EventReader(response, this.feed, wish, this.clock);
    this.readers.add(reader);
    response.once('close', () => this.leave(reader));
    this.forget ??= this.feed.listen((event) => this.happened(event));
    this.beat ??= this.clock.setTimeout(() => this.beats(), heartbeat);
    reader.begin().catch((error: unknown) => {
      this.logger.error({ error: describeError(error) }, 'past events cannot be read');
      reader.drop('past events cannot be read');
    });
  }

  /** Tells all readers that the server ends, and ends. */
  close(): void {
    for (const reader of [...this.readers]) reader.drop('the server is being stopped');
  }

  private leave(reader: EventReader): void {
    this.readers.delete(reader);
    if (this.readers.size > 0) return;
    this.forget?.();
    this.forget = undefined;
    this.clock.clearTimeout(this.beat);
    this.beat = undefined;
  }

  private happened(event: CallchartEvent): void {
    let text: string | undefined;
    for (const reader of [...this.readers]) {
      if (!reader.wants(event)) continue;
      text ??= writeEvent(event);
      this.give(reader, text);
    }
  }

  private beats(): void {
    this.beat = this.clock.setTimeout(() => this.beats(), heartbeat);
    for (const reader of [...this.readers]) {
      const { key } = reader;
      if (key !== undefined && !this.keys.has(key.prefix)) reader.drop('the key was revoked');
      else this.give(reader, ':\n\n');
    }
  }

  private give(reader: EventReader, text: string): void {
    if (reader.write(text)) return;
    this.logger.warn(
      { requestId: reader.id, key: reader.key?.name },
      'who follows the events reads too slowly, and was dropped',
    );
    reader.drop('too slow: more than 1 MB waits');
  }
}

/** One who follows. */
class EventReader {
  /** Past events are still being read: those that happen meanwhile come by that way. */
  private past: boolean;
  private done = false;
  private readonly wantsType: (event: CallchartEvent) => boolean;

  constructor(
    private readonly response: Response,
    private readonly feed: EventFeed,
    private readonly wish: EventWish,
    private readonly clock: Clock,
  ) {
    const wants = wish.type === undefined ? undefined : wantedTypes(wish.type.split(','), false);
    this.wantsType = ({ type }) => wants === undefined || wants(type);
    this.past = wish.after !== undefined;
  }

  get key(): RequestContext['key'] {
    return this.wish.context.key;
  }

  get id(): string {
    return this.wish.context.id;
  }

  wants(event: CallchartEvent): boolean {
    return !this.past && this.fits(event);
  }

  /** What has happened since the event that he knows, as fast as he reads. */
  async begin(): Promise<void> {
    this.write('retry: 1000\n\n');
    let { after } = this.wish;
    if (after === undefined) return;
    if (after > this.feed.latest) {
      this.write(`event: reset\ndata: ${JSON.stringify({ latest: this.feed.latest })}\n\n`);
    }
    for (;;) {
      const events = this.feed.after(after, portion);
      const last = events.at(-1);
      if (last === undefined) break;
      after = last.sequence;
      const text = events.filter((event) => this.fits(event)).map(writeEvent);
      if (!this.response.write(text.join(''))) await this.drained();
      if (this.done || this.response.destroyed) return;
    }
    this.past = false;
  }

  /** False when too much waits for him already. */
  write(text: string): boolean {
    if (this.done) return true;
    if (this.response.writableLength > mostWaiting) return false;
    this.response.write(text);
    return true;
  }

  /** Says why, and ends; who does not even take that is cut off. */
  drop(reason: string): void {
    if (this.done) return;
    this.done = true;
    const { response, clock } = this;
    const timer = clock.setTimeout(() => response.destroy(), farewell);
    response.once('close', () => clock.clearTimeout(timer));
    response.end(`event: dropped\ndata: ${JSON.stringify({ reason })}\n\n`);
  }

  private async drained(): Promise<void> {
    await Promise.race([once(this.response, 'drain'), once(this.response, 'close')]);
  }

  private fits(event: CallchartEvent): boolean {
    const { call } = this.wish;
    return (call === undefined || call === event.call) && this.wantsType(event);
  }
}

/** Where the machine has its files is nobody's business. */
function writeEvent(event: CallchartEvent): string {
  const data = Object.fromEntries(Object.entries(event.data).filter(([name]) => name !== 'path'));
  return `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify({ ...event, data })}\n\n`;
}
