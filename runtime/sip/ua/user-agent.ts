import type { Clock } from '../../core/clock';
import { silentLogger, type Logger } from '../../core/logger';
import type { Random } from '../../core/random';
import type { SipRequest, SipResponse } from '../message/message';
import { defaultTimers, type TimerValues } from '../transaction/port';
import { TransactionTable } from '../transaction/table';
import type { Channel, TransportHandler, TransportLayer } from '../transport/port';
import type { Environment } from './environment';
import { defaultUserAgentOptions } from './options';
import { Outbound, type HostLookup } from './outbound';
import { OutboundSession } from './outgoing-session';
import type {
  InviteOptions,
  OutgoingSession,
  UserAgent,
  UserAgentHandler,
  UserAgentOptions,
} from './port';
import { SessionTable } from './session-table';
import { UserAgentServer } from './user-agent-server';

export interface UserAgentParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly handler: UserAgentHandler;
  readonly timers?: TimerValues;
  readonly options?: Partial<UserAgentOptions>;
  readonly logger?: Logger;
  /** Looks up host names that requests of ours go to; without it only IP literals are reached. */
  readonly lookup?: HostLookup;
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
  private readonly environment: Environment;
  private readonly server: UserAgentServer;
  private readonly table: TransactionTable;

  constructor(parts: UserAgentParts) {
    const { clock, random, handler, timers = defaultTimers, logger = silentLogger } = parts;
    const server = new UserAgentServer(handler);
    const table = new TransactionTable({ clock, user: server, timers, random });
    this.server = server;
    this.table = table;
    this.environment = {
      clock,
      random,
      timers,
      logger,
      options: { ...defaultUserAgentOptions, ...parts.options },
      outbound: new Outbound(random, parts.lookup),
      transactions: table,
      sessions: new SessionTable(),
    };
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

  onResponse(response: SipResponse, channel: Channel): void {
    this.table.receiveResponse(response, channel);
  }

  drain(): void {
    this.server.draining = true;
  }

  invite(options: InviteOptions): OutgoingSession {
    return new OutboundSession(this.environment, options);
  }

  /** Ends every session, waits until their BYEs are answered, and ends all transactions. */
  async close(): Promise<void> {
    const { sessions } = this.environment;
    this.drain();
    for (const session of sessions.all()) session.end();
    await sessions.empty();
    this.table.close();
  }
}

export function createUserAgent(parts: UserAgentParts): UserAgentCore {
  return new UserAgentCore(parts);
}
