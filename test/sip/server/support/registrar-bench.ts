import type { NetworkAddress } from '../../../../runtime/core/address';
import { silentLogger, type Logger } from '../../../../runtime/core/logger';
import { SeededRandom } from '../../../../runtime/core/random';
import { VirtualClock } from '../../../../runtime/core/virtual-clock';
import type { AuthVerdict, Authenticator } from '../../../../runtime/sip/auth/port';
import type { SipRequest, SipResponse } from '../../../../runtime/sip/message/message';
import { parseMessage } from '../../../../runtime/sip/message/parse';
import { AddressBook } from '../../../../runtime/sip/server/address-of-record';
import { bindingKey } from '../../../../runtime/sip/server/binding-key';
import { Location } from '../../../../runtime/sip/server/location';
import type { Binding, BindingChange, BindingStore } from '../../../../runtime/sip/server/port';
import {
  Registrar,
  type RegisterFailure,
  type RegistrarOptions,
} from '../../../../runtime/sip/server/registrar';
import type { ServerTransaction } from '../../../../runtime/sip/transaction/port';
import type { Channel, TransportProtocol } from '../../../../runtime/sip/transport/port';

/** Keeps bindings in a map, as a database would; fails when told to. */
export class MemoryStore implements BindingStore {
  readonly rows = new Map<string, Binding>();
  writes = 0;
  failure: Error | undefined;

  *load(now: number): Iterable<Binding> {
    for (const [key, binding] of this.rows) {
      if (binding.expiresAt > now) yield binding;
      else this.rows.delete(key);
    }
  }

  write(changes: readonly BindingChange[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.writes += 1;
    for (const { type, binding } of changes) {
      const key = `${binding.aor} ${bindingKey(binding)}`;
      if (type === 'removed') this.rows.delete(key);
      else this.rows.set(key, binding);
    }
  }
}

/** What a transaction was answered, once it is. */
export class AnsweredTransaction implements ServerTransaction {
  readonly reliable = false;
  handler = {};
  response: SipResponse | undefined;

  constructor(readonly request: SipRequest) {}

  get ended(): boolean {
    return this.response !== undefined;
  }

  respond(response: SipResponse): void {
    if (this.response !== undefined) throw new Error('answered twice');
    this.response = response;
  }
}

export interface ChannelOptions {
  readonly protocol?: TransportProtocol;
  readonly remote?: NetworkAddress;
  readonly flow?: string;
}

export const phone: NetworkAddress = { host: '192.0.2.9', port: 5062 };

export function channelOf(options: ChannelOptions = {}): Channel {
  const { protocol = 'UDP', remote = phone } = options;
  return {
    protocol,
    reliable: protocol !== 'UDP',
    local: { host: '192.0.2.1', port: 5060 },
    remote,
    flow: options.flow ?? `${protocol}:${remote.host}:${remote.port}`,
    send: () => undefined,
  };
}

export interface RegisterOptions {
  readonly uri?: string;
  readonly to?: string;
  readonly via?: readonly string[];
  readonly callId?: string;
  readonly cseq?: number;
  /** Header lines: Contact, Expires, …. */
  readonly lines?: readonly string[];
}

/** A REGISTER as it comes from the wire. */
export function registerRequest(options: RegisterOptions = {}): SipRequest {
  const { uri = 'sip:example.com', to = 'sip:alice@example.com', cseq = 1 } = options;
  const via = options.via ?? [`SIP/2.0/UDP ${phone.host}:${phone.port};branch=z9hG4bK1;rport=5062`];
  const text = [
    `REGISTER ${uri} SIP/2.0`,
    ...via.map((value) => `Via: ${value}`),
    'Max-Forwards: 70',
    `From: <${to}>;tag=1`,
    `To: <${to}>`,
    `Call-ID: ${options.callId ?? 'call-1@phone'}`,
    `CSeq: ${cseq} REGISTER`,
    ...(options.lines ?? []),
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
  const message = parseMessage(Buffer.from(text));
  if (message.kind !== 'request') throw new Error('not a request');
  return message;
}

/** Says of every request what the test wants. */
export class ScriptedAuthenticator implements Authenticator {
  readonly realm = 'example.com';
  verdict: AuthVerdict = { type: 'missing' };

  verify(): AuthVerdict {
    return this.verdict;
  }

  challenge(_kind: 'www' | 'proxy', stale = false): readonly (readonly [string, string])[] {
    return [
      ['WWW-Authenticate', `Digest realm="example.com", nonce="n"${stale ? ', stale=true' : ''}`],
    ];
  }
}

/** Users and their aliases. */
const names = new Map([
  ['alice', 'alice'],
  ['100', 'alice'],
  ['bob', 'bob'],
]);

/** A registrar over a location service over a store in memory, on a clock of the test's. */
export class RegistrarBench {
  readonly clock = new VirtualClock();
  readonly store = new MemoryStore();
  readonly changes: BindingChange[] = [];
  readonly failures: RegisterFailure[] = [];
  readonly errors: string[] = [];
  location: Location;
  registrar: Registrar;
  private readonly logger: Logger = {
    ...silentLogger,
    error: (_fields, message) => this.errors.push(message),
    warn: (_fields, message) => this.errors.push(message),
  };

  constructor(private options: Partial<RegistrarOptions> = {}) {
    this.location = this.makeLocation();
    this.registrar = this.makeRegistrar();
  }

  /** As after the end of the process, however it came: only the store is left. */
  restart(): void {
    this.close();
    this.location = this.makeLocation();
    this.location.load();
    this.registrar = this.makeRegistrar();
  }

  /** As after a change of the configuration. */
  setOptions(options: Partial<RegistrarOptions>): void {
    this.registrar.close();
    this.options = options;
    this.registrar = this.makeRegistrar();
  }

  close(): void {
    this.registrar.close();
    this.location.close();
  }

  handle(request: SipRequest, channel: Channel = channelOf()): AnsweredTransaction {
    const transaction = new AnsweredTransaction(request);
    this.registrar.handle(transaction, channel);
    return transaction;
  }

  /** The response to a REGISTER that is answered at once. */
  register(options: RegisterOptions = {}, channel?: Channel): SipResponse {
    const { response } = this.handle(registerRequest(options), channel);
    if (response === undefined) throw new Error('not answered');
    return response;
  }

  contactsOf(aor = 'sip:alice@example.com'): string[] {
    return this.location.bindings(aor).map((binding) => binding.contact);
  }

  private makeLocation(): Location {
    const { clock, logger, store } = this;
    const location = new Location({ clock, logger, store });
    location.onChange((change) => this.changes.push(change));
    return location;
  }

  private makeRegistrar(): Registrar {
    const { clock, location, logger } = this;
    return new Registrar({
      services: { clock, logger, random: new SeededRandom(7), product: 'Callchart/test' },
      location,
      addresses: new AddressBook({
        domain: 'example.com',
        isOurs: (host) => host === 'example.com' || host === '192.0.2.1',
        userOf: (name) => names.get(name),
      }),
      onFailure: (failure) => {
        this.failures.push(failure);
        return undefined;
      },
      ...this.options,
    });
  }
}
