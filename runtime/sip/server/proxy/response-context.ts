import type { TimerHandle } from '../../../core/clock';
import { DefectError, describeError } from '../../../core/errors';
import type { SipRequest, SipResponse } from '../../message/message';
import type { ServerTransaction, ServerTransactionHandler } from '../../transaction/port';
import type { ExtraHeader } from '../../ua/port';
import type { ForwardTarget } from '../port';
import { chooseBest, mergeChallenges, type Candidate } from './best-response';
import { Branch, type BranchOwner, type Recording, type Way } from './branch';
import { drop, ownResponse, type ProxyElement } from './element';
import { forwardedRequest, newBranch } from './forwarding';
import { share } from './max-breadth';
import { takeRedirect } from './redirection';
import type { TargetSet, ReadTarget } from './targets';

/** How the branches of one request are made. */
export interface ContextPlan {
  readonly request: SipRequest;
  readonly targets: TargetSet;
  /** RFC 5393 §5.3.2: the incoming Max-Breadth. */
  readonly breadth: number;
  /** The second part of the branches. */
  readonly mark: string | undefined;
  readonly recording: Recording | undefined;
  readonly timerC: number;
  readonly timeout: number;
  /** The way that a URI of ours in the Route named, for targets that have none of their own. */
  readonly flow: Way;
  readonly followRedirect: ((contact: string) => boolean) | undefined;
  readonly edit: ((request: SipRequest, target: ForwardTarget) => void) | undefined;
  readonly onFinal: ((response: SipResponse | undefined) => void) | undefined;
}

const answeredElsewhere: readonly ExtraHeader[] = [
  ['Reason', 'SIP;cause=200;text="Call completed elsewhere"'],
];

/**
 * The response context of RFC 3261 §16.6 and §16.7: the branches of one request, and the one response or,
 * of an INVITE, the several 2xx that go back. It is the handler of its server transaction, so that a CANCEL
 * finds it (§16.10).
 */
export class ResponseContext implements BranchOwner, ServerTransactionHandler {
  private readonly invite: boolean;
  private readonly branches: Branch[] = [];
  private readonly candidates: Candidate[] = [];
  /** Branches without a final response. */
  private live = 0;
  private breadth: number;
  /** A final response has gone back, or never will (RFC 4320 §4.2). */
  private answered = false;
  /** No further branches: a 6xx or a 2xx came, or a CANCEL. */
  private closing = false;
  private cancelled = false;
  private ended = false;
  /** A 2xx to an INVITE went back, and others may. */
  private succeeded = false;
  private told = false;
  private timer: TimerHandle | undefined = undefined;
  private timerAt = Infinity;

  constructor(
    private readonly element: ProxyElement,
    private transaction: ServerTransaction | undefined,
    private held: ContextPlan | undefined,
    private readonly onEnded: (context: ResponseContext) => void,
  ) {
    this.invite = this.plan.request.method === 'INVITE';
    this.breadth = this.plan.breadth;
  }

  /** Starts the first branches. */
  begin(): void {
    this.advance();
  }

  /** The caller's CANCEL (RFC 3261 §16.10); `headers`: its Reason. */
  cancel(headers: readonly ExtraHeader[]): void {
    // RFC 3261 §9.1: of anything else it has no effect.
    if (!this.invite || this.ended) return;
    this.cancelled = true;
    this.close(headers);
    this.advance();
  }

  /** Forgets everything, at the end of the process. */
  abandon(): void {
    this.stopTimer();
    for (const branch of this.branches) branch.abandon();
  }

  private get plan(): ContextPlan {
    if (this.held === undefined) throw new DefectError('a response context has ended');
    return this.held;
  }

  // Of the server transaction.

  /** RFC 3261 §16.9: one that cannot be reached is no reason to give the branches up. */
  onTransportError(error: Error): void {
    drop(this.element.services, 'reply-failed', error.message);
  }

  // Of the branches.

