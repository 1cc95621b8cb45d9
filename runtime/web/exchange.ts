import type { Dispatcher } from 'undici';
import type { Clock, TimerHandle } from '../core/clock';
import { ConnectTimeoutError, failureOf, type Failure } from './failure';
import type { Hop } from './hop';
import type { Span } from './span';

/** What came of one request to one URL. */
export type ExchangeResult =
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly cookies: readonly string[];
      readonly body: Uint8Array;
    }
  | ({ readonly type: 'failed' } & Failure);

export interface ExchangeOptions {
  readonly clock: Clock;
  readonly span: Span;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds of the whole request, for messages. */
  readonly timeout: number;
  /** Bytes. */
  readonly maxSize: number;
  /** The connection is free again, or was closed: perhaps later than the result is there. */
  readonly onFree: () => void;
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/**
 * Sends one request over a pool, and reads its answer. It is undici's handler itself, which costs less than its
 * promises and streams do.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private timer: TimerHandle | undefined;
  private status = 0;
  private headers: Readonly<Record<string, string>> = {};
  private cookies: readonly string[] = [];
  private readonly chunks: Uint8Array[] = [];
  private size = 0;
  private settled = false;

  constructor(
    private readonly options: ExchangeOptions,
    private readonly resolve: (result: ExchangeResult) => void,
  ) {}

  start(dispatcher: Dispatcher, { url, method, headers, body }: Hop): void {
    const { span, clock, connectTimeout } = this.options;
    span.stops(() => this.giveUp());
    try {
      const path = url.pathname + url.search;
      dispatcher.dispatch({ path, method, headers, body: body ?? null }, this);
    } catch (error) {
      this.onResponseError(undefined, error);
    }
    // A connection that is there has taken it by now.
    if (this.controller !== undefined || this.settled) return;
    this.timer = clock.setTimeout(() => {
      const late = new ConnectTimeoutError(connectTimeout);
      this.settle({ type: 'failed', ...failureOf(late) });
    }, connectTimeout);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    this.options.clock.clearTimeout(this.timer);
    // Whoever asked has not waited for the connection.
    if (this.settled) controller.abort(new Error('too late'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Headers,
  ): void {
    // RFC 9110 §15.2: an interim response, before the one that counts.
    if (status < 200) return;
    const { 'set-cookie': cookies = [], ...others } = headers;
    this.status = status;
    this.cookies = [cookies].flat();
    this.headers = joined(others);
    if (Number(this.headers['content-length'] ?? 0) > this.options.maxSize) {
      this.tooLarge(controller);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.size += chunk.length;
    if (this.size > this.options.maxSize) this.tooLarge(controller);
    else if (!this.settled) this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    const { status, headers, cookies, chunks } = this;
    const [first] = chunks;
    const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    this.settle({ type: 'answer', status, headers, cookies, body });
    this.options.onFree();
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: unknown): void {
    this.settle({ type: 'failed', ...failureOf(error) });
    this.options.onFree();
  }

  private tooLarge(controller: Dispatcher.DispatchController): void {
    const text = `it has more than ${shownSize(this.options.maxSize)}`;
    this.settle({ type: 'failed', reason: 'tooLarge', text });
    controller.abort(new Error(text));
  }

  /** The time is over, or the caller has gone. */
  private giveUp(): void {
    const { span, timeout } = this.options;
    this.settle({ type: 'failed', ...endOf(span, timeout) });
    this.controller?.abort(new Error('given up'));
  }

  /** The first result counts. */
  private settle(result: ExchangeResult): void {
    if (this.settled) return;
    this.settled = true;
    const { span, clock } = this.options;
    span.stops(undefined);
    clock.clearTimeout(this.timer);
    this.chunks.length = 0;
    this.resolve(result);
  }
}

/** Why a request is over before its answer. */
export function endOf({ ended }: Span, timeout: number): Failure {
  return ended === 'aborted'
    ? { reason: 'aborted', text: 'the request was given up' }
    : { reason: 'timeout', text: `there was no answer within ${timeout} ms` };
}

function joined(headers: Headers): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) all[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return all;
}

function shownSize(bytes: number): string {
  return bytes < 1024 * 1024 ? `${bytes} bytes` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
