import { DefectError } from '../../../runtime/core/errors';
import { SeededRandom } from '../../../runtime/core/random';
import { trace, type DropTrace } from '../../../runtime/core/trace';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { createRequest, createResponse } from '../../../runtime/sip/message/create';
import type { SipMessage, SipRequest, SipResponse } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';
import { serialize } from '../../../runtime/sip/message/serialize';
import type {
  ClientTransactionHandler,
  ServerTransaction,
  ServerTransactionHandler,
  TimerValues,
  TransactionChannel,
} from '../../../runtime/sip/transaction/port';
import { TransactionTable } from '../../../runtime/sip/transaction/table';

/** A channel that writes down what is sent, with the time since the start. */
export class FakeChannel implements TransactionChannel {
  readonly log: string[] = [];
  readonly messages: SipMessage[] = [];
  readonly sendBytes?: (bytes: Uint8Array, onError: (error: Error) => void) => void;
  private readonly start: number;
  private onError: ((error: Error) => void) | undefined;

  constructor(
    private readonly clock: VirtualClock,
    public reliable: boolean,
    keepsOctets = true,
  ) {
    this.start = clock.now();
    if (keepsOctets) {
      this.sendBytes = (bytes, onError) => this.note(parseMessage(bytes), onError);
    }
  }

  send(message: SipMessage, onError: (error: Error) => void): void {
    this.note(parseMessage(serialize(message)), onError);
  }

  /** What was sent since the last call: `time method` or `time status`. */
  take(): string[] {
    return this.log.splice(0);
  }

  /** The last thing that was sent could not be. */
  failLast(error = new Error('unreachable')): void {
    this.onError?.(error);
  }

  private note(message: SipMessage, onError: (error: Error) => void): void {
    const what = message.kind === 'request' ? message.method : String(message.status);
    this.log.push(`${this.clock.now() - this.start} ${what}`);
    this.messages.push(message);
    this.onError = onError;
  }
}

/** A table on a virtual clock whose user writes down what it hears. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly start = this.clock.now();
  readonly heard: string[] = [];
  readonly transactions: ServerTransaction[] = [];
  readonly targets: (ServerTransaction | undefined)[] = [];
  readonly drops: DropTrace[] = [];
  onRequest: ((transaction: ServerTransaction) => void) | undefined;
  table: TransactionTable;
  private readonly unsubscribe: () => void;

  constructor(private readonly timers?: TimerValues) {
    this.unsubscribe = trace.drop.subscribe((drop) => this.drops.push(drop));
    this.table = this.newTable();
  }

  /** Another table, at the time that it is. */
  restart(): void {
    this.table.close();
    this.table = this.newTable();
  }

  private newTable(): TransactionTable {
    const { timers } = this;
    return new TransactionTable({
      clock: this.clock,
      random: new SeededRandom(1),
      ...(timers === undefined ? {} : { timers }),
      user: {
        onRequest: (transaction, target) => {
          this.hear(`request ${transaction.request.method}`);
          this.transactions.push(transaction);
          this.targets.push(target);
          this.onRequest?.(transaction);
        },
        onAck: (ack) => this.hear(`ack ${ack.callId}`),
        onStrayResponse: (response) => this.hear(`stray ${response.status}`),
      },
    });
  }

  channel(options: { reliable?: boolean; keepsOctets?: boolean } = {}): FakeChannel {
    return new FakeChannel(this.clock, options.reliable ?? false, options.keepsOctets);
  }

  hear(what: string): void {
    this.heard.push(`${this.clock.now() - this.start} ${what}`);
  }

  /** What the user heard since the last call: `time what`. */
  take(): string[] {
    return this.heard.splice(0);
  }

  dropReasons(): string[] {
    return this.drops.splice(0).map(({ reason }) => reason);
  }

  /** Receives a request, and returns the transaction it started. */
  receive(request: SipRequest, channel: TransactionChannel): ServerTransaction {
    this.table.receiveRequest(request, channel);
    const transaction = this.transactions.at(-1);
    if (transaction === undefined) throw new DefectError('the request started no transaction');
    this.heard.length = 0;
    return transaction;
  }

  serverHandler(): Required<ServerTransactionHandler> {
    return {
      onAck: () => this.hear('acked'),
      onTimeout: () => this.hear('timeout'),
      onTransportError: (error) => this.hear(`error ${error.message}`),
      onTerminated: () => this.hear('terminated'),
    };
  }

  clientHandler(): Required<ClientTransactionHandler> {
    return {
      onProvisional: ({ status }) => this.hear(`provisional ${status}`),
      onFinal: ({ status }) => this.hear(`final ${status}`),
      onTimeout: () => this.hear('timeout'),
      onTransportError: (error) => this.hear(`error ${error.message}`),
      onTerminated: () => this.hear('terminated'),
    };
  }

  /** Ends the test: nothing may be left behind. */
  finish(): void {
    this.unsubscribe();
    expect(this.table.open).toBe(0);
    expect(this.clock.pending).toBe(0);
  }
}

export interface RequestOptions {
  readonly branch?: string;
  readonly sentBy?: string;
  readonly toTag?: string;
  readonly fromTag?: string;
  readonly callId?: string;
  readonly sequence?: number;
  readonly requestUri?: string;
  readonly headers?: readonly (readonly [string, string])[];
  /** Replaces the whole Via value. */
  readonly via?: string;
}

/** A request as it is read from the wire. */
export function request(method: string, options: RequestOptions = {}): SipRequest {
  const { branch = 'z9hG4bKone', sentBy = '192.0.2.1:5060', toTag } = options;
  const message = parseMessage(
    serialize(
      createRequest({
        method,
        requestUri: options.requestUri ?? 'sip:menu@192.0.2.9',
        headers: [
          ['Via', options.via ?? `SIP/2.0/UDP ${sentBy};branch=${branch}`],
          ['Max-Forwards', '70'],
          ['From', `<sip:alice@192.0.2.1>;tag=${options.fromTag ?? 'a'}`],
          ['To', `<sip:menu@192.0.2.9>${toTag === undefined ? '' : `;tag=${toTag}`}`],
          ['Call-ID', options.callId ?? 'call-1'],
          ['CSeq', `${options.sequence ?? 1} ${method}`],
          ...(options.headers ?? []),
        ],
      }),
    ),
  );
  if (message.kind !== 'request') throw new DefectError('not a request');
  return message;
}

export function response(to: SipRequest, status: number, toTag = 'b'): SipResponse {
  return createResponse(to, status, { toTag });
}
