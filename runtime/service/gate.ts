import type { OutboundGuard } from '../routing/outbound-guard';
import type { Caller, RouteAction, RouteDecision, Router } from '../routing/port';
import type { Authenticator } from '../sip/auth/port';
import { parseDialogReference } from '../sip/message/dialog-reference';
import type { SipRequest } from '../sip/message/message';
import { MessageError } from '../sip/message/message-error';
import { formatUri, parseUri, type Uri } from '../sip/message/uri';
import type { ForwardTarget, LocationService } from '../sip/server/port';
import type { Proxy } from '../sip/server/proxy/proxy';
import type { RedirectServer } from '../sip/server/redirect';
import type { Registrar } from '../sip/server/registrar';
import type { ServerTransaction } from '../sip/transaction/port';
import type { Channel } from '../sip/transport/port';
import type { ElementServices, RequestGate } from '../sip/ua/port';
import { assertIdentity, mayUseFrom } from './asserted-identity';
import { type CallerSources, identifyCaller } from './callers';
import { hasCredentials, removeConsumedCredentials } from './consumed-credentials';
import type { Directory } from './directory';
import { Facts } from './facts';
import { StrangerReplies } from './stranger-replies';

/** Notes what a source does wrong, and says how long it waits for an answer. */
export interface SourceJudge {
  /** Credentials that do not hold, a user who is not there. */
  failure(channel: Channel, reason: string): void;
  /** We ask for credentials: none were there. */
  challenged(channel: Channel): void;
  success(channel: Channel): void;
  /** Milliseconds. */
  delayFor(channel: Channel): number;
}

export interface GateParts {
  readonly services: Pick<ElementServices, 'clock' | 'random' | 'logger' | 'product' | 'hasDialog'>;
  readonly router: Router;
  readonly directory: Pick<Directory, 'isLocal' | 'userNamed' | 'userOf'>;
  readonly location: Pick<LocationService, 'bindings' | 'targets'>;
  readonly authenticator: Authenticator;
  readonly callers: CallerSources;
  readonly proxy: Pick<Proxy, 'cancel' | 'forward' | 'forwardInDialog' | 'onAck' | 'prepare'>;
  readonly redirect: Pick<RedirectServer, 'redirect'>;
  readonly registrar: Pick<Registrar, 'handle'>;
  /** Where a request may lead that says itself where it goes. */
  readonly outbound: Pick<OutboundGuard, 'host'>;
  readonly judge: SourceJudge;
}

/** Where a request goes that the user agent takes: what its flow or gateway is told. */
export interface Admission {
  readonly caller: Caller;
  readonly decision: RouteDecision;
}

/**
 * The door of the house: says who sends a request, asks the routes, and gives it to the proxy, the redirect
 * server, the registrar or, by leaving it alone, to the user agent.
 */
export class Gate implements RequestGate {
  /** Of the requests that the user agent was left; an entry goes with its request. */
  private readonly admissions = new WeakMap<SipRequest, Admission>();
  private readonly replies: StrangerReplies;
  private draining = false;

  constructor(private readonly parts: GateParts) {
    this.replies = new StrangerReplies(parts);
  }

  /** From now on nothing new is forwarded. */
  drain(): void {
    this.draining = true;
  }

  close(): void {
    this.replies.close();
  }

  admissionOf(request: SipRequest): Admission | undefined {
    return this.admissions.get(request);
  }

  onRequest(
    transaction: ServerTransaction,
    target: ServerTransaction | undefined,
    channel: Channel,
  ): boolean {
    const { request } = transaction;
    const { proxy, services } = this.parts;
    if (request.method === 'CANCEL') {
      return target !== undefined && proxy.cancel(transaction, target);
    }
    const { tag } = request.to;
    if (tag !== undefined) {
      if (services.hasDialog(request.callId, tag)) return false;
      // A Route of ours is off the request once anybody has looked at it.
      const { routed } = proxy.prepare(request, channel);
      if (!routed && !request.headers.has('Route')) return false;
      removeConsumedCredentials(request, this.parts.authenticator.realm);
      proxy.forwardInDialog(transaction, channel);
      return true;
    }
    return this.admit(transaction, channel);
  }

  onAck(ack: SipRequest, channel: Channel): boolean {
    const { tag } = ack.to;
    if (tag !== undefined && this.parts.services.hasDialog(ack.callId, tag)) return false;
    // RFC 3261 §22.1: it carries those of its INVITE.
    removeConsumedCredentials(ack, this.parts.authenticator.realm);
    return this.parts.proxy.onAck(ack, channel);
  }

