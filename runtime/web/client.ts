import type { LookupFunction } from 'node:net';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type * as Undici from 'undici';
import { Breaker } from '../core/breaker';
import type { Clock } from '../core/clock';
import { describeError } from '../core/errors';
import type { Random } from '../core/random';
import { AddressGuard, type NameLookup } from './address-guard';
import { connectorTo } from './connector';
import { endOf, Exchange, type ExchangeResult } from './exchange';
import type { Failure } from './failure';
import { firstHop, locationOf, nextHop, type Hop } from './hop';
import { Lane } from './lane';
import type { WebClient, WebCounts, WebRequest, WebResult } from './port';
import { pauseBefore } from './retry';
import { Span } from './span';
import { shownUrl } from './url';

export interface WebClientOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Hosts that may be asked although they are not public; entries of `web.allow`. */
  readonly allow: readonly string[];
  /** Certificates in PEM that count besides those that the platform trusts. */
  readonly ca?: readonly string[];
  /** Milliseconds; 5 000. */
  readonly connectTimeout?: number;
  /** Requests to one origin at once; 100. */
  readonly connections?: number;
  /** Requests that may wait for one origin; 1 000. */
  readonly queue?: number;
  /** How often in a row an origin does not answer until it is left alone; 5. */
  readonly failures?: number;
  /** How long it is left alone: milliseconds; 10 000. */
  readonly rest?: number;
  /** The platform's own when absent. */
  readonly resolve?: NameLookup;
}

/** Ways that are kept open though nobody uses them. */
const mostIdle = 200;

export function createWebClient(options: WebClientOptions): WebClient {
  return new UndiciClient(options);
}

