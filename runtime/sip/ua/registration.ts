import type { TimerHandle } from '../../core/clock';
import { fraction } from '../../core/random';
import type { Credentials } from '../auth/port';
import { reasonPhrase } from '../message/create';
import { addressesOf } from '../message/header-lists';
import type { SipRequest, SipResponse } from '../message/message';
import { formatNameAddr } from '../message/name-addr';
import { parseUri } from '../message/uri';
import type { Channel } from '../transport/port';
import { contactUri } from './outbound';
import type { ElementServices, ExtraHeader, RequestOutcome } from './port';
import { readable } from './readable';
import { grantedBinding, refreshDelay, retryDelay } from './registration-times';
import { RequestSeries } from './request-series';

export interface RegistrationOptions {
  /** The address of record, as text: `sip:alice@example.com`. */
  readonly aor: string;
  /** The request URI, as text: `sip:example.com`; where it goes when there are no routes. */
  readonly registrar: string;
  readonly displayName?: string;
  readonly credentials?: readonly Credentials[];
  /** Name-addrs as in Route: an outbound proxy. */
  readonly routes?: readonly string[];
  /** Milliseconds that we ask for: 3 600 000. The registrar may grant less, or want more (423). */
  readonly expires?: number;
  /** The user part of the Contact; that of the address of record when absent. */
  readonly contactUser?: string;
  /** 0 to 1 (RFC 3261 §20.10). */
  readonly q?: number;
  /** A URN, as `urn:uuid:…`, and the number of this flow: together they ask for RFC 5626 §4.2. */
  readonly instanceId?: string;
  readonly regId?: number;
  readonly headers?: readonly ExtraHeader[];
  /**
   * Milliseconds between two keep-alives along the connection to the registrar (RFC 5626 §4.4), which then is
   * registered anew when it breaks; the registrar's Flow-Timer shortens it. None when absent, but for outbound.
   */
  readonly keepAlive?: number;
  /** Milliseconds of RFC 5626 §4.5: the least wait after a failure, 30 000, and the longest of all, 1 800 000. */
  readonly retry?: { readonly base: number; readonly max: number };
  /** Each change; never called while a member of {@link Registration} still runs. */
  readonly onState?: (state: RegistrationState) => void;
}

export type RegistrationState =
  | { readonly type: 'idle' }
  /** The first attempt, or one after a failure, is out. */
  | { readonly type: 'registering' }
  | {
      readonly type: 'registered';
      /** Milliseconds since the epoch at which the binding ends, unless it is refreshed before. */
      readonly until: number;
      /** Name-addrs to preload into requests for the outside (RFC 3608 §5); mostly empty. */
      readonly serviceRoute: readonly string[];
      /** Name-addrs that the way to the registrar has recorded (RFC 3327). */
      readonly path: readonly string[];
      /** The Contact URI that is registered, as text. */
      readonly contact: string;
      /** Of the connection to the registrar, when the transport has flows. */
      readonly flow: string | undefined;
    }
  | {
      readonly type: 'failed';
      /** Of the response; 408 for none, 503 when nothing could be sent. */
      readonly status: number;
      readonly reason: string;
      /** Milliseconds since the epoch: the next attempt. */
      readonly retryAt: number;
    }
  | { readonly type: 'closed' };

const defaultRetry = { base: 30_000, max: 1_800_000 } as const;
const defaultExpires = 3_600_000;
/** RFC 5626 §4.4.1 leaves it to us: between 95 and 120 s for connections. */
const outboundKeepAlive = 95_000;
/** How often one attempt is repeated because the time was too short. */
const maxRaises = 2;
/** Milliseconds that {@link Registration.close} waits for the registrar. */
const farewell = 4_000;
/** Node's timers end there; longer waits are made of several. */
const longestWait = 86_400_000;

/**
 * Keeps one address of record registered at one registrar (RFC 3261 §10.2): refreshes in time, tries again after
 * failures at growing intervals (RFC 5626 §4.5), and takes the binding back in the end.
 */
export class Registration {
  private readonly series: RequestSeries;
  private current: RegistrationState = { type: 'idle' };
  private expires: number;
  private failures = 0;
  private raises = 0;
  private timer: TimerHandle | undefined;
  private running = false;
  /** URI of the Contact that went out last, and of the one that the registrar has. */
  private offered = '';
  private bound: string | undefined;
  private flow: string | undefined;
  private registeredAt = 0;
  private stopPings: (() => void) | undefined;