  onProvisional(branch: Branch, response: SipResponse): void {
    const { status } = response;
    // RFC 3261 §16.7 step 5: 100 is hop by hop; RFC 4320 §4.1: no other 1xx for anything but INVITE.
    if (status === 100 || !this.invite) return;
    // §16.7 step 2: the timer itself is looked at again when it fires.
    branch.timerC = this.element.services.clock.now() + this.plan.timerC;
    if (!this.answered && popVia(response)) this.pass(response);
  }

  onSuccess(branch: Branch, response: SipResponse): void {
    if (!popVia(response)) {
      drop(this.element.services, 'bad-response', `${response.callId}: one Via only`);
      if (!branch.over) this.finish(branch, { status: 502 });
      return;
    }
    const first = !branch.over;
    if (first) this.release(branch);
    // §16.7 step 5: every 2xx to an INVITE, whatever went before; one to anything else.
    if (this.invite || !this.answered) {
      this.answered = true;
      this.succeeded ||= this.invite;
      this.pass(response);
    }
    if (!first) return;
    this.close(answeredElsewhere);
    this.advance();
  }

  onFailure(branch: Branch, candidate: Candidate): void {
    const { response } = candidate;
    if (response !== undefined && !popVia(response)) {
      drop(this.element.services, 'bad-response', `${response.callId}: one Via only`);
      this.finish(branch, { status: 502 });
      return;
    }
    this.finish(branch, candidate);
  }

