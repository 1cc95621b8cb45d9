import type { CallControl } from '../call/port';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { SentRequest, WebClient, WebResult } from '../web/port';
import type { DocumentService, FetchInput, FetchOutcome, Following, Notification } from './bind';
import { absolute } from './context';
import { Cookies } from './cookies';
import { Followers, type FollowersOptions } from './followers';
import { readDocument } from './read-document';
import type { StatusReports } from './reports';
import { writeRequest, type WrittenRequest } from './request';
import type { DocumentCall, DocumentDialect, FormParameters, RequestFormat } from './port';

/** What a URL says about how it is to be asked, in its fragment: milliseconds and counts; what is absent is the default. */
export interface ConnectionOverrides {
  readonly connectTimeout?: number | undefined;
  readonly timeout?: number | undefined;
  readonly retries?: number | undefined;
}

export interface WebDocumentsOptions {
  readonly web: WebClient;
  readonly reports: StatusReports;
  /** What happens with calls: see {@link FollowersOptions.onHappening}. */
  readonly onHappening: FollowersOptions['onHappening'];
  readonly logger: Logger;
  /** In the order in which they are asked whether they read what came. */
  readonly dialects: readonly DocumentDialect[];
  readonly formParameters: FormParameters;
  /** Header fields that prove who asks, for what is sent. */
  readonly sign: (format: RequestFormat, sent: SentRequest) => Readonly<Record<string, string>>;
  readonly overridesOf: (url: string) => ConnectionOverrides;
  /** Without it documents may follow each other as fast as they can. */
  readonly clock?: Pick<Clock, 'now'>;
  /** Milliseconds for a document; 15 000. */
  readonly timeout?: number;
  /** Bytes of a document; 1 000 000. */
  readonly maxSize?: number;
}

/** Milliseconds. */
const usualTimeout = 15_000;
/** Characters of a URL: servers take no more. */
const longestUrl = 8_000;
/** So many that are to be told may wait for one host; what comes then is lost. */
const mostWaiting = 1_000;
/** How often what is told is tried again, where the URL does not say. */
const tellRetries = 2;

/** Documents of one call within so many milliseconds: more are a circle, whatever in them takes no time. */
const mostDocuments = 100;
const within = 10_000;
/** Lines of the log that one call's documents may fill. */
const mostWarnings = 200;

/** Brings documents from the web to the calls of a process. */
export class WebDocuments {
  /** Those who are told how calls go on. */
  readonly followers: Followers;
  private readonly byCall = new WeakMap<CallControl, CallDocuments>();

  constructor(private readonly options: WebDocumentsOptions) {
    const { reports, onHappening } = options;
    this.followers = new Followers({
      ...{ reports, onHappening },
      notify: (call, notification) => this.of(call).notify(notification),
    });
  }

  /** The longest that a document may take, in milliseconds. */
  get timeout(): number {
    return this.options.timeout ?? usualTimeout;
  }

  /** For one call, or one leg of a call, whichever flow has it. */
  of(call: CallControl): DocumentService {
    let documents = this.byCall.get(call);
    if (documents === undefined) {
      documents = new CallDocuments(this.options, call, this.followers);
      this.byCall.set(call, documents);
    }
    return documents;
  }
}

class CallDocuments implements DocumentService {
  private cookies: Cookies | undefined;
  /** When the latest documents were asked for. */
  private readonly asked: number[] = [];
  private warned = 0;
  /** What waits to be told, by origin: in order, and no host delays another. */
  private readonly waiting = new Map<string, { count: number; told: Promise<void> }>();

  constructor(
    private readonly options: WebDocumentsOptions,
    private readonly call: CallControl,
    private readonly followers: Followers,
  ) {}

  async fetch(input: FetchInput, signal: AbortSignal): Promise<FetchOutcome> {
    const { content, fallback } = input;
    if (content !== undefined) return this.understood(content.text, content.type, input.url);
    if (this.isTooFast()) {
      const reason = `${mostDocuments} documents within ${within / 1_000} s: do they redirect in a circle?`;
      return { type: 'failed', reason };
    }
    const found = await this.ask(input, signal);
    if (found.type === 'document' || fallback === undefined || fallback.url === input.url) {
      return found;
    }
    // Who has hung up needs no other document.
    if (this.call.state === 'ended') return found;
    this.warn(`${found.reason}: the fall-back is asked`);
    const report = {
      ...input.report,
      parameters: {
        ...input.report.parameters,
        ErrorCode: '11200',
        ErrorUrl: withoutCredentials(input.url),
      },
    };
    const second = await this.ask({ ...input, ...fallback, report }, signal);
    return second.type === 'document'
      ? second
      : { type: 'failed', reason: `${found.reason}; the fall-back: ${second.reason}` };
  }