  constructor(
    private readonly services: ElementServices,
    private readonly options: RegistrationOptions,
  ) {
    const { aor, registrar, displayName, credentials } = options;
    this.expires = Math.ceil((options.expires ?? defaultExpires) / 1_000);
    this.series = new RequestSeries(services, {
      method: 'REGISTER',
      requestUri: registrar,
      to: aor,
      from: aor,
      ...(displayName === undefined ? {} : { displayName }),
      ...(credentials === undefined ? {} : { credentials }),
      onChannel: this.onChannel,
    });
  }

  get state(): RegistrationState {
    return this.current;
  }

  /** Begins; later calls do nothing. */
  start(): void {
    if (this.current.type !== 'idle') return;
    this.current = { type: 'registering' };
    void this.register();
  }

  /** Registers now, whatever the timer says: the network has changed. */
  refresh(): void {
    const { type } = this.current;
    if (type === 'idle' || type === 'closed' || this.running) return;
    this.stopTimer();
    void this.register();
  }

  /** A connection has closed: if it is ours, the registrar cannot reach us until we register anew. */
  onFlowClosed(flow: string): void {
    if (flow !== this.flow) return;
    this.onFlowFailed();
  }

  /** Ends all timers, and takes the binding back; resolves when that is answered, or after 4 s. */
  async close(): Promise<void> {
    if (this.closed) return;
    const unknown = this.running && this.offered !== '';
    this.stopTimer();
    this.endPings();
    this.series.abandon();
    this.current = { type: 'closed' };
    // What is out may become a binding yet.
    await (this.bound !== undefined || unknown ? this.unregister() : undefined);
    this.options.onState?.(this.current);
  }

  private get closed(): boolean {
    return this.current.type === 'closed';
  }

  private async register(): Promise<void> {
    this.running = true;
    this.raises = 0;
    let outcome = await this.attempt(this.expires);
    while (!this.closed && this.isTooShort(outcome)) outcome = await this.attempt(this.expires);
    this.running = false;
    if (this.closed) return;
    if (outcome.type === 'response' && outcome.response.status < 300) {
      this.onRegistered(outcome.response);
    } else {
      this.onFailed(outcome);
    }
  }

  private async attempt(expires: number): Promise<RequestOutcome> {
    const { headers = [], routes, instanceId, regId } = this.options;
    const extensions = instanceId !== undefined && regId !== undefined ? 'path, outbound' : 'path';
    return this.series.send({
      headers: [['Supported', extensions], ['Expires', String(expires)], ...headers],
      ...(routes === undefined ? {} : { routes }),
      ...(this.flow === undefined ? {} : { flow: this.flow }),
    });
  }

  private async unregister(): Promise<void> {
    const { clock } = this.services;
    const timer = clock.setTimeout(() => this.series.abandon(), farewell);
    await this.attempt(0);
    clock.clearTimeout(timer);
  }

  /** The way is known: the Contact leads back by it. */
  private readonly onChannel = (channel: Channel, request: SipRequest): void => {
    const { aor, contactUser, q, instanceId, regId } = this.options;
    const address = this.services.transport.contactAddress(channel);
    const uri = parseUri(aor);
    const user = contactUser ?? (uri.scheme === 'tel' ? undefined : uri.user);
    this.offered = contactUri(address, user, uri.scheme === 'sips');
    let contact = formatNameAddr({ uri: this.offered });
    if (q !== undefined) contact += `;q=${q}`;
    if (instanceId !== undefined) contact += `;+sip.instance="<${instanceId}>"`;
    if (instanceId !== undefined && regId !== undefined) contact += `;reg-id=${regId}`;
    request.headers.set('Contact', contact);
    // RFC 3261 §10.2.2: what we were registered as before leads nowhere from now on.
    if (this.bound !== undefined && this.bound !== this.offered) {
      request.headers.append('Contact', `<${this.bound}>;expires=0`);
    }
    this.flow = channel.flow;
  };

