import type { CallRecord } from '../../../runtime/call/call-record';
import { resolveConfig } from '../../../runtime/config/resolve';
import { formatAddress, type NetworkAddress } from '../../../runtime/core/address';
import type { CallchartConfig } from '../../../runtime/core/config';
import type { LogFields, Logger } from '../../../runtime/core/logger';
import { below, SeededRandom, type Random } from '../../../runtime/core/random';
import { trace, type SipMessageTrace } from '../../../runtime/core/trace';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { writeFlowLog } from '../../../runtime/flow/flow-log';
import { createServer, type Server, type ServerParts } from '../../../runtime/main';
import { InlineMediaEngine } from '../../../runtime/media/engine';
import type { MediaNetwork, MediaSockets } from '../../../runtime/media/port';
import type { ServiceData } from '../../../runtime/service/data';
import { literalResolver } from '../../../runtime/sip/resolve/destination';
import type { Resolver } from '../../../runtime/sip/resolve/port';
import { MemoryData } from '../../support/memory-data';
import { MemoryFiles } from '../../support/memory-files';
import {
  perfectLink,
  SimulatedNetwork,
  type LinkConditions,
} from '../../support/simulated-network';
import { SimulatedPrompts } from './prompts';
import { endProblem, neverACall, WireView } from './wire';

export const serverAddress: NetworkAddress = { host: '10.0.0.1', port: 5060 };

/** Longer than anything may take to end by itself: a media time-out, then a BYE without an answer. */
const longestEnd = 300_000;

/** Longer than every transaction lingers (RFC 3261 §17: 64*T1, and timer D). */
const longestLinger = 40_000;

export interface WorldOptions {
  readonly seed?: number;
  readonly config?: CallchartConfig;
  /** Of the process: secrets of the configuration. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly parts?: Partial<
    Pick<
      ServerParts,
      'prompts' | 'recordingFiles' | 'requireFlow' | 'web' | 'recognizer' | 'openStreamSocket'
    >
  >;
  /** Milliseconds that media ports may take to open, so that a CANCEL can come before the 200. */
  readonly slowestPorts?: number;
  /** The codes of errors that are to be logged. */
  readonly expectedErrors?: readonly string[];
  /** Where names lead; there are none when absent. */
  readonly resolver?: (clock: VirtualClock) => Resolver;
  /** Users and bindings; none when absent. */
  readonly data?: ServiceData;
  /** Keeps what each flow was given. */
  readonly keepFlowLogs?: boolean;
  /** Keeps every SIP message; otherwise only what the invariants need. */
  readonly keepMessages?: boolean;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** A server with all that is around it, in one process, on one clock: nothing in it comes from outside. */
export class World {
  readonly clock = new VirtualClock();
  readonly network: SimulatedNetwork;
  readonly records: CallRecord[] = [];
  /** What each flow was given, as lines, if that is kept. */
  readonly flowLogs: string[] = [];
  readonly log: LogLine[] = [];
  readonly files = new MemoryFiles();
  /** Start times, directions and texts of the messages, if they are kept. */
  readonly messages: string[] = [];
  readonly wire = new Map<string, WireView>();
  /** The media of all phones. */
  readonly phoneMedia: InlineMediaEngine;
  mostCalls = 0;
  private readonly links = new Map<string, LinkConditions>();
  private readonly closers: (() => Promise<void>)[] = [];
  private readonly stopTrace: () => void;
  private readonly serverHosts = new Set([serverAddress.host]);
  private server_: Server | undefined;
  private nextHost = 0;