  /** What the routes say of a request: read-only, for whoever has to know before it is answered. */
  decide(request: SipRequest, caller: Caller): RouteDecision {
    const { router, directory, location, services, callers } = this.parts;
    const { trunks } = callers;
    return router.decide(
      new Facts(request, caller, {
        now: () => services.clock.now(),
        inboundNumber: (trunk, number) => trunks.inboundNumber(trunk, number),
        isLocal: (uri) => directory.isLocal(uri),
        isRegistered: (uri) => {
          const user = directory.userOf(uri);
          return user !== undefined && location.bindings(user).length > 0;
        },
      }),
    );
  }

  /** Whether an unknown caller sends something that no route is for, before it is asked to prove anything. */
  ignores(request: SipRequest, channel: Channel): boolean {
    const { authenticator, callers } = this.parts;
    if (hasCredentials(request, authenticator.realm)) return false;
    if (callers.trunks.identify(request, channel) !== undefined) return false;
    try {
      const { type } = this.decide(request, { type: 'unknown' });
      return type === 'none' || type === 'forbidden';
    } catch (error) {
      // What cannot be read of it is nothing to answer a stranger for.
      if (error instanceof MessageError) return true;
      throw error;
    }
  }

  private admit(transaction: ServerTransaction, channel: Channel): boolean {
    const { request } = transaction;
    const { parts } = this;
    // RFC 3261 §16.4: the routes look at where it really goes.
    parts.proxy.prepare(request, channel);
    if (request.method === 'REGISTER') {
      // The registrar asks for its own credentials, of whoever it is.
      const decision = this.decide(request, { type: 'unknown' });
      if (decision.action?.type === 'register') {
        if (!request.headers.has('Authorization')) parts.judge.challenged(channel);
        parts.registrar.handle(transaction, channel);
        return true;
      }
    }
    // A ping of the server itself is for anybody, and leads nowhere.
    if (request.method === 'OPTIONS' && dialled(request) === '') return false;
    const identified = identifyCaller(request, channel, parts.callers);
    switch (identified.type) {
      case 'malformed':
        this.replies.reply(transaction, 400, { reason: identified.reason });
        return true;
      case 'stale':
        this.replies.challenge(transaction, channel, identified.kind, true);
        return true;
      case 'refused':
        parts.judge.failure(channel, identified.reason);
        this.replies.challenge(transaction, channel, identified.kind, false);
        return true;
      case 'caller':
        break;
    }
    const { caller } = identified;
    if (caller.type !== 'unknown') parts.judge.success(channel);
    const decision = this.decide(request, caller);
    if (request.method === 'INVITE' && this.replacesOurs(request)) {
      // RFC 3891 §3: it belongs to the dialog that it names, wherever its URI leads; who it is from decides.
      if (caller.type === 'unknown') {
        parts.judge.challenged(channel);
        this.replies.challenge(transaction, channel, 'proxy', false);
        return true;
      }
      this.admissions.set(request, { caller, decision });
      return false;
    }
    switch (decision.type) {
      case 'challenge':
        parts.judge.challenged(channel);
        // RFC 3261 §22.1: which element will take it is not decided; a proxy asks before all of them.
        this.replies.challenge(transaction, channel, 'proxy', false);
        return true;
      case 'forbidden':
        parts.judge.failure(channel, 'forbidden');
        this.replies.answer(transaction, channel, 403);
        return true;
      case 'none':
        if (caller.type === 'unknown') parts.judge.failure(channel, 'no route');
        // The user agent knows how its methods are answered that lead nowhere.
        this.admissions.set(request, { caller, decision });
        return false;
      case 'matched':
        return this.act(transaction, channel, caller, decision);
    }
  }

  private replacesOurs(request: SipRequest): boolean {
    const replaces = request.headers.get('Replaces');
    if (replaces === undefined) return false;
    const { callId, toTag } = parseDialogReference(replaces);
    return this.parts.services.hasDialog(callId, toTag);
  }

  private act(
    transaction: ServerTransaction,
    channel: Channel,
    caller: Caller,
    decision: RouteDecision,
  ): boolean {
    const { request } = transaction;
    const { action } = decision;
    if (caller.type === 'user' && !mayUseFrom(request, caller, this.parts.directory)) {
      this.replies.reply(transaction, 403, { reason: 'From is somebody else' });
      return true;
    }
    switch (action?.type) {
      case undefined:
      case 'flow':
      case 'webhook':
      case 'gateway':
        // The user agent's.
        this.admissions.set(request, { caller, decision });
        return false;
      case 'reject':
        this.replies.reply(
          transaction,
          action.status,
          action.reason === undefined ? {} : { reason: action.reason },
        );
        return true;
      case 'register':
        if (request.method === 'REGISTER') {
          this.parts.registrar.handle(transaction, channel);
          return true;
        }
        this.replies.reply(transaction, 405, { headers: [['Allow', 'REGISTER']] });
        return true;
      case 'redirect':
        this.redirect(transaction, action);
        return true;
      case 'proxy':
        this.forward(transaction, channel, caller, action);
        return true;
    }
  }