class UndiciClient implements WebClient {
  private readonly guard: AddressGuard;
  private readonly lanes = new Map<string, Lane>();
  private readonly spans = new Set<Span>();
  private loading: Promise<typeof Undici> | undefined;
  private secureContext: SecureContext | undefined;
  /** Undici knows them only once they are connected. */
  private readonly connecting = new Set<() => void>();
  private requests = 0;
  private failures = 0;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: WebClientOptions) {
    this.guard = new AddressGuard(options.allow, options.resolve);
  }

  get counts(): WebCounts {
    let openCircuits = 0;
    for (const lane of this.lanes.values()) if (lane.isResting) openCircuits += 1;
    const { requests, failures, spans } = this;
    return { requests, failures, open: spans.size, openCircuits };
  }

  async prepare(): Promise<void> {
    await this.undici();
  }

  refusal(url: string): Promise<string | undefined> {
    return this.guard.refusal(url);
  }

  lookup(url: string): LookupFunction {
    return this.guard.lookup(new URL(url));
  }

  async request(request: WebRequest): Promise<WebResult> {
    const span = new Span(this.options.clock, request.timeout, request.signal);
    this.requests += 1;
    this.spans.add(span);
    if (this.closing !== undefined) span.end('aborted');
    const progress: Progress = { span, request, attempts: 0, at: request.url };
    try {
      const result = await this.attempts(progress);
      if (result.type === 'failed') this.failures += 1;
      return result;
    } finally {
      this.spans.delete(span);
      span.close();
    }
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      for (const span of this.spans) span.end('aborted');
      const closing = Array.from(this.lanes.values(), (lane) => lane.close());
      for (const giveUp of this.connecting) giveUp();
      await Promise.all(closing);
      this.lanes.clear();
    })();
    return this.closing;
  }

  private async attempts(progress: Progress): Promise<WebResult> {
    const { request, span } = progress;
    const { clock, random } = this.options;
    const first = firstHop(request);
    if (first === undefined) {
      const text = 'it must be an absolute URL of http or https';
      return failed(progress, { reason: 'badUrl', text });
    }
    for (;;) {
      progress.attempts += 1;
      const result = await this.follow(progress, first);
      if (progress.attempts > (request.retries ?? 0) || span.ended !== undefined) return result.web;
      const pause = pauseBefore(result.exchange, progress.attempts, clock.now(), random);
      // Whoever waits would wait for nothing.
      if (pause === undefined || clock.now() + pause >= span.until) return result.web;
      await span.wait(pause);
      if (span.ended === 'aborted') return failed(progress, endOf(span, request.timeout));
    }
  }

  /** One attempt: the request, and where it is redirected to. */
  private async follow(progress: Progress, first: Hop): Promise<Attempt> {
    const { maxRedirects } = progress.request;
    let hop = first;
    for (let redirects = 0; ; redirects += 1) {
      progress.at = hop.url.href;
      const exchange = await this.ask(progress, hop);
      if (exchange.type === 'failed') return { exchange, web: failed(progress, exchange) };
      const location = locationOf(exchange.status, exchange.headers);
      if (location === undefined || maxRedirects === 0) {
        const { at: url, attempts } = progress;
        return { exchange, web: { ...exchange, url, attempts } };
      }
      const next = redirects < maxRedirects ? nextHop(hop, exchange.status, location) : undefined;
      if (next === undefined) {
        const text = `it was redirected more than ${maxRedirects} times`;
        return failedAttempt(progress, { reason: 'tooManyRedirects', text });
      }
      if (typeof next === 'string') {
        return failedAttempt(progress, { reason: 'badUrl', text: `it is redirected: ${next}` });
      }
      hop = next;
    }
  }

  private async ask({ request, span }: Progress, hop: Hop): Promise<ExchangeResult> {
    const { timeout, maxSize, sign } = request;
    const lane = this.lanes.get(hop.url.origin) ?? (await this.openLane(hop.url));
    if (typeof lane === 'string') return refused('forbiddenAddress', lane);
    if (span.ended !== undefined) return { type: 'failed', ...endOf(span, timeout) };
    const entry = lane.enter(span);
    switch (typeof entry === 'string' ? entry : await entry) {
      case 'over':
        return { type: 'failed', ...endOf(span, timeout) };
      case 'busy':
        return refused('busy', 'too many requests wait for that host');
      case 'circuitOpen':
        return refused(
          'circuitOpen',
          'that host has not answered lately, and is left alone for now',
        );
      case 'entered':
    }
    const { clock } = this.options;
    const { method, body } = hop;
    const connectTimeout = request.connectTimeout ?? this.options.connectTimeout ?? 5_000;
    const result = await new Promise<ExchangeResult>((resolve) => {
      const onFree = (): void => lane.leave();
      const limits = { clock, span, connectTimeout, timeout, maxSize, onFree };
      let headers = hop.headers;
      try {
        headers = { ...headers, ...sign?.({ url: hop.url.href, method, body }) };
      } catch (error) {
        onFree();
        resolve(refused('badUrl', `it could not be signed (${describeError(error)})`));
        return;
      }
      new Exchange(limits, resolve).start(lane.dispatcher, { ...hop, headers });
    });
    lane.judge(result);
    return result;
  }

  /** Or why there is none. */
  private async openLane(url: URL): Promise<Lane | string> {
    const forbidden = this.guard.refusalOfLiteral(url);
    if (forbidden !== undefined) return forbidden;
    const { Pool } = await this.undici();
    const { origin } = url;
    const known = this.lanes.get(origin);
    if (known !== undefined) return known;
    this.closeIdle();
    const { clock, failures = 5, rest = 10_000 } = this.options;
    const { connectTimeout = 5_000, connections = 100, queue = 1_000 } = this.options;
    const { guard, connecting } = this;
    const trusted = (): SecureContext | undefined => this.trusted();
    const lane = new Lane({
      dispatcher: new Pool(origin, {
        connections,
        connect: connectorTo(url, { guard, clock, connectTimeout, connecting, trusted }),
        // The time limit is ours, by our clock.
        headersTimeout: 0,
        bodyTimeout: 0,
      }),
      breaker: new Breaker(clock, { failures, rest }),
      connections,
      queue,
    });
    this.lanes.set(origin, lane);
    return lane;
  }

  /** The oldest that nobody uses make place. One that rests is remembered. */
  private closeIdle(): void {
    if (this.lanes.size < mostIdle) return;
    for (const [origin, lane] of this.lanes) {
      if (!lane.isIdle || lane.isResting) continue;
      this.lanes.delete(origin);
      void lane.close();
      return;
    }
  }

  private undici(): Promise<typeof Undici> {
    this.loading ??= import('undici');
    return this.loading;
  }

  /** Made once: reading the platform's certificates takes milliseconds. */
  private trusted(): SecureContext | undefined {
    const { ca = [] } = this.options;
    if (ca.length === 0) return undefined;
    this.secureContext ??= createSecureContext({ ca: [...rootCertificates, ...ca] });
    return this.secureContext;
  }
}

interface Progress {
  readonly span: Span;
  readonly request: WebRequest;
  attempts: number;
  /** The URL that is asked now. */
  at: string;
}

interface Attempt {
  readonly exchange: ExchangeResult;
  readonly web: WebResult;
}

function refused(reason: Failure['reason'], text: string): ExchangeResult {
  return { type: 'failed', reason, text };
}

function failedAttempt(progress: Progress, failure: Failure): Attempt {
  return { exchange: { type: 'failed', ...failure }, web: failed(progress, failure) };
}

function failed({ at, attempts }: Progress, { reason, text }: Failure): WebResult {
  const message = `${shownUrl(at)}: ${text}`;
  return { type: 'failed', reason, message, detail: text, attempts };
}
