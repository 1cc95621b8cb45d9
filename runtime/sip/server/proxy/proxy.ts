import { hash, randomBytes } from 'node:crypto';
import { elementsOf } from '../../message/header-lists';
import type { SipRequest } from '../../message/message';
import { MessageError } from '../../message/message-error';
import type { Uri } from '../../message/uri';
import type { ServerTransaction } from '../../transaction/port';
import { deriveTimers } from '../../transaction/timers';
import type { Channel } from '../../transport/port';
import type { ElementServices, ExtraHeader } from '../../ua/port';
import type { ForwardTarget } from '../port';
import type { Recording } from './branch';
import { drop, ownResponse, type ProxyElement } from './element';
import { forwardedRequest } from './forwarding';
import { LoopDetector } from './loop-detection';
import { incomingBreadth } from './max-breadth';
import type { ForwardOptions, InDialogOptions, ProxyOptions } from './options';
import { flowToSender, OwnUris } from './own-uris';
import { ResponseContext, type ContextPlan } from './response-context';
import { preprocessRoutes, unrouted, type Arrival } from './route-preprocessing';
import { Seal } from './seal';
import { TargetSet } from './targets';
import { validate } from './validation';

export type { ForwardOptions, InDialogOptions, ProxyOptions } from './options';
export type { Arrival } from './route-preprocessing';

/** Methods that begin no dialog: whoever is in the way of one has no use for a Record-Route in them. */
const dialogless: ReadonlySet<string> = new Set([
  'REGISTER',
  'OPTIONS',
  'MESSAGE',
  'PUBLISH',
  'INFO',
  'BYE',
  'PRACK',
]);

/** RFC 3261 §16.6 step 4: for an end that has lost its dialog and builds it up again. */
const refreshing: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE']);

/**
 * A stateful proxy (RFC 3261 §16). It decides nothing about where requests go: whoever asks it to forward one
 * has found out who sends it and whom it is for.
 */
export class Proxy {
  private readonly element: ProxyElement;
  private readonly seal: Seal;
  private readonly answerOptions: ProxyOptions['answerOptions'];
  private readonly contexts = new Set<ResponseContext>();
  /** What the routes of requests said before they were taken off; an entry goes with its request. */
  private readonly arrivals = new WeakMap<SipRequest, Arrival>();

  constructor(
    private readonly services: ElementServices,
    options: ProxyOptions = {},
  ) {
    const secret = options.secret ?? randomBytes(32);
    this.seal = new Seal(secret);
    this.answerOptions = options.answerOptions;
    this.element = {
      services,
      options: {
        timerC: options.timerC ?? deriveTimers(services.timers).c,
        maxContexts: options.maxContexts ?? 10_000,
        maxBranches: options.maxBranches ?? 16,
        maxBreadth: options.maxBreadth ?? 60,
        retryAfter: options.retryAfter ?? 10,
      },
      uris: new OwnUris(() => services.transport, this.seal),
      loops: new LoopDetector(this.seal.dialog('loops')),
    };
  }

  /** Requests with a branch that has no final response yet, for limits and leak checks. */
  get open(): number {
    return this.contexts.size;
  }

  /**
   * RFC 3261 §16.4, on the request itself: its request URI and Route are afterwards what the routing must look
   * at. Done once, here or by whatever forwards the request.
   */
  prepare(request: SipRequest, channel: Channel): Arrival {
    let arrival = this.arrivals.get(request);
    if (arrival === undefined) {
      arrival = preprocessRoutes(request, channel, this.isOurs, this.seal);
      // Nothing was taken off of most requests outside of dialogs, and nothing has to be remembered of them.
      if (arrival !== unrouted) this.arrivals.set(request, arrival);
    }
    return arrival;
  }

  /** Whether a request has a To tag and came by a Record-Route that we gave to its dialog. */
  isInDialog(request: SipRequest, channel: Channel): boolean {
    if (request.to.tag === undefined || !request.headers.has('Route')) return false;
    return this.prepare(request, channel).vouched;
  }

  /** Forwards a request that is outside any dialog, or answers it with what is wrong with it. */
  forward(transaction: ServerTransaction, channel: Channel, options: ForwardOptions = {}): void {
    let begun = false;
    this.answering(transaction, () => {
      const { request } = transaction;
      const arrival = this.prepare(request, channel);
      const mark = this.element.loops.mark(request, options.decidedBy);
      begun = this.begin(transaction, channel, arrival, options, mark, {
        recordRoute: options.recordRoute !== false && !dialogless.has(request.method),
        path: options.path === true,
      });
    });
    if (!begun) options.onFinal?.(undefined);
  }

  /** Forwards a request inside a dialog that we stay in the way of (RFC 3261 §16.12), or refuses it. */
  forwardInDialog(
    transaction: ServerTransaction,
    channel: Channel,
    { trusted = false }: InDialogOptions = {},
  ): void {
    this.answering(transaction, () => {
      const { request } = transaction;
      const arrival = this.prepare(request, channel);
      if (this.endsHere(request)) {
        this.refuse(transaction, 481);
      } else if (!trusted && !arrival.vouched) {
        this.refuse(transaction, 403);
      } else {
        this.begin(transaction, channel, arrival, {}, undefined, {
          recordRoute: refreshing.has(request.method),
          path: false,
        });
      }
    });
  }

  /**
   * An ACK that belongs to no transaction: the one for a 2xx, which goes the way of the dialog without a
   * transaction (RFC 3261 §16.11). False when it does not go through us.
   */
  onAck(ack: SipRequest, channel: Channel): boolean {
    try {
      const arrival = this.prepare(ack, channel);
      if (!arrival.routed || this.endsHere(ack)) return false;
      this.forwardAck(ack, arrival);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      drop(this.services, 'malformed-ack', `${ack.callId}: ${error.message}`);
    }
    return true;
  }