  /** RFC 3261 §10.2.8: 423 names the least that is granted. */
  private isTooShort(outcome: RequestOutcome): boolean {
    if (outcome.type !== 'response' || outcome.response.status !== 423) return false;
    const { response } = outcome;
    const least = readable(() => response.minExpires);
    if (least === undefined || least <= this.expires || this.raises >= maxRaises) return false;
    this.raises += 1;
    this.expires = least;
    return true;
  }

  private onRegistered(response: SipResponse): void {
    const { clock, random } = this.services;
    const seconds = grantedBinding(response, this.offered, this.expires);
    if (seconds <= 0) {
      this.retry(response.status, 'the binding was not granted', undefined);
      return;
    }
    const granted = seconds * 1_000;
    this.failures = 0;
    this.registeredAt = clock.now();
    this.bound = this.offered;
    this.setTimer(refreshDelay(granted, random));
    this.ping(response);
    this.tell({
      type: 'registered',
      until: clock.now() + granted,
      serviceRoute: nameAddrs(response, 'Service-Route'),
      path: nameAddrs(response, 'Path'),
      contact: this.bound,
      flow: this.flow,
    });
  }

  private onFailed(outcome: RequestOutcome): void {
    switch (outcome.type) {
      case 'response': {
        const { status, reason } = outcome.response;
        const { response } = outcome;
        const seconds = readable(() => response.retryAfter);
        this.retry(status, reason, seconds);
        return;
      }
      case 'timeout':
        this.retry(408, reasonPhrase(408), undefined);
        return;
      case 'transport-error':
        this.retry(503, outcome.error.message, undefined);
        return;
      case 'ended':
        this.retry(503, 'the request was given up', undefined);
    }
  }

  private retry(status: number, reason: string, retryAfter: number | undefined): void {
    const { clock, random } = this.services;
    this.endPings();
    this.flow = undefined;
    this.failures += 1;
    const { base, max } = this.options.retry ?? defaultRetry;
    const wait = Math.max(
      retryDelay(this.failures, base, max, random),
      Math.min((retryAfter ?? 0) * 1_000, longestWait),
    );
    this.setTimer(wait);
    this.tell({ type: 'failed', status, reason, retryAt: clock.now() + wait });
  }

  private tell(state: RegistrationState): void {
    this.current = state;
    this.options.onState?.(state);
  }

  private setTimer(wait: number): void {
    this.stopTimer();
    this.timer = this.services.clock.setTimeout(this.onDue, Math.min(wait, longestWait));
  }

  private readonly onDue = (): void => {
    this.timer = undefined;
    void this.register();
  };

  private stopTimer(): void {
    this.services.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private ping(response: SipResponse): void {
    this.endPings();
    const { flow, options, services } = this;
    const wanted =
      options.keepAlive ?? (options.regId === undefined ? undefined : outboundKeepAlive);
    if (wanted === undefined || flow === undefined) return;
    // RFC 5626 §4.4: the registrar may say after how many seconds of silence it gives the flow up.
    const flowTimer = Number(response.headers.get('Flow-Timer') ?? NaN) * 1_000;
    const longest = flowTimer > 0 ? flowTimer * 0.9 : wanted;
    const interval = Math.min(wanted, longest) * (0.8 + 0.2 * fraction(services.random));
    this.stopPings = services.transport.keepAlive(flow, {
      interval,
      onFailed: () => {
        this.stopPings = undefined;
        this.onFlowFailed();
      },
    });
  }

  private endPings(): void {
    this.stopPings?.();
    this.stopPings = undefined;
  }

  /** RFC 5626 §4.5: a flow that fails is replaced; not at once by all who had one to the same host. */
  private onFlowFailed(): void {
    const { clock, random } = this.services;
    this.endPings();
    this.flow = undefined;
    if (this.current.type !== 'registered' || this.running) return;
    const { base } = this.options.retry ?? defaultRetry;
    // One that never proved itself counts as a failure: else a host that hangs up would be called without end.
    if (clock.now() - this.registeredAt < base) this.retry(503, 'the connection closed', undefined);
    else this.setTimer(1_000 * fraction(random));
  }
}

/** Name-addrs as they stand in Route; none when the header is malformed. */
function nameAddrs(response: SipResponse, name: string): readonly string[] {
  const found = readable(() => addressesOf(response.headers, name)) ?? [];
  return found.map(({ uriText, params }) => formatNameAddr({ uri: uriText, params }));
}
