import type { TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import { token } from '../core/random';
import type { DialogReference } from '../sip/message/dialog-reference';
import type { IncomingSession, Session } from '../sip/ua/port';
import type { CallRecord } from './call-record';
import { Conferences } from './conference/conferences';
import type { LiveConferences } from './conference/port';
import { HappeningListeners } from './happening-listeners';
import type { HappeningListener } from './happenings';
import { IncomingSetup } from './incoming-setup';
import { callInfo, type CallSource } from './info';
import { Leg } from './leg';
import { LiveCall } from './live-call';
import { withTerms } from './media-terms';
import type { QueueStatus } from './queue/port';
import { Queues } from './queue/queues';
import { originateCall, type OriginateOptions, type PlacedCall } from './originate';
import type { CallEnvironment, CallFlow, CallOwner, CallServices } from './services';
import { mayLeave, referenceTo, type FindSide } from './transfer/side';
import { takePlace, type NextCall } from './transfer/take-place';

/** Milliseconds that a call which was hung up may take to say goodbye while the process waits. */
const goodbyeTimeout = 2000;

/** The calls that are in progress. How many there may be is the user agent's to say. */
export class Calls {
  private readonly live = new Map<string, LiveCall>();
  private readonly waiting = new Set<() => void>();
  private readonly owner: CallOwner;
  private readonly services: CallServices;
  private readonly happenings: HappeningListeners;
  private readonly byPrompts = new WeakMap<CallServices['prompts'], CallServices>();

  /** @param onRecord gets the record of each call, once. */
  constructor(services: CallEnvironment, onRecord: (record: CallRecord) => void) {
    const conferences = new Conferences(services);
    const queues = new Queues(services);
    this.services = {
      ...services,
      // They change when prompts are read again.
      get prompts() {
        return services.prompts;
      },
      conferences,
      queues,
    };
    const { clock, logger } = services;
    this.happenings = new HappeningListeners(clock, (thrown) => {
      logger.error({ error: describeError(thrown) }, 'a listener of happenings threw');
    });
    this.owner = {
      onRecord,
      onFact: (id, fact) => this.happenings.tell(id, fact),
      onGone: (id) => this.forget(id),
      find: (reference) => this.find(reference),
    };
  }

  /** Those that calls are in. */
  get conferences(): LiveConferences {
    return this.services.conferences;
  }

  /** The queues, with who waits in them. */
  get queues(): readonly QueueStatus[] {
    return this.services.queues.list();
  }

  /** Makes a queue, or lets so many wait in one. */
  describeQueue(name: string, maxSize: number): void {
    this.services.queues.describe(name, maxSize);
  }

  /** False where somebody is in it, or the configuration describes it. */
  removeQueue(name: string): boolean {
    return this.services.queues.remove(name);
  }

  get count(): number {
    return this.live.size;
  }

  /** By Callchart's own id. */
  get(id: string): LiveCall | undefined {
    return this.live.get(id);
  }

  all(): IterableIterator<LiveCall> {
    return this.live.values();
  }

  /** What happens with calls from now on, in order, until the returned function is called. */
  onHappening(listener: HappeningListener): () => void {
    return this.happenings.add(listener);
  }

  /**
   * Takes a new session over. A call with a `flow` stays until {@link LiveCall.release}.
   *
   * @param source whom it comes from, where that is proven
   */
  begin(session: IncomingSession, flow?: CallFlow, source?: CallSource): LiveCall {
    const services = this.servicesFor(flow);
    const call = new LiveCall({
      info: callInfo(session, token(services.random, 64), services.clock.now(), source),
      identity: {
        localTag: session.localTag,
        remoteTag: session.remoteTag,
        transport: session.channel.protocol,
      },
      services,
      owner: this.owner,
      flow,
      setup: (owner) => {
        const leg = new Leg(withTerms(services, source?.terms), owner);
        leg.useChannel(session.channel);
        leg.session = session;
        session.handler = leg.handler;
        return new IncomingSetup(session, leg, owner);
      },
    });
    this.keep(call, flow);
    return call;
  }

  /**
   * Takes a session over that comes in the place of another (RFC 3891): it is answered, and talks with whom the
   * other's peer talked with. One whose peer talked with a flow is not replaced.
   *
   * @returns the call, or undefined when it was refused
   */
  replace(session: IncomingSession, source?: CallSource): LiveCall | undefined {
    const { replaces } = session;
    const side = replaces === undefined ? undefined : this.find(referenceTo(replaces));
    if (side === undefined || side === 'alone' || !mayLeave(side)) {
      session.reject(603);
      return undefined;
    }
    const call = this.begin(session, undefined, source);
    const next: NextCall = {
      leg: call.leg,
      uri: call.info.from.uri,
      answer: () => call.answer(),
      onEnd: (listener) => call.onEnd(listener),
      leave: () => call.terminate('peer-ended', 200, ''),
    };
    void takePlace(next, side, this.services);
    return call;
  }

  /**
   * Whether the peer of a session is this user or trunk, as far as that is proven: nobody else may be put in its
   * place (RFC 3891 §3).
   */
  isParty(session: Session, { user, trunk }: CallSource): boolean {
    const side = this.find(referenceTo(session));
    if (side === undefined || side === 'alone') return false;
    if (side.user !== undefined || user !== undefined) return side.user === user;
    return trunk !== undefined && side.trunk === trunk;
  }

  /** Places a call. A call with a `flow` stays until {@link LiveCall.release}. */
  place(options: OriginateOptions, flow?: CallFlow): PlacedCall {
    const { owner } = this;
    const services = this.servicesFor(flow);
    const id = token(services.random, 64);
    // It is there before it is begun, which may be its end.
    return originateCall(id, options, services, owner, flow, (call) => this.keep(call, flow));
  }

  /**
   * Resolves when no call is left. After `timeout` milliseconds those that remain are hung up, and a
   * peer that does not confirm is not waited for much longer.
   */
  async drain(timeout: number): Promise<void> {
    if (await this.emptyWithin(timeout)) return;
    for (const call of [...this.live.values()]) {
      call.terminate('shutdown', 503, 'Server shutting down');
    }
    await this.emptyWithin(goodbyeTimeout);
  }

  /** One for all calls with the same prompts: to copy it took 2 % of a call (test/bench/call-path.ts). */
  private servicesFor({ prompts = this.services.prompts }: Partial<CallFlow> = {}): CallServices {
    let services = this.byPrompts.get(prompts);
    if (services === undefined) {
      services = { ...this.services, prompts };
      this.byPrompts.set(prompts, services);
    }
    return services;
  }

  private emptyWithin(timeout: number): Promise<boolean> {
    if (this.live.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const { clock } = this.services;
      const done = (empty: boolean): void => {
        clock.clearTimeout(timer);
        this.waiting.delete(emptied);
        resolve(empty);
      };
      const emptied = (): void => done(true);
      const timer: TimerHandle = clock.setTimeout(() => done(false), timeout);
      this.waiting.add(emptied);
    });
  }

  private keep(call: LiveCall, flow: CallFlow | undefined): void {
    this.live.set(call.info.id, call);
    const { info } = call;
    call.tell({ type: 'call.started', info, flow: flow?.name, version: flow?.version });
  }

  private find(reference: DialogReference): ReturnType<FindSide> {
    for (const call of this.live.values()) {
      const side = call.sideOf(reference);
      if (side !== undefined) return side;
    }
    return undefined;
  }

  private forget(id: string): void {
    this.live.delete(id);
    if (this.live.size > 0) return;
    for (const emptied of [...this.waiting]) emptied();
  }
}