  /** Whether the INVITE that a CANCEL names is forwarded by us; it is cancelled then (RFC 3261 §16.10). */
  cancel(transaction: ServerTransaction, target: ServerTransaction): boolean {
    const { handler } = target;
    if (!(handler instanceof ResponseContext)) return false;
    const { request } = transaction;
    transaction.respond(ownResponse(this.services, request, 200));
    handler.cancel(
      elementsOf(request.headers, 'Reason').map((value): ExtraHeader => ['Reason', value]),
    );
    return true;
  }

  /** Forgets all that is under way. */
  close(): void {
    for (const context of this.contexts) context.abandon();
    this.contexts.clear();
  }

  /** False when it was answered instead. */
  private begin(
    transaction: ServerTransaction,
    channel: Channel,
    arrival: Arrival,
    options: ForwardOptions,
    mark: string | undefined,
    recording: Pick<Recording, 'recordRoute' | 'path'>,
  ): boolean {
    const { element } = this;
    const { request } = transaction;
    const { flow } = arrival;
    const limits = element.options;
    // RFC 3261 §16.3 step 2: where the scheme is none that we know, this is 416.
    const secure = request.uri.scheme === 'sips';
    const refusal = validate(request, element.loops, mark);
    if (refusal !== undefined) {
      if (refusal.status === 483 && this.answersOptions(transaction)) return false;
      this.refuse(transaction, refusal.status, refusal.headers);
      return false;
    }
    if (flow === 'forged') {
      // RFC 5626 §5.3.1.
      this.refuse(transaction, 403);
      return false;
    }
    const breadth = incomingBreadth(request, limits.maxBreadth);
    if (breadth === 0) {
      // RFC 5393 §5.3.3: not even one branch.
      this.refuse(transaction, 440);
      return false;
    }
    if (this.contexts.size >= limits.maxContexts) {
      this.refuse(transaction, 503, [['Retry-After', String(limits.retryAfter)]]);
      return false;
    }
    const targets = new TargetSet(secure, limits.maxBranches);
    if (targets.add(options.targets ?? [itself(request)]) === 0) {
      // RFC 3261 §16.5.
      this.refuse(transaction, 480);
      return false;
    }
    const recorded = recording.recordRoute || recording.path;
    const plan: ContextPlan = {
      request,
      targets,
      breadth,
      mark,
      recording: recorded
        ? {
            recordRoute: recording.recordRoute,
            path: recording.path,
            from: { channel, flow: flowToSender(request, channel) },
          }
        : undefined,
      timerC: options.timerC ?? limits.timerC,
      timeout: options.timeout ?? Infinity,
      flow,
      followRedirect: options.followRedirect,
      edit: options.edit,
      onFinal: options.onFinal,
    };
    const context = new ResponseContext(element, transaction, plan, this.forget);
    transaction.handler = context;
    this.contexts.add(context);
    // RFC 3261 §16.2: the caller need not send it again.
    if (request.method === 'INVITE') {
      transaction.respond(ownResponse(this.services, request, 100));
    }
    context.begin();
    return true;
  }

  private forwardAck(ack: SipRequest, { vouched, flow }: Arrival): void {
    const { services, element } = this;
    if (!vouched || flow === 'forged') {
      drop(services, 'unvouched-ack', ack.callId);
      return;
    }
    if (ack.maxForwards === 0) {
      drop(services, 'too-many-hops', ack.callId);
      return;
    }
    const targets = new TargetSet(ack.uri.scheme === 'sips', 1);
    targets.add([itself(ack)]);
    targets.nextGroup();
    const target = targets.next();
    if (target === undefined) return;
    const { request, nextHop } = forwardedRequest(services, ack, target, {
      branch: statelessBranch(ack),
      maxBreadth: incomingBreadth(ack, element.options.maxBreadth),
    });
    services.sendStateless(request, flow?.only === true ? undefined : nextHop, flow?.flow);
  }

  /** It has come to where it goes: a dialog of the user agent, and there is none any more. */
  private endsHere(request: SipRequest): boolean {
    return !request.headers.has('Route') && this.isOurs(request.uri);
  }

  private answersOptions(transaction: ServerTransaction): boolean {
    return transaction.request.method === 'OPTIONS' && this.answerOptions?.(transaction) === true;
  }

  /** What cannot be read of a request has the status that answers it. */
  private answering(transaction: ServerTransaction, forward: () => void): void {
    try {
      forward();
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.refuse(transaction, error.status);
    }
  }

  private refuse(
    transaction: ServerTransaction,
    status: number,
    headers?: readonly ExtraHeader[],
  ): void {
    transaction.respond(ownResponse(this.services, transaction.request, status, headers));
  }

  private readonly isOurs = (uri: Uri): boolean => this.services.isOurs(uri);

  private readonly forget = (context: ResponseContext): void => {
    this.contexts.delete(context);
  };
}

/** RFC 3261 §16.5: the request itself says where it goes. */
function itself(request: SipRequest): ForwardTarget {
  return { uri: request.requestUri, routes: [], q: 1 };
}

/** RFC 3261 §16.11: the same each time that the ACK comes again. */
function statelessBranch(request: SipRequest): string {
  const { branch, host, port } = request.topVia;
  const text = `${branch ?? ''}|${host}|${port ?? ''}|${request.callId}|${request.cseq.sequence}`;
  return `z9hG4bK${hash('sha256', text, 'hex').slice(0, 24)}`;
}