  notify({ callback, base, format, report }: Notification): void {
    const target = { ...callback, url: absolute(base, callback.url) };
    // Written now, as things stand, and sent when its turn has come.
    const written = writeRequest(
      { ...target, format },
      this.callWith(report),
      this.options.formParameters,
    );
    const origin = URL.canParse(target.url) ? new URL(target.url).origin : '';
    const line = this.waiting.get(origin) ?? { count: 0, told: Promise.resolve() };
    if (line.count === mostWaiting)
      this.warn(`${shown(target.url)} is told no more: it is too slow`);
    if (line.count >= mostWaiting) return;
    line.count += 1;
    this.waiting.set(origin, line);
    line.told = line.told.then(async () => {
      const result = await this.send(target.url, format, written, undefined, tellRetries);
      line.count -= 1;
      if (line.count === 0) this.waiting.delete(origin);
      const reason = failureOf(result);
      if (reason !== undefined) this.warn(reason);
    });
  }

  follow(following: Following): void {
    // What happens with the leg of a callee is told of the call that dials it.
    if (this.call.info.parent === undefined) this.followers.followVerb(this.call, following);
  }

  warn(message: string): void {
    this.warned += 1;
    if (this.warned > mostWarnings) return;
    const last = this.warned === mostWarnings ? ' (what follows is not logged)' : '';
    this.options.logger.warn({ call: this.call.info.id }, `document: ${message}${last}`);
  }

  private isTooFast(): boolean {
    const now = this.options.clock?.now();
    if (now === undefined) return false;
    this.asked.push(now);
    if (this.asked.length <= mostDocuments) return false;
    return now - (this.asked.shift() ?? now) < within;
  }

  private async ask(input: FetchInput, signal: AbortSignal): Promise<FetchOutcome> {
    const { url, format, report } = input;
    const { formParameters } = this.options;
    const written = writeRequest(input, this.callWith(report), formParameters);
    const result = await this.send(url, format, written, signal);
    const reason = failureOf(result);
    if (result.type === 'failed' || reason !== undefined) {
      return { type: 'failed', reason: reason ?? `${shown(url)} gave no document` };
    }
    (this.cookies ??= new Cookies()).take(result.url, result.cookies);
    const type = result.headers['content-type'] ?? '';
    // What was told in its query is no part of where it is: it would be told once more whenever it is asked again.
    const asked = withQuery(url, written.query);
    const from = result.url === new URL(asked).href ? url : result.url;
    return this.understood(new TextDecoder().decode(result.body), type, from);
  }

  private understood(text: string, contentType: string, url: string): FetchOutcome {
    const document = readDocument(this.options.dialects, { text, contentType, url });
    if ('problem' in document) {
      const { problem, line, column } = document;
      const place = line === 0 ? '' : ` (line ${line}, column ${column})`;
      return { type: 'failed', reason: `${shown(url)}: ${problem}${place}` };
    }
    for (const { message, line, column } of document.warnings) {
      this.warn(`${shown(url)}, line ${line}, column ${column}: ${message}`);
    }
    return { type: 'document', url, verbs: document.verbs };
  }

  private send(
    url: string,
    format: RequestFormat,
    { method, query, headers, body }: WrittenRequest,
    signal: AbortSignal | undefined,
    usualRetries = 0,
  ): Promise<WebResult> {
    if (url.length > longestUrl) {
      const detail = `the URL has more than ${longestUrl} characters`;
      const message = `${shown(url).slice(0, 100)}…: ${detail}`;
      return Promise.resolve({ type: 'failed', reason: 'badUrl', message, detail, attempts: 0 });
    }
    const { web, sign, overridesOf, timeout = usualTimeout, maxSize = 1_000_000 } = this.options;
    const overrides = overridesOf(url);
    const { connectTimeout, retries = usualRetries } = overrides;
    const cookie = this.cookies?.for(url);
    return web.request({
      ...{ url: withQuery(url, query), method, maxSize, maxRedirects: 10, signal },
      headers: { ...headers, ...(cookie === undefined ? {} : { cookie }) },
      ...(body === undefined ? {} : { body }),
      timeout: overrides.timeout ?? timeout,
      ...(connectTimeout === undefined ? {} : { connectTimeout }),
      retries,
      sign: (sent) => sign(format, sent),
    });
  }

  private callWith(report: DocumentCall['report']): DocumentCall {
    const { info, state, end } = this.call;
    return { info, state, end, report, parent: info.parent };
  }
}

/** Why an answer is none, as one sentence. */
function failureOf(result: WebResult): string | undefined {
  if (result.type === 'failed') return result.message;
  const { status, url } = result;
  return status >= 200 && status < 300 ? undefined : `${shown(url)} answered ${status}`;
}

function withQuery(url: string, query: string): string {
  const [bare = ''] = url.split('#', 1);
  if (query === '') return bare;
  return `${bare}${bare.includes('?') ? '&' : '?'}${query}`;
}

/** For another app than the one that they are for. */
function withoutCredentials(url: string): string {
  return url.replace(/^(\w+:\/\/)[^/?#]*@/, '$1');
}

/** Without what may be secret: name and password, query. */
function shown(url: string): string {
  if (!URL.canParse(url)) return url === '' ? 'the document' : 'a URL that is none';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