  private finish(branch: Branch, candidate: Candidate): void {
    this.release(branch);
    const { status, response } = candidate;
    if (!this.closing && this.goesOn(branch, candidate)) {
      this.advance();
      return;
    }
    if (!this.answered) this.candidates.push(candidate);
    if (status >= 600 && !this.closing) {
      // §16.7 step 5: no new branches, and the others are told; it goes back when they have answered.
      const text = response?.reason.replace(/["\\]/g, '') ?? '';
      this.close([['Reason', `SIP;cause=${status};text="${text}"`]]);
    }
    this.advance();
  }

  /** Whether other targets take the place of one that failed, and its response counts for nothing. */
  private goesOn(branch: Branch, { status, response }: Candidate): boolean {
    const { targets, followRedirect } = this.plan;
    const [next, ...others] = branch.target.alternatives ?? [];
    if (next !== undefined && (status === 430 || status === 408)) {
      // RFC 5626 §7: another flow to the same instance.
      return targets.replace({ ...next, q: branch.target.q, alternatives: others });
    }
    if (status < 300 || status >= 400 || response === undefined || followRedirect === undefined) {
      return false;
    }
    return takeRedirect(
      response,
      (contact) => targets.takes(contact) && followRedirect(contact),
      (taken) => targets.add(taken),
    );
  }

  /** Starts what can be started, and ends what is done. */
  private advance(): void {
    const { targets } = this.plan;
    for (;;) {
      while (targets.waiting > 0 && this.breadth > 0) {
        const breadth = share(this.breadth, targets.waiting);
        const next = targets.next();
        if (next !== undefined) this.start(next, breadth);
      }
      if (this.live > 0) return;
      if (!targets.nextGroup()) break;
    }
    // Ending a branch may end it all, while another is still being ended.
    if (this.ended) return;
    this.ended = true;
    this.stopTimer();
    this.onEnded(this);
    if (!this.answered) this.answer();
    this.settle();
  }

  /**
   * Lets go of what it was made of. The client transactions hold it for half a minute yet, in which the 2xx to an
   * INVITE may come again (RFC 6026 §7.2): for that its server transaction is enough.
   */
  private settle(): void {
    this.branches.length = 0;
    this.held = undefined;
    if (!this.succeeded) this.transaction = undefined;
  }

  private start(read: ReadTarget, breadth: number): void {
    const { element, plan } = this;
    const { target } = read;
    const way =
      target.flow === undefined ? this.ownWay(target) : { flow: target.flow, only: false };
    const branch = new Branch(element, this, target, breadth, way);
    const { services } = element;
    this.branches.push(branch);
    this.live += 1;
    this.breadth -= breadth;
    if (this.invite) {
      const now = services.clock.now();
      branch.timerC = now + plan.timerC;
      branch.limit = now + plan.timeout;
      this.arm(branch.deadline);
    }
    try {
      const first = newBranch(services.random);
      const forwarded = forwardedRequest(services, plan.request, read, {
        branch: plan.mark === undefined ? first : `${first}.${plan.mark}`,
        maxBreadth: breadth,
      });
      plan.edit?.(forwarded.request, target);
      branch.start(forwarded, plan.recording);
    } catch (error) {
      // A target that no request can be made for; what could not be sent is told later.
      services.logger.warn(
        { target: target.uri, error: describeError(error) },
        'a target cannot be sent to',
      );
      branch.over = true;
      this.release(branch);
      this.candidates.push({ status: 503 });
    }
  }

  /** What a Route of ours said is for the target that the request itself names. */
  private ownWay(target: ForwardTarget): Way {
    const { flow, request } = this.plan;
    return target.uri === request.requestUri ? flow : undefined;
  }

  private release(branch: Branch): void {
    branch.over = true;
    this.live -= 1;
    this.breadth += branch.breadth;
  }

  /** No further branches, and a CANCEL for those that are out. */
  private close(headers: readonly ExtraHeader[]): void {
    this.closing = true;
    this.plan.targets.clear();
    // RFC 3261 §9.1: only an INVITE can be cancelled; the others come to their end by themselves.
    if (!this.invite) return;
    for (const branch of this.branches) branch.cancel(headers);
    this.stopTimer();
  }

  /** RFC 3261 §16.7 step 6. */
  private answer(): void {
    const { candidates, cancelled, element, plan } = this;
    this.answered = true;
    let best = chooseBest(candidates, cancelled);
    best ??= { status: cancelled ? 487 : 408 };
    if (!this.invite && best.status === 408) {
      // RFC 4320 §4.2: MUST NOT be sent; the caller has given up by now.
      plan.onFinal?.(undefined);
      return;
    }
    // RFC 3261 §16.7 step 6: a 503 would say that we can serve nobody.
    const hidden = best.status === 503;
    const response =
      best.response === undefined || hidden
        ? ownResponse(element.services, plan.request, hidden ? 500 : best.status)
        : best.response;
    mergeChallenges(response, candidates);
    candidates.length = 0;
    this.pass(response);
  }

  private pass(response: SipResponse): void {
    this.transaction?.respond(response);
    if (response.status < 200 || this.told) return;
    this.told = true;
    this.plan.onFinal?.(response);
  }

  /** One timer for all branches; where one has moved its end meanwhile, it is set anew. */
  private arm(at: number): void {
    if (at >= this.timerAt) return;
    const { clock } = this.element.services;
    this.stopTimer();
    this.timerAt = at;
    this.timer = clock.setTimeout(this.onTimer, at - clock.now());
  }

  private readonly onTimer = (): void => {
    this.timer = undefined;
    this.timerAt = Infinity;
    const now = this.element.services.clock.now();
    for (const branch of this.branches) {
      if (branch.pending && branch.deadline <= now) branch.expire();
    }
    let next = Infinity;
    for (const branch of this.branches) {
      if (branch.pending) next = Math.min(next, branch.deadline);
    }
    if (next < Infinity) this.arm(next);
  };

  private stopTimer(): void {
    this.timerAt = Infinity;
    if (this.timer === undefined) return;
    this.element.services.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}

/**
 * RFC 3261 §16.7 step 3: takes our Via off. False when none is left: the response was to a request of our own,
 * which nobody but us can have sent by this branch, so that it is malformed.
 */
function popVia(response: SipResponse): boolean {
  response.headers.removeFirst('Via');
  return response.headers.has('Via');
}
