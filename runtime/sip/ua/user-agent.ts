import type { Clock } from '../../core/clock';
import { silentLogger, type Logger } from '../../core/logger';
import type { Random } from '../../core/random';
import type { SipRequest, SipResponse } from '../message/message';
import { defaultTimers, type TimerValues } from '../transaction/port';
import { TransactionTable } from '../transaction/table';
import type { Channel, TransportHandler, TransportLayer } from '../transport/port';
import { literalResolver } from '../resolve/destination';
import type { Resolver } from '../resolve/port';
import { Methods } from './capabilities';
import { Elements } from './elements';
import type { Environment } from './environment';
import { defaultUserAgentOptions } from './options';
import { Outbound } from './outbound';
import { OutboundSession } from './outgoing-session';
import type {
  ElementServices,
  InviteOptions,
  OutgoingSession,
  OutOfDialogOptions,
  RequestGate,
  RequestOutcome,
  UserAgent,
  UserAgentHandler,
  UserAgentOptions,
} from './port';
import { RequestSender } from './request-sender';
import { RequestSeries } from './request-series';
import { SessionTable } from './session-table';
import { UserAgentServer } from './user-agent-server';

export interface UserAgentParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly handler: UserAgentHandler;
  readonly timers?: TimerValues;
  readonly options?: Partial<UserAgentOptions>;
  readonly logger?: Logger;
  /** Finds where requests of ours go; without it only IP literals are reached. */
  readonly resolver?: Resolver;
  /** Asked first for each request: the proxy, the registrar, the redirect server. */
  readonly gate?: RequestGate;
  /** A connection has closed: the bindings that were reached by its flow are so no more. */
  readonly onFlowClosed?: (flow: string) => void;
  /**
   * Opens the listeners; what arrives goes to the handler that it is given. Where listeners open
   * later, {@link UserAgentCore.attach} takes them.
   */
  readonly transport?: (handler: TransportHandler) => TransportLayer;
}

/**
 * A user agent (RFC 3261 §8): the transport's handler, the table of transactions and the sessions.
 * Give it to the transport layer as its handler, and the transport layer to {@link attach}.
 */
export class UserAgentCore implements UserAgent, TransportHandler {
  /** What other elements build on: this agent's transactions, and its way out. */
  readonly elements: ElementServices;
  private readonly environment: Environment;
  private readonly server: UserAgentServer;
  private readonly table: TransactionTable;
  /** Requests outside dialogs that are out. */
  private readonly series = new Set<RequestSeries>();

  constructor(private readonly parts: UserAgentParts) {
    const { clock, random, handler, timers = defaultTimers, logger = silentLogger } = parts;
    const server = new UserAgentServer(handler, parts.gate);
    const table = new TransactionTable({ clock, user: server, timers, random });
    this.server = server;
    this.table = table;
    const options = { ...defaultUserAgentOptions, ...parts.options };
    const outbound = new Outbound(random, options.domains);
    const resolver = parts.resolver ?? literalResolver;
    this.environment = {
      clock,
      random,
      timers,
      logger,
      methods: new Methods(handler.onMessage === undefined ? [] : ['MESSAGE']),
      options,
      outbound,
      sender: new RequestSender({ clock, timers, outbound, transactions: table, resolver }),
      transactions: table,
      sessions: new SessionTable(),
    };
    this.elements = new Elements(this.environment);
    server.begin(this.environment);
    if (parts.transport !== undefined) this.attach(parts.transport(this));
  }

  /** Gives the way out; nothing may arrive before. */
  attach(transport: TransportLayer): void {
    this.environment.outbound.attach(transport);
  }

  /** Those included whose BYE or CANCEL is under way. */
  get openSessions(): number {
    return this.environment.sessions.size;
  }

  /** Transactions that have not terminated, for leak checks. */
  get openTransactions(): number {
    return this.table.open;
  }

  onRequest(request: SipRequest, channel: Channel): void {
    this.server.arrival = channel;
    this.table.receiveRequest(request, channel);
  }

  /**
   * Whether a request belongs to what is here already: a dialog of ours, or the transaction that a CANCEL names.
   * Throws a `MessageError` for a malformed header.
   */
  knows(request: SipRequest): boolean {
    if (request.method === 'CANCEL') return this.table.hasTarget(request);
    const { tag } = request.to;
    return tag !== undefined && this.elements.hasDialog(request.callId, tag);
  }

  onResponse(response: SipResponse, channel: Channel): void {
    this.table.receiveResponse(response, channel);
  }

  onFlowClosed(flow: string): void {
    this.parts.onFlowClosed?.(flow);
  }

  drain(): void {
    this.server.draining = true;
  }

  invite(options: InviteOptions): OutgoingSession {
    return new OutboundSession(this.environment, options);
  }

  async request(options: OutOfDialogOptions): Promise<RequestOutcome> {
    const series = new RequestSeries(this.elements, options);
    this.series.add(series);
    const outcome = await series.send(options);
    this.series.delete(series);
    return outcome;
  }

  /** Ends every session, waits until their BYEs are answered, and ends all transactions. */
  async close(): Promise<void> {
    const { sessions } = this.environment;
    this.drain();
    for (const session of sessions.all()) session.end();
    for (const series of this.series) series.abandon();
    await sessions.empty();
    this.environment.sender.close();
    this.table.close();
  }
}

export function createUserAgent(parts: UserAgentParts): UserAgentCore {
  return new UserAgentCore(parts);
}