  private constructor(private readonly options: WorldOptions) {
    const { clock } = this;
    this.network = new SimulatedNetwork({
      clock,
      random: this.random(1),
      conditions: (from, to) => this.links.get(from.host) ?? this.links.get(to.host) ?? perfectLink,
    });
    this.phoneMedia = new InlineMediaEngine({
      clock,
      random: this.random(2),
      network: this.network.media(),
      mediaTimeout: 0,
    });
    this.stopTrace = trace.sipMessage.subscribe((message) => {
      if (this.serverHosts.has(message.local.host)) this.observe(message);
    });
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    const { clock, network, files } = world;
    const { config } = options;
    const resolved = resolveConfig(
      {
        ...config,
        sip: { listen: [`udp:${formatAddress(serverAddress)}`], ...config?.sip },
        media: { timeout: 15_000, ...config?.media },
        flows: { apology: 'apology', ...config?.flows },
        // Nothing is written there: recordings go to memory.
        recordings: { ...config?.recordings, directory: '/simulated/recordings' },
      },
      { source: 'simulation', directory: process.cwd(), environment: options.environment ?? {} },
    );
    world.server_ = await createServer(resolved, {
      version: 'simulated',
      clock,
      random: world.random(3),
      logger: world.logger(),
      datagrams: network,
      mediaNetwork: new SlowMedia(network.media(), world, options.slowestPorts ?? 0),
      recordingFiles: options.parts?.recordingFiles ?? files,
      prompts: options.parts?.prompts ?? new SimulatedPrompts(),
      requireFlow: options.parts?.requireFlow,
      ...(options.parts?.web === undefined ? {} : { web: options.parts.web }),
      ...(options.parts?.recognizer === undefined ? {} : { recognizer: options.parts.recognizer }),
      openStreamSocket: options.parts?.openStreamSocket,
      resolver: options.resolver?.(clock) ?? literalResolver,
      data: options.data ?? new MemoryData(),
      onRecord: (record) => world.records.push(record),
      ...(options.keepFlowLogs === true
        ? { onFlowLog: (log) => world.flowLogs.push(writeFlowLog(log)) }
        : {}),
    });
    for (const { host } of world.server.listeners) world.serverHosts.add(host);
    return world;
  }

  get server(): Server {
    if (this.server_ === undefined) throw new Error('the server is not open');
    return this.server_;
  }

  /** What all randomness of it comes from. */
  get seed(): number {
    return this.options.seed ?? 1;
  }

  /** A random source of its own for each purpose, so that one more number drawn here moves none there. */
  random(purpose: number): Random {
    return new SeededRandom((this.seed * 1_000_003 + purpose * 7_919) >>> 0);
  }

  /** An address that nobody has yet. */
  newHost(): string {
    this.nextHost += 1;
    return `10.1.${this.nextHost >> 8}.${this.nextHost & 255}`;
  }

  /** How datagrams from and to a host fare from now on. */
  link(host: string, conditions: LinkConditions): void {
    this.links.set(host, conditions);
  }

  /** Nothing more comes from there or gets there. */
  cut(host: string): void {
    this.link(host, { ...perfectLink, loss: 1 });
  }

  /** Closed with the world, before the server. */
  onClose(close: () => Promise<void>): void {
    this.closers.push(close);
  }

  after(duration: number): Promise<void> {
    return new Promise((resolve) => this.clock.setTimeout(resolve, duration));
  }

  run(duration: number): Promise<void> {
    return this.clock.run(duration);
  }

  record(callId: string): CallRecord {
    const [record, ...more] = this.records.filter((each) => each.callId === callId);
    if (record === undefined || more.length > 0) {
      throw new Error(`${more.length + (record === undefined ? 0 : 1)} records of ${callId}`);
    }
    return record;
  }

  /** Lets a promise come true that needs time to pass. */
  async until<T>(promise: Promise<T>, limit = longestEnd): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    await this.clock.runUntil(() => settled, limit);
    return promise;
  }

