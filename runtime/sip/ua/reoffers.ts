import type { TimerHandle } from '../../core/clock';
import { describeError } from '../../core/errors';
import { below } from '../../core/random';
import type { SipRequest, SipResponse } from '../message/message';
import { supportedHeader } from './capabilities';
import { sdpType } from './environment';
import type { ExtraHeader, RequestOutcome } from './port';
import { sdpOf } from './sdp-body';
import { whenReady, type SessionCore } from './session-core';

type ChangeMethod = 'INVITE' | 'UPDATE';

/** A re-INVITE or UPDATE of ours that waits for its turn, or is out. */
interface Change {
  readonly method: ChangeMethod;
  /** The offer; nothing for a refresh: by UPDATE it needs none, by re-INVITE the owner says it then. */
  readonly offer: string | undefined;
  readonly done: ((outcome: RequestOutcome) => void) | undefined;
  /** How often a 422 was met: each raises the interval, an honest path is content soon. */
  tooShort: number;
}

const maxRaises = 3;

/**
 * Changes of the session that we ask for, one after the other: re-INVITE (RFC 3261 §14.1), UPDATE
 * (RFC 3311 §5.1), and the refreshes of the session timer (RFC 4028 §7.4), which are either.
 */
export class Reoffers {
  private readonly queue: Change[] = [];
  /** Out, or about to be. */
  private current: Change | undefined;
  /** Waits after a 491. */
  private timer: TimerHandle | undefined;

  constructor(private readonly session: SessionCore) {}

  /** A re-INVITE is out. */
  get inviting(): boolean {
    return this.current?.method === 'INVITE' && this.timer === undefined;
  }

  add(method: ChangeMethod, sdp: string, done: (outcome: RequestOutcome) => void): void {
    this.enqueue({ method, offer: sdp, done, tooShort: 0 });
  }

  /** RFC 4028 §7.4: by UPDATE without an offer if the peer takes it, or by re-INVITE with one. */
  refresh(): void {
    const method = this.session.peerTakesUpdate ? 'UPDATE' : 'INVITE';
    this.enqueue({ method, offer: undefined, done: undefined, tooShort: 0 });
  }

  /** Sends what waits, when nothing is in its way any more. */
  next(): void {
    if (this.current !== undefined) return;
    const change = this.queue[0];
    if (change === undefined || !this.isPossible(change)) return;
    this.queue.shift();
    this.current = change;
    this.begin(change);
  }

  /** The session is over. */
  stop(): void {
    this.session.environment.clock.clearTimeout(this.timer);
    this.timer = undefined;
    const changes = this.current === undefined ? this.queue : [this.current, ...this.queue];
    this.current = undefined;
    for (const { done } of changes.splice(0)) done?.({ type: 'ended' });
    this.queue.length = 0;
  }

  private enqueue(change: Change): void {
    this.queue.push(change);
    this.next();
  }

  /** RFC 3261 §14.1: no INVITE while another is under way; RFC 3311 §5.1: no offer while one is open. */
  private isPossible({ method, offer }: Change): boolean {
    const { session } = this;
    if (method === 'INVITE') {
      return session.state === 'confirmed' && !session.inviting && session.offers.free;
    }
    return offer === undefined || session.offers.free;
  }

  private begin(change: Change): void {
    if (change.offer !== undefined || change.method === 'UPDATE') {
      this.send(change, change.offer);
      return;
    }
    const { session } = this;
    // Ours from now on: an offer of the peer's that comes while the owner thinks meets a 491.
    session.offers.offered('us');
    whenReady(
      () => session.handler.onOfferWanted(),
      (sdp) => {
        if (this.current === change) this.send(change, sdp);
      },
      (error) => {
        session.environment.logger.error({ error: describeError(error) }, 'no offer was made');
        if (this.current !== change) return;
        session.offers.withdrawn();
        this.finish(change, undefined);
      },
    );
  }

  private send(change: Change, sdp: string | undefined): void {
    const { session } = this;
    const headers: ExtraHeader[] = [
      ['Contact', session.contact],
      session.environment.methods.allow,
      supportedHeader,
      ...session.timer.propose(),
    ];
    if (sdp !== undefined) {
      headers.push(sdpType);
      session.offers.offered('us');
    }
    session.ask(change.method, headers, sdp, (outcome, request) => {
      if (this.current !== change) return;
      if (outcome.type === 'response') this.onResponse(change, request, sdp, outcome.response);
      else this.fail(change, sdp, outcome);
    });
  }

  private onResponse(
    change: Change,
    request: SipRequest | undefined,
    sdp: string | undefined,
    response: SipResponse,
  ): void {
    const { session } = this;
    const { status } = response;
    if (status < 300) {
      session.dialog?.refreshTarget(response);
      if (request !== undefined) session.timer.adopt(request, response);
      if (sdp !== undefined) session.takeAnswer(sdpOf(response));
      this.finish(change, { type: 'response', response });
      return;
    }
    if (sdp !== undefined) session.offers.withdrawn();
    if (status === 491) {
      this.retryLater(change);
      return;
    }
    if (status === 422 && change.tooShort < maxRaises && session.timer.raise(response)) {
      // RFC 4028 §7.3: once more with what the path asks for.
      change.tooShort += 1;
      this.send(change, sdp);
      return;
    }
    if (change.method === 'UPDATE' && (status === 405 || status === 501)) {
      session.peerTakesUpdate = false;
      // What its Allow promised does not hold: a refresh goes the other way at once.
      if (change.done === undefined) this.queue.unshift({ ...change, method: 'INVITE' });
    }
    this.finish(change, { type: 'response', response });
  }

  /** RFC 3261 §14.1: 2.1 to 4 s for the owner of the Call-ID, up to 2 s for the other, in 10 ms steps. */
  private retryLater(change: Change): void {
    const { environment, direction } = this.session;
    const wait =
      direction === 'outgoing'
        ? 2_100 + 10 * below(environment.random, 191)
        : 10 * below(environment.random, 201);
    this.timer = environment.clock.setTimeout(() => {
      this.timer = undefined;
      if (this.current !== change) return;
      // Back to the head of the line: something of the peer's may be under way by now.
      this.current = undefined;
      this.queue.unshift(change);
      this.next();
    }, wait);
    // Meanwhile the peer's own attempt is welcome.
    this.session.onIdle();
  }

  private fail(change: Change, sdp: string | undefined, outcome: RequestOutcome): void {
    if (sdp !== undefined) this.session.offers.withdrawn();
    this.finish(change, outcome);
  }

  private finish(change: Change, outcome: RequestOutcome | undefined): void {
    // Undefined when the session has ended over the answer: `done` was called then.
    if (this.current !== change) return;
    this.current = undefined;
    if (outcome !== undefined) change.done?.(outcome);
    this.session.onIdle();
  }
}