  private redirect(
    transaction: ServerTransaction,
    action: Extract<RouteAction, { readonly type: 'redirect' }>,
  ): void {
    const targets = this.targets(transaction.request, action.to);
    this.parts.redirect.redirect(transaction, targets, action.status);
  }

  private forward(
    transaction: ServerTransaction,
    channel: Channel,
    caller: Caller,
    action: Extract<RouteAction, { readonly type: 'proxy' }>,
  ): void {
    const { request } = transaction;
    if (this.draining && request.method === 'INVITE') {
      this.replies.reply(transaction, 503, { headers: [['Retry-After', '60']] });
      return;
    }
    const targets = action.to === 'request-uri' ? undefined : this.targets(request, action.to);
    if (caller.type === 'unknown' && this.isOurs(request.from.uri)) {
      // Whoever is let through without a name has none of ours.
      this.parts.judge.challenged(channel);
      this.replies.challenge(transaction, channel, 'proxy', false);
      return;
    }
    if (targets?.length === 0) {
      // RFC 3261 §16.5: 480 for a user who is not there at the moment, 404 for one who never is.
      this.replies.reply(transaction, this.isOurs(request.uri) ? 480 : 404);
      return;
    }
    const release = targets === undefined ? this.letOut(transaction, caller) : nothing;
    if (release === undefined) return;
    assertIdentity(request, caller);
    removeConsumedCredentials(request, this.parts.authenticator.realm);
    this.parts.proxy.forward(transaction, channel, {
      ...(targets === undefined ? {} : { targets }),
      recordRoute: action.recordRoute,
      timeout: action.timeout,
      onFinal: release,
    });
  }

  private targets(
    request: SipRequest,
    to: readonly string[] | 'location',
  ): readonly ForwardTarget[] {
    const { directory, location } = this.parts;
    if (to !== 'location') return to.flatMap((uri) => this.targetsOf(uri));
    const user = directory.userOf(request.uri);
    return user === undefined ? [] : location.targets(user);
  }

  /** A URI of a route: of a user of ours his contacts. */
  private targetsOf(text: string): readonly ForwardTarget[] {
    const { directory, location } = this.parts;
    const isUri = /^(?:sips?|tel):/i.test(text);
    const user = isUri ? directory.userOf(parseUri(text)) : directory.userNamed(text);
    if (user !== undefined) return location.targets(user);
    return isUri ? [{ uri: formatUri(parseUri(text)), routes: [], q: 1 }] : [];
  }

  /** Whether a URI names one of our users. */
  private isOurs(uri: Uri): boolean {
    return this.parts.directory.userOf(uri) !== undefined;
  }

  /**
   * Asks the guard of calls out where the request itself says where it goes: it must not lead a user, or a trunk,
   * to hosts that nobody has allowed. Answers and returns undefined when it does.
   */
  private letOut(transaction: ServerTransaction, caller: Caller): (() => void) | undefined {
    const { directory, outbound } = this.parts;
    const { request } = transaction;
    const taken: (() => void)[] = [];
    const release = (): void => taken.forEach((each) => each());
    const [route] = request.routes;
    for (const uri of route === undefined ? [request.uri] : [request.uri, route.uri]) {
      if (uri.scheme === 'tel' || directory.isLocal(uri)) continue;
      const verdict = outbound.host(uri.params.get('maddr') ?? uri.host, nameOf(caller));
      if (verdict.type === 'refused') {
        release();
        // The guard logs why; the caller need not know the configuration.
        this.replies.reply(transaction, verdict.status);
        return undefined;
      }
      taken.push(() => verdict.release());
    }
    return release;
  }
}

const nothing = (): void => undefined;

/** Whom the guard counts a forwarded call for. */
function nameOf(caller: Caller): string {
  switch (caller.type) {
    case 'user':
      return `user:${caller.username}`;
    case 'trunk':
      return `trunk:${caller.name}`;
    case 'unknown':
      return 'anyone';
  }
}

function dialled({ uri }: SipRequest): string {
  return uri.scheme === 'tel' ? uri.number : (uri.user ?? '');
}
