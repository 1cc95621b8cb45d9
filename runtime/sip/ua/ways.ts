import { CallchartError } from '../../core/errors';
import type { SipRequest } from '../message/message';
import type { Uri } from '../message/uri';
import type { Resolver } from '../resolve/port';
import type { Channel, Target } from '../transport/port';
import { copyRequest } from './copy-request';
import { asError, type Outbound } from './outbound';

/** Where a request may go: along a flow, then where its next hop leads. */
export interface WayOptions {
  /** Undefined: along the flow, or where the fallback leads, and nowhere else. */
  readonly nextHop: Uri | undefined;
  readonly flow?: string | undefined;
  /** Taken when the next hop cannot be resolved. */
  readonly fallback?: Channel | undefined;
}

/** One request may wait for so many peers that are dead: a DNS zone can name any number. */
const maxAttempts = 8;

const noTargets: readonly Target[] = [];

/**
 * The ways that one request can go, tried one after the other (RFC 3263 §4.3). All but the last get a
 * copy of the request, so that what one attempt puts in does not go out with the next.
 */
export class Ways {
  /** Undefined until the next hop is resolved. */
  private targets: readonly Target[] | undefined;
  private flow: string | undefined;
  private index = 0;
  private attempts = 0;
  private branch: string | undefined;

  constructor(
    private readonly outbound: Outbound,
    private readonly resolver: Resolver,
    private readonly request: SipRequest,
    private readonly options: WayOptions,
  ) {
    this.flow = options.flow;
  }

  /** Another attempt is possible, as far as is known. */
  get left(): boolean {
    if (this.attempts >= maxAttempts) return false;
    return this.targets === undefined ? this.leadsOn : this.index < this.targets.length;
  }

  /**
   * Opens the next way that can be opened. `done` is called at once where nothing has to be looked up;
   * `failed` always later.
   */
  open(
    done: (channel: Channel, request: SipRequest) => void,
    failed: (error: Error) => void,
  ): void {
    const { flow } = this;
    if (flow !== undefined) {
      this.flow = undefined;
      const request = this.leadsOn ? this.copy() : this.numbered(this.request);
      const channel = this.outbound.layer.openFlow(flow, request);
      if (channel !== undefined) {
        this.attempts += 1;
        // The fallback would be the same way once more.
        if (this.options.nextHop === undefined && this.isFallback(flow)) this.targets = noTargets;
        done(channel, request);
        return;
      }
    }
    if (this.targets !== undefined) {
      this.openTarget(this.targets, undefined, done, failed);
      return;
    }
    const { nextHop } = this.options;
    if (nextHop === undefined) {
      this.openFallback(
        new CallchartError('CALLCHART_SIP_NO_ROUTE', 'its flow is closed'),
        done,
        failed,
      );
      return;
    }
    let found: readonly Target[] | Promise<readonly Target[]>;
    try {
      found = this.resolver.resolve(nextHop);
    } catch (error) {
      this.openFallback(asError(error), done, failed);
      return;
    }
    if (found instanceof Promise) {
      found
        .then(
          (targets) => this.openTarget(targets, undefined, done, failed),
          (error: unknown) => this.openFallback(asError(error), done, failed),
        )
        .catch((error: unknown) => failed(asError(error)));
    } else {
      this.openTarget(found, undefined, done, failed);
    }
  }

  /** There is more than the flow. */
  private get leadsOn(): boolean {
    return this.options.nextHop !== undefined || this.options.fallback !== undefined;
  }

  private isFallback(flow: string | undefined): boolean {
    return flow !== undefined && flow === this.options.fallback?.flow;
  }

  /** The first target from here on that a listener of ours serves. */
  private openTarget(
    targets: readonly Target[],
    problem: Error | undefined,
    done: (channel: Channel, request: SipRequest) => void,
    failed: (error: Error) => void,
  ): void {
    this.targets = targets;
    let trouble = problem;
    while (this.index < targets.length) {
      const target = targets[this.index] as Target;
      this.index += 1;
      const request = this.index < targets.length ? this.copy() : this.numbered(this.request);
      let channel: Channel;
      try {
        channel = this.outbound.open(target, request);
      } catch (error) {
        trouble ??= asError(error);
        continue;
      }
      this.attempts += 1;
      done(channel, request);
      return;
    }
    later(failed, trouble ?? new CallchartError('CALLCHART_SIP_NO_ROUTE', 'no target is left'));
  }

  private openFallback(
    problem: Error,
    done: (channel: Channel, request: SipRequest) => void,
    failed: (error: Error) => void,
  ): void {
    this.targets = noTargets;
    const { fallback } = this.options;
    if (fallback === undefined) {
      later(failed, problem);
      return;
    }
    const request = this.numbered(this.request);
    let channel: Channel;
    try {
      // A flow that was tried is closed: what is left is the address that it led to.
      channel = this.isFallback(this.options.flow)
        ? this.outbound.openTo(fallback, request)
        : this.outbound.openAgain(fallback, request);
    } catch (error) {
      later(failed, asError(error));
      return;
    }
    this.attempts += 1;
    done(channel, request);
  }

  private copy(): SipRequest {
    // Before the first attempt its Via is as it was given.
    this.branch ??= this.request.topVia.branch;
    return this.numbered(copyRequest(this.request));
  }

  /**
   * RFC 3263 §4.3: a new branch for each attempt. What its owner has put into the first (RFC 5393 §4.2.1)
   * stays readable: the number of the attempt is added at the end.
   */
  private numbered(request: SipRequest): SipRequest {
    if (this.attempts === 0) return request;
    const branch = `${this.branch ?? request.topVia.branch ?? ''}.${this.attempts + 1}`;
    request.headers.removeFirst('Via');
    request.headers.prepend('Via', this.outbound.newVia(branch));
    return request;
  }
}

/** Never while the one who sends is still at it. */
function later(failed: (error: Error) => void, error: Error): void {
  Promise.reject(error).catch(failed);
}
