import CachePolicy from 'http-cache-semantics';
import type { AudioClip } from '../../core/audio';
import type { Clock } from '../../core/clock';
import { describeError } from '../../core/errors';
import type { ClipMemory } from '../clip-memory';
import { promptMissing, promptUnfetched, promptUnreadable } from '../errors';
import type { HttpAnswer, HttpGet } from './http-get';
import { digestOf, type UrlStore } from './url-store';

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
/** URLs of which is known what the server said. */
const MAX_ENTRIES = 10_000;

export interface UrlPromptsOptions {
  readonly clock: Clock;
  readonly http: Pick<HttpGet, 'get'>;
  readonly store: UrlStore;
  readonly memory: ClipMemory;
  /** A clip of a file of any kind. */
  readonly decode: (bytes: Buffer) => Promise<AudioClip>;
}

/** What the server said of a URL: sound, or another URL. */
interface Entry {
  readonly policy: CachePolicy;
  /** Where it leads to, as the server wrote it. */
  readonly location: string | undefined;
  /** Of its body, which is on disk, or fetched again. */
  readonly digest: string;
}

interface Found {
  readonly entry: Entry;
  /** Where it is at hand. */
  readonly body?: Uint8Array | undefined;
}

/**
 * Prompts from servers, each fetched once for all who want it at the same time, and kept for as long as the server
 * says (RFC 9111): a fresh one is played without a request, an old one after a conditional request. When the server
 * cannot be reached, an old one is played unless its server forbids that.
 */
export class UrlPrompts {
  private readonly loading = new Map<string, Promise<AudioClip>>();
  private readonly renewing = new Map<string, Promise<Found>>();
  private readonly entries = new Map<string, Entry>();
  private readonly Policy: typeof CachePolicy;

  constructor(private readonly options: UrlPromptsOptions) {
    this.Policy = policyBy(options.clock);
  }

  /** Rejects with `CALLCHART_PROMPT_MISSING` or `CALLCHART_PROMPT_UNREADABLE`. */
  load(url: string): Promise<AudioClip> {
    let loading = this.loading.get(url);
    if (loading === undefined) {
      loading = this.follow(url).finally(() => this.loading.delete(url));
      this.loading.set(url, loading);
    }
    return loading;
  }

