import type { TimerHandle } from '../../core/clock';
import type { SipRequest, SipResponse } from '../message/message';
import type { SessionExpires } from '../message/values';
import { peerSupports } from './capabilities';
import type { Environment } from './environment';
import type { ExtraHeader, UserAgentOptions } from './port';
import { readable } from './readable';

/** RFC 4028 §4, §5: seconds; no session may be shorter, and the default of Min-SE. */
export const shortestInterval = 90;

export interface SessionTimerOwner {
  /** Half of the interval has passed and the refresh is ours to send (RFC 4028 §10). */
  onRefreshDue(): void;
  /** No refresh came, or none of ours went through. */
  onSessionExpired(): void;
}

type Refresher = 'us' | 'them';

const requireTimer: ExtraHeader = ['Require', 'timer'];

/**
 * RFC 4028 §9: the Min-SE of a 422, when the interval that the peer asks for is too short. Only for a
 * peer that has the extension: another would not know what to do with it.
 */
export function tooShortInterval(
  environment: Environment,
  request: SipRequest,
): ExtraHeader | undefined {
  const { sessionExpires } = request;
  const least = Math.max(environment.options.minSessionExpires, shortestInterval);
  if (sessionExpires === undefined || sessionExpires.interval >= least) return undefined;
  return peerSupports(request, 'timer') ? ['Min-SE', String(least)] : undefined;
}

/** What the initial INVITE asks for (RFC 4028 §7.1): the peer may choose who refreshes. */
export function firstProposal(options: UserAgentOptions): readonly ExtraHeader[] {
  const { sessionExpires } = options;
  if (sessionExpires === 0) return [];
  return [['Session-Expires', String(Math.max(sessionExpires, shortestInterval))]];
}

/** The session timer of one dialog (RFC 4028): its interval, who refreshes, and the clock's timer. */
export class SessionTimer {
  /** Seconds; 0 while there is none. */
  private interval = 0;
  private refresher: Refresher = 'us';
  /** The largest Min-SE that was seen in this dialog (§7.4); 0 for none. */
  private minSe = 0;
  private expiresAt = 0;
  private timer: TimerHandle | undefined;

  constructor(
    private readonly environment: Environment,
    private readonly owner: SessionTimerOwner,
  ) {}

  /** The headers of our 2xx to a session refresh request; the timer starts anew (RFC 4028 §9). */
  answer(request: SipRequest): readonly ExtraHeader[] {
    const asked = request.sessionExpires;
    const supported = peerSupports(request, 'timer');
    this.noteMinSe(request.minSe);
    const interval = this.intervalFor(asked);
    if (interval === 0) {
      this.stop();
      return [];
    }
    // Table 2: the peer's choice holds; one who does not know the extension never refreshes.
    const refresher = supported ? (asked?.refresher ?? this.preferredRefresher()) : 'uas';
    this.start(interval, refresher === 'uas' ? 'us' : 'them');
    const header: ExtraHeader = ['Session-Expires', `${interval};refresher=${refresher}`];
    return supported ? [header, requireTimer] : [header];
  }

  /** The headers of a session refresh request of ours (RFC 4028 §7.1, §7.4). */
  propose(): readonly ExtraHeader[] {
    const { sessionExpires } = this.environment.options;
    const wanted = this.interval > 0 ? this.interval : sessionExpires;
    if (wanted === 0) return [];
    const interval = Math.max(wanted, this.minSe, shortestInterval);
    // Inside the dialog the roles stay as they are, seen from the sender of this request.
    const role =
      this.interval === 0 ? '' : this.refresher === 'us' ? ';refresher=uac' : ';refresher=uas';
    const header: ExtraHeader = ['Session-Expires', `${interval}${role}`];
    return this.minSe === 0 ? [header] : [header, ['Min-SE', String(this.minSe)]];
  }

  /**
   * Takes what the 2xx to a session refresh request of ours says (RFC 4028 §7.2). Without a
   * Session-Expires the peer does not know the extension: we refresh for ourselves, if we asked to.
   */
  adopt(request: SipRequest, response: SipResponse): void {
    const agreed = readable(() => response.sessionExpires);
    if (agreed !== undefined) {
      this.start(
        Math.max(agreed.interval, shortestInterval),
        agreed.refresher === 'uas' ? 'them' : 'us',
      );
      return;
    }
    const asked = request.sessionExpires;
    if (asked === undefined) this.stop();
    else this.start(asked.interval, 'us');
  }

  /** 422: the next request asks for no less (RFC 4028 §7.3). False when the peer names no Min-SE. */
  raise(response: SipResponse): boolean {
    const minSe = readable(() => response.minSe);
    if (minSe === undefined || minSe <= this.minSe) return false;
    this.noteMinSe(minSe);
    return true;
  }

  /** No session expiration from now on; what was learnt of Min-SE stays. */
  stop(): void {
    this.interval = 0;
    this.environment.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private intervalFor(asked: SessionExpires | undefined): number {
    const { sessionExpires, minSessionExpires } = this.environment.options;
    // §9: what the peer asks for is not raised; without a request, our own wish, not below its Min-SE.
    if (asked !== undefined) return asked.interval;
    if (sessionExpires === 0) return 0;
    return Math.max(sessionExpires, minSessionExpires, this.minSe, shortestInterval);
  }

  /** Whoever refreshed goes on; at the start the one who called does, who may be behind a translator. */
  private preferredRefresher(): 'uac' | 'uas' {
    return this.interval > 0 && this.refresher === 'us' ? 'uas' : 'uac';
  }

  private noteMinSe(minSe: number | undefined): void {
    if (minSe !== undefined && minSe > this.minSe) this.minSe = minSe;
  }

  private start(interval: number, refresher: Refresher): void {
    const { clock } = this.environment;
    clock.clearTimeout(this.timer);
    this.interval = interval;
    this.refresher = refresher;
    this.expiresAt = clock.now() + interval * 1_000;
    // §10: refresh at half of the interval; give up min(32 s, a third) before its end.
    const wait = refresher === 'us' ? interval / 2 : interval - Math.min(32, interval / 3);
    this.timer = clock.setTimeout(
      refresher === 'us' ? () => this.onHalf() : () => this.onExpired(),
      wait * 1_000,
    );
  }

  private onHalf(): void {
    const { clock } = this.environment;
    const margin = Math.min(32, this.interval / 3) * 1_000;
    this.timer = clock.setTimeout(() => this.onExpired(), this.expiresAt - margin - clock.now());
    this.owner.onRefreshDue();
  }

  private onExpired(): void {
    this.timer = undefined;
    this.owner.onSessionExpired();
  }
}
