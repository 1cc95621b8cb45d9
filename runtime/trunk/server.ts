import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { Random } from '../core/random';
import type { Credentials } from '../sip/auth/port';
import { formatUri, parseUri, sipUri, type SipUri } from '../sip/message/uri';
import type { ElementServices, OutOfDialogOptions, RequestOutcome } from '../sip/ua/port';
import { Registration, type RegistrationState } from '../sip/ua/registration';
import type { TrunkServerState } from './port';
import { Qualifier } from './qualifier';
import type { TrunkSettings } from '../core/network-settings';

/** What trunks are made of. */
export interface TrunkParts {
  readonly services: ElementServices;
  readonly request: (options: OutOfDialogOptions) => Promise<RequestOutcome>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Milliseconds of RFC 5626 §4.5, shorter: a trunk that is away is missed by all who call. */
const retry = { base: 5_000, max: 300_000 } as const;
/** Between two keep-alives of a connection to a registrar. */
const keepAlive = 95_000;

/** One server of a trunk: whether we are registered there, and whether it is there at all. */
export class TrunkServer {
  readonly uri: SipUri;
  private readonly registration: Registration | undefined;
  private readonly qualifier: Qualifier | undefined;
  private registered: RegistrationState = { type: 'idle' };
  private wasReachable: TrunkServerState['reachable'] = 'unknown';
  private wasUp = true;
  /** Milliseconds since the epoch: the end of the binding that was granted last. */
  private boundUntil = 0;

  constructor(
    private readonly trunk: string,
    /** As configured. */
    readonly text: string,
    settings: TrunkSettings,
    private readonly parts: TrunkParts,
  ) {
    this.uri = parseServer(text);
    const domain = settings.callerId.domain ?? this.uri.host;
    if (settings.register !== false) this.registration = this.createRegistration(settings, domain);
    if (settings.qualify !== false) {
      const { request, clock, random } = parts;
      this.qualifier = new Qualifier({
        server: formatUri(this.uri),
        from: formatUri(sipUri({ user: settings.username ?? 'callchart', host: domain })),
        interval: settings.qualify,
        request,
        clock,
        random,
        onChange: ({ reachable }) => this.onReachable(reachable),
      });
    }
  }

  /** Whether calls are worth a try: what is not known yet may be. */
  get up(): boolean {
    if (this.reachable === 'down') return false;
    const { registered } = this;
    if (registered.type !== 'failed') return true;
    // A refresh that was refused does not end the binding; one without an answer is another matter.
    const there =
      this.reachable === 'up' || (registered.status !== 408 && registered.status !== 503);
    return there && this.parts.clock.now() < this.boundUntil;
  }

  private get reachable(): TrunkServerState['reachable'] {
    return this.qualifier?.reachability.reachable ?? 'unknown';
  }

  /** RFC 3608 §5: name-addrs to preload, while we are registered. */
  get serviceRoute(): readonly string[] {
    return this.registered.type === 'registered' ? this.registered.serviceRoute : [];
  }

  /** The way that we are registered by: what comes along it is the trunk's. */
  get flow(): string | undefined {
    return this.registered.type === 'registered' ? this.registered.flow : undefined;
  }

  get state(): TrunkServerState {
    const { registered } = this;
    const reachability = this.qualifier?.reachability;
    return {
      server: this.text,
      registration: this.registration === undefined ? 'none' : nameOf(registered),
      registeredUntil: registered.type === 'registered' ? registered.until : undefined,
      reachable: this.reachable,
      roundTrip: reachability?.roundTrip,
      lastError:
        registered.type === 'failed'
          ? `REGISTER: ${registered.status} ${registered.reason}`
          : reachability?.error,
    };
  }

  start(): void {
    this.registration?.start();
    if (this.registration !== undefined) this.registered = this.registration.state;
    this.qualifier?.start();
  }

  onFlowClosed(flow: string): void {
    this.registration?.onFlowClosed(flow);
  }

  async close(): Promise<void> {
    this.qualifier?.stop();
    await this.registration?.close();
  }

  private createRegistration(settings: TrunkSettings, domain: string): Registration {
    const { register, username } = settings;
    const user = (register === false ? undefined : register.user) ?? username;
    return new Registration(this.parts.services, {
      aor: formatUri(sipUri({ user, host: domain, secure: this.uri.scheme === 'sips' })),
      registrar: formatUri(this.uri),
      credentials: credentialsOf(settings),
      ...(register === false ? {} : { expires: register.expires }),
      keepAlive,
      retry,
      onState: (state) => this.onRegistration(state),
    });
  }

  private onRegistration(state: RegistrationState): void {
    const before = this.registered.type;
    this.registered = state;
    if (state.type === 'registered') this.boundUntil = state.until;
    const { trunk, text: server } = this;
    const { logger } = this.parts;
    if (state.type === 'registered' && before !== 'registered') {
      logger.info({ trunk, server }, 'trunk is registered');
    } else if (state.type === 'failed' && before !== 'failed') {
      const { status, reason } = state;
      logger.warn({ trunk, server, status, reason }, 'trunk is not registered');
    }
    this.tellChange();
  }

  private onReachable(reachable: 'unknown' | 'up' | 'down'): void {
    // Back again: nobody waits for the next attempt of a back-off that may have grown to minutes. A binding that we
    // still believe in may be gone, too: a registrar that was started anew need not know those of before.
    const back = reachable === 'up' && this.wasReachable === 'down';
    if (back || (reachable === 'up' && this.registered.type === 'failed')) {
      this.registration?.refresh();
    }
    this.wasReachable = reachable;
    this.tellChange();
  }

  private tellChange(): void {
    const { up, trunk, text: server } = this;
    if (up === this.wasUp) return;
    this.wasUp = up;
    const { logger } = this.parts;
    if (up) logger.info({ trunk, server }, 'trunk server is up');
    else logger.warn({ trunk, server, error: this.state.lastError }, 'trunk server is down');
  }
}

/** What answers the trunk's challenges; none without a password. */
export function credentialsOf(settings: TrunkSettings): readonly Credentials[] {
  const { username, password, realm } = settings;
  if (username === undefined || password === undefined) return [];
  return [{ username, password, ...(realm === undefined ? {} : { realm }) }];
}

function parseServer(text: string): SipUri {
  const uri = parseUri(text);
  if (uri.scheme === 'tel') throw new TypeError(`a trunk's server is no telephone: ${text}`);
  return uri;
}

function nameOf(state: RegistrationState): TrunkServerState['registration'] {
  switch (state.type) {
    case 'idle':
    case 'closed':
      return 'none';
    default:
      return state.type;
  }
}