  private async follow(start: string): Promise<AudioClip> {
    let url = start;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const found = await this.find(url);
      const { location } = found.entry;
      if (location === undefined) return this.clip(url, found);
      const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
      if (target?.protocol !== 'http:' && target?.protocol !== 'https:') {
        throw promptUnfetched(shownUrl(start), 'it leads to what is no http or https URL');
      }
      url = target.href;
    }
    throw promptUnfetched(shownUrl(start), `it is redirected more than ${MAX_REDIRECTS} times`);
  }

  private async clip(url: string, { entry, body }: Found): Promise<AudioClip> {
    const { memory, store, decode } = this.options;
    const known = memory.get(keyOf(url, entry));
    if (known !== undefined) return known;
    const stored = body ?? (await store.read(url, entry.digest))?.body;
    // Neither in memory nor on disk any more.
    const found = stored === undefined ? await this.renew(url, undefined) : { entry, body: stored };
    try {
      // A copy: the decoder may take away what it is given, while it is being written to disk.
      const clip = await decode(Buffer.from(found.body ?? []));
      memory.set(keyOf(url, found.entry), clip);
      return clip;
    } catch (error) {
      throw promptUnreadable(shownUrl(url), error);
    }
  }

  private async find(url: string): Promise<Found> {
    const entry = this.entries.get(url) ?? (await this.stored(url));
    if (entry === undefined) return this.renew(url, undefined);
    if (!entry.policy.stale()) return { entry };
    const renewed = this.renew(url, entry);
    const { revalidation } = entry.policy.evaluateRequest(requestOf(url));
    if (revalidation?.synchronous !== false) return renewed;
    void renewed.catch(() => undefined);
    return { entry };
  }

  private async stored(url: string): Promise<Entry | undefined> {
    const stored = await this.options.store.read(url);
    if (stored === undefined) return undefined;
    try {
      const { policy, location } = stored.about as {
        policy: CachePolicy.CachePolicyObject;
        location?: string;
      };
      return this.remember(url, {
        policy: this.Policy.fromObject(policy),
        location,
        digest: stored.digest,
      });
    } catch {
      return undefined;
    }
  }

  private renew(url: string, known: Entry | undefined): Promise<Found> {
    let renewing = this.renewing.get(url);
    if (renewing === undefined) {
      renewing = this.ask(url, known).finally(() => this.renewing.delete(url));
      this.renewing.set(url, renewing);
    }
    return renewing;
  }

  private async ask(url: string, known: Entry | undefined): Promise<Found> {
    const request = requestOf(url);
    const headers = known?.policy.revalidationHeaders(request) ?? request.headers;
    const old = known !== undefined && mayBeOld(known.policy) ? known : undefined;
    let answer: HttpAnswer;
    try {
      answer = await this.options.http.get(new URL(url), textHeaders(headers));
    } catch (error) {
      if (old !== undefined) return { entry: old };
      throw promptUnfetched(shownUrl(url), describeError(error));
    }
    const { status } = answer;
    if (status >= 500 && old !== undefined) return { entry: old };
    if (status === 304 && known !== undefined) {
      const { policy } = known.policy.revalidatedPolicy(request, answer);
      return { entry: this.remember(url, { ...known, policy }) };
    }
    this.entries.delete(url);
    if (status === 404 || status === 410) {
      throw promptMissing(`There is nothing at ${shownUrl(url)} (${status}). Check the URL.`);
    }
    const location = REDIRECTS.includes(status) ? (answer.headers['location'] ?? '') : undefined;
    if (status !== 200 && location === undefined) {
      throw promptUnfetched(shownUrl(url), `its server answered ${status}`);
    }
    return { entry: this.keep(url, request, answer, location), body: answer.body };
  }

  private keep(
    url: string,
    request: CachePolicy.Request,
    answer: HttpAnswer,
    location: string | undefined,
  ): Entry {
    const policy = new this.Policy(request, answer, { shared: false });
    const entry = { policy, location, digest: digestOf(answer.body) };
    if (!policy.storable()) return entry;
    const about = { policy: policy.toObject(), location };
    this.options.store.write(url, { about, digest: entry.digest, body: answer.body });
    return this.remember(url, entry);
  }

  private remember(url: string, entry: Entry): Entry {
    this.entries.delete(url);
    this.entries.set(url, entry);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= MAX_ENTRIES) break;
      this.entries.delete(oldest);
    }
    return entry;
  }
}

function keyOf(url: string, { digest }: Entry): string {
  return `${url} ${digest}`;
}

/** http-cache-semantics on our clock. */
function policyBy(clock: Clock): typeof CachePolicy {
  return class extends CachePolicy {
    now(): number {
      return clock.now();
    }
  };
}

function requestOf(url: string): CachePolicy.Request & { readonly headers: CachePolicy.Headers } {
  const { host, username, password, pathname, search } = new URL(url);
  const secret = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return {
    method: 'GET',
    url: pathname + search,
    headers: {
      host,
      accept: 'audio/*, */*;q=0.5',
      'user-agent': 'callchart',
      ...(username === '' ? {} : { authorization: `Basic ${secret.toString('base64')}` }),
    },
  };
}

function textHeaders(headers: CachePolicy.Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
}

/** Whether what is not fresh may be used while its server cannot be asked (RFC 9111 §4.2.4). */
function mayBeOld(policy: CachePolicy): boolean {
  const { rescc } = policy.toObject();
  return !['no-cache', 'must-revalidate'].some((directive) => Object.hasOwn(rescc, directive));
}

/** Without what may be secret: the user, and what is asked. */
function shownUrl(url: string): string {
  const { protocol, host, pathname, search } = new URL(url);
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?…'}`;
}
