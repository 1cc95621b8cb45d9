import type { Clock } from '../core/clock';
import { trace } from '../core/trace';
import type { SipRequest, SipResponse } from '../sip/message/message';
import { MessageError } from '../sip/message/message-error';
import type { Channel, TransportHandler } from '../sip/transport/port';

/** What the entrance asks of the guard of sources. */
export interface EntranceGuard {
  /** Whether a source may send one more request outside of dialogs now; one that may not was counted. */
  onRequest(channel: Channel): boolean;
  /** A request that only a scanner writes: its source is shut out. */
  onScanner(channel: Channel, userAgent: string): void;
}

export interface EntranceParts {
  readonly clock: Clock;
  readonly guard: EntranceGuard;
  /** Takes what comes through. */
  readonly inner: TransportHandler;
  /** Whether a request with a To tag, or a CANCEL, belongs to a dialog or call that we know of. */
  readonly isKnown: (request: SipRequest, channel: Channel) => boolean;
  /** Drops what strangers may not send, without an answer (`security.strangers: 'ignore'`). */
  readonly ignores?: (request: SipRequest, channel: Channel) => boolean;
  readonly onFlowClosed: (flow: string) => void;
}

/** How the tools that search the net for telephone systems call themselves, when nobody has told them better. */
const scanners =
  /friendly-scanner|sipvicious|sip-?scan|sipcli|sundayddr|iwar|vaxsipuseragent|eyebeam_scan|pplsip|siparmyknife/i;

/** Stands before the user agent: sends those away whom nobody needs to answer, before a transaction is made. */
export class Entrance implements TransportHandler {
  constructor(private readonly parts: EntranceParts) {}

  onRequest(request: SipRequest, channel: Channel): void {
    if (this.isNew(request, channel) && !this.letsIn(request, channel)) return;
    this.parts.inner.onRequest(request, channel);
  }

  onResponse(response: SipResponse, channel: Channel): void {
    this.parts.inner.onResponse(response, channel);
  }

  onFlowClosed(flow: string): void {
    this.parts.onFlowClosed(flow);
    this.parts.inner.onFlowClosed?.(flow);
  }

  private letsIn(request: SipRequest, channel: Channel): boolean {
    const { guard, ignores } = this.parts;
    const userAgent = request.headers.get('User-Agent');
    if (userAgent !== undefined && scanners.test(userAgent)) {
      guard.onScanner(channel, userAgent);
      this.drop('scanner', channel);
      return false;
    }
    if (!guard.onRequest(channel)) {
      this.drop('rate-limit', channel);
      return false;
    }
    if (ignores?.(request, channel) === true) {
      this.drop('stranger', channel);
      return false;
    }
    return true;
  }

  /**
   * Who talks in a dialog was let in before, as was who cancels his call. A tag that he has made up, or a CANCEL of
   * nothing, is no way round the limits.
   */
  private isNew(request: SipRequest, channel: Channel): boolean {
    const { method } = request;
    // Nobody answers an ACK, and none leaves anything behind.
    if (method === 'ACK') return false;
    try {
      if (method !== 'CANCEL' && request.to.tag === undefined) return true;
      return !this.parts.isKnown(request, channel);
    } catch (error) {
      // What is malformed is answered as such, and counted.
      if (error instanceof MessageError) return true;
      throw error;
    }
  }

  private drop(reason: string, { remote }: Channel): void {
    if (!trace.drop.active) return;
    trace.drop.publish({ time: this.parts.clock.now(), layer: 'service', reason, remote });
  }
}