  /**
   * Waits until all calls have ended by themselves and every transaction is over, closes everything, and
   * says what is wrong with what is left: nothing, as a rule.
   */
  async finish(): Promise<string[]> {
    const { clock, server } = this;
    const wrong: string[] = [];
    await clock
      .runUntil(() => server.open.calls === 0 && server.open.sessions === 0, longestEnd)
      .catch(() => wrong.push(`calls do not end: ${JSON.stringify(server.open)}`));
    await clock.run(longestLinger);
    const left = Object.entries(server.open).filter(([, count]) => count > 0);
    if (left.length > 0) wrong.push(`left open: ${JSON.stringify(server.open)}`);
    await this.close();
    if (clock.pending > 0) wrong.push(`${clock.pending} timers are left`);
    if (this.network.open > 0) wrong.push(`${this.network.open} sockets are left`);
    for (const path of this.files.files.keys()) {
      if (path.endsWith('.part')) wrong.push(`a recording is not closed: ${path}`);
    }
    for (const { level, message, fields } of this.log) {
      const code = String(fields['code']);
      const expected = this.options.expectedErrors?.includes(code) === true;
      if (level === 'error' && !expected)
        wrong.push(`logged: ${message} ${JSON.stringify(fields)}`);
    }
    wrong.push(...this.recordProblems());
    return wrong;
  }

  async close(): Promise<void> {
    await this.until(Promise.all(this.closers.splice(0).map((close) => close())));
    await this.until(this.server.close());
    await this.phoneMedia.close();
    await this.clock.run(2_000);
    this.stopTrace();
  }

  /** One record for each INVITE that the server took, and what it says is what was on the wire. */
  private recordProblems(): string[] {
    const wrong: string[] = [];
    const seen = new Map<string, number>();
    // Of a call that the server has placed nothing is seen coming in.
    const records = this.records.filter(({ direction }) => direction === 'inbound');
    for (const { callId } of records) seen.set(callId, (seen.get(callId) ?? 0) + 1);
    for (const [callId, { invited, answered, unanswered }] of this.wire) {
      for (const request of unanswered) wrong.push(`${callId}: no final response to ${request}`);
      const count = seen.get(callId) ?? 0;
      // Refused before there was a call: for its form, or for the load.
      const refused = answered !== undefined && neverACall.has(answered);
      const expected = invited && !refused ? 1 : 0;
      if (count !== expected) wrong.push(`${callId}: ${count} records, answered ${answered}`);
    }
    for (const record of records) {
      const problem = endProblem(record, this.wire.get(record.callId));
      if (problem !== undefined) {
        wrong.push(`${record.callId}: ${problem}: ${JSON.stringify(record.end)}`);
      }
    }
    return wrong;
  }

  private observe({ time, direction, remote, callId, bytes }: SipMessageTrace): void {
    if (direction === 'in' && this.server_ !== undefined) {
      this.mostCalls = Math.max(this.mostCalls, this.server_.open.calls);
    }
    const text = Buffer.from(bytes).toString('latin1');
    if (this.options.keepMessages === true) {
      this.messages.push(`${time} ${direction} ${formatAddress(remote)} ${text}`);
    }
    // What could not be read is no call's.
    if (callId === '') return;
    const view = this.view(callId);
    if (direction === 'in') view.received(text, time);
    else view.sent(text, time);
  }

  private view(callId: string): WireView {
    let view = this.wire.get(callId);
    if (view === undefined) {
      view = new WireView();
      this.wire.set(callId, view);
    }
    return view;
  }

  private logger(): Logger {
    const write =
      (level: LogLine['level']) =>
      (fields: LogFields, message: string): void => {
        this.log.push({ level, message, fields });
      };
    return {
      debug: () => undefined,
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    };
  }
}

/** Media sockets that take a moment to open. */
class SlowMedia implements MediaNetwork {
  private readonly random: Random;

  constructor(
    private readonly inner: MediaNetwork,
    private readonly world: World,
    private readonly slowest: number,
  ) {
    this.random = world.random(4);
  }

  get open(): number {
    return this.inner.open;
  }

  async allocate(localHost: string): Promise<MediaSockets> {
    if (this.slowest > 0) await this.world.after(below(this.random, this.slowest + 1));
    return this.inner.allocate(localHost);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
