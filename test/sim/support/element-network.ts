import type { CallRecord } from '../../../runtime/call/call-record';
import type { NetworkAddress } from '../../../runtime/core/address';
import type { Clock, TimerHandle } from '../../../runtime/core/clock';
import { SeededRandom, type Random } from '../../../runtime/core/random';
import { InlineMediaEngine } from '../../../runtime/media/engine';
import { trace } from '../../../runtime/core/trace';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { Server } from '../../../runtime/main';
import {
  perfectLink,
  SimulatedNetwork,
  type LinkConditions,
} from '../../support/simulated-network';
import { NetworkPhone, type NetworkPhoneOptions } from './network-phone';
import { openServerAt, type ServerAtOptions } from './server-at';
import { WireInvariants } from './wire-invariants';

/** Losses, doubles, delays and overtaking as no office would bear them. */
export const roughLink: LinkConditions = {
  delay: { min: 2, max: 60 },
  loss: 0.12,
  duplication: 0.05,
  reordering: 0.1,
  reorderDelay: 300,
};

/** The clock of one machine, which somebody may have set wrong. */
export class MachineClock implements Clock {
  /** Milliseconds that it is ahead. */
  offset = 0;

  constructor(private readonly time: VirtualClock) {}

  now(): number {
    return this.time.now() + this.offset;
  }

  setTimeout(callback: () => void, delay: number): TimerHandle {
    return this.time.setTimeout(callback, delay);
  }

  clearTimeout(handle: TimerHandle | undefined): void {
    this.time.clearTimeout(handle);
  }
}

/** Longer than every transaction lingers, and a call without an answer rings. */
const longestLinger = 400_000;

interface Running {
  readonly server: Server;
  readonly host: string;
}

/** Servers and phones on one network and one clock, watched by what holds for all elements. */
export class ElementNetwork {
  readonly clock = new VirtualClock();
  readonly network: SimulatedNetwork;
  readonly records: CallRecord[] = [];
  readonly errors: string[] = [];
  readonly phones: NetworkPhone[] = [];
  /** Every SIP message of every element, as `time direction local remote start line branch`. */
  readonly messages: string[] = [];
  /** The media of phones that speak. */
  readonly phoneMedia: InlineMediaEngine;
  private nextHost = 0;
  private readonly running: Running[] = [];
  private readonly closers: (() => Promise<void>)[] = [];
  private readonly links = new Map<string, LinkConditions>();
  private readonly invariants: WireInvariants;
  private readonly stopTrace: () => void;

  /** @param usual how all links are of which nothing else is said */
  constructor(
    private readonly seed = 1,
    public usual: LinkConditions = perfectLink,
    isWatched?: (host: string) => boolean,
  ) {
    this.network = new SimulatedNetwork({
      clock: this.clock,
      random: this.random(1),
      conditions: (from, to) => this.links.get(from.host) ?? this.links.get(to.host) ?? this.usual,
    });
    this.phoneMedia = new InlineMediaEngine({
      clock: this.clock,
      random: this.random(2),
      network: this.network.media(),
      mediaTimeout: 0,
    });
    this.invariants = new WireInvariants(isWatched);
    this.stopTrace = trace.sipMessage.subscribe(({ time, direction, local, remote, bytes }) => {
      const text = Buffer.from(bytes).toString('latin1');
      const start = text.slice(0, text.indexOf('\r\n'));
      const branch = /branch=([^;,\r]+)/.exec(text)?.[1] ?? '';
      this.messages.push(
        `${time} ${direction} ${local.host}:${local.port} ${remote.host}:${remote.port} ${start} ${branch}`,
      );
    });
  }

  /** A random source of its own for each purpose. */
  random(purpose: number): Random {
    return new SeededRandom((this.seed * 1_000_003 + purpose * 7_919) >>> 0);
  }

  /** An address that nobody has yet. */
  newHost(): string {
    this.nextHost += 1;
    return `10.2.${this.nextHost >> 8}.${this.nextHost & 255}`;
  }

  link(host: string, conditions: LinkConditions): void {
    this.links.set(host, conditions);
  }

  /** As every other link again. */
  heal(host: string): void {
    this.links.delete(host);
  }

  /** Nothing more comes from there or gets there. */
  cut(host: string): void {
    this.link(host, { ...perfectLink, loss: 1 });
  }

  async server(
    address: NetworkAddress,
    options: Partial<Omit<ServerAtOptions, 'address' | 'network'>> = {},
  ): Promise<Server> {
    const { clock, network, seed } = this;
    const server = await openServerAt({
      ...{ clock, network, seed, address },
      onRecord: (record) => this.records.push(record),
      onError: (message, fields) => this.errors.push(`${message} ${JSON.stringify(fields)}`),
      ...options,
    });
    this.running.push({ server, host: address.host });
    return server;
  }

  /** The process ends without a word to anybody: what it has written down is all that is left. */
  async kill(server: Server): Promise<void> {
    const index = this.running.findIndex((each) => each.server === server);
    const [dead] = this.running.splice(index, 1);
    if (dead === undefined) throw new Error('no such server');
    const before = this.links.get(dead.host);
    this.cut(dead.host);
    await this.until(server.close());
    this.invariants.forget(dead.host);
    if (before === undefined) this.heal(dead.host);
    else this.link(dead.host, before);
  }

  async phone(
    options: Omit<NetworkPhoneOptions, 'clock' | 'network' | 'seed'>,
  ): Promise<NetworkPhone> {
    const { clock, network, seed } = this;
    const phone = await NetworkPhone.open({ ...options, clock, network, seed });
    this.phones.push(phone);
    return phone;
  }

  /** Closed in the end. */
  onClose(close: () => Promise<void>): void {
    this.closers.push(close);
  }

  run(duration: number): Promise<void> {
    return this.clock.run(duration);
  }

  /** Lets a promise come true that needs time to pass. */
  async until<T>(promise: Promise<T>, limit = longestLinger): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    await this.clock.runUntil(() => settled, limit);
    return promise;
  }

  /** Lets everything come to its end, closes all, and says what is wrong: nothing, as a rule. */
  async finish(): Promise<string[]> {
    const { clock, network, errors } = this;
    const wrong: string[] = [];
    await clock.run(longestLinger);
    this.usual = perfectLink;
    this.links.clear();
    await this.until(Promise.all(this.phones.map((phone) => phone.unregister())));
    await clock.run(longestLinger);
    for (const { agent, options } of this.phones) {
      const { openSessions, openTransactions } = agent;
      if (openSessions + openTransactions > 0) wrong.push(`left open at ${options.host}`);
    }
    // A trunk never rests: those that have one go first, and the others have nothing to do then.
    const restless = ({ server }: Running): number => server.trunks.names.length;
    for (const { server, host } of this.running.sort((a, b) => restless(b) - restless(a))) {
      const { transactions, ...others } = server.open;
      const rests = server.trunks.names.length === 0;
      const left = Object.values(others).some((count) => count > 0);
      if (left || (rests && transactions > 0)) {
        wrong.push(`left open at ${host}: ${JSON.stringify(server.open)}`);
      }
      await this.until(server.close());
      if (!rests) await clock.run(longestLinger);
    }
    await this.until(Promise.all(this.phones.map((phone) => phone.close())));
    await this.until(Promise.all(this.closers.map((close) => close())));
    await this.phoneMedia.close();
    await clock.run(longestLinger);
    this.stopTrace();
    wrong.push(...this.invariants.finish(), ...errors);
    const seen = new Set<string>();
    for (const { callId, answered, talked, duration } of this.records) {
      // One record for each call, whatever elements it went through.
      if (seen.has(callId)) wrong.push(`two records of ${callId}`);
      seen.add(callId);
      if (talked > duration || (!answered && talked > 0))
        wrong.push(`${callId} talked ${talked} ms`);
    }
    if (clock.pending > 0) wrong.push(`${clock.pending} timers are left`);
    if (network.open > 0) wrong.push(`${network.open} sockets are left`);
    return wrong;
  }
}
