import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { SeededRandom } from '../../../runtime/core/random';
import { elementsOf } from '../../../runtime/sip/message/header-lists';
import type { SipMessage } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';
import { parseAuth } from '../../../runtime/sip/message/auth-params';
import type { DatagramSocket } from '../../../runtime/sip/transport/port';
import { SimulatedNetwork } from '../../support/simulated-network';
import { Bindings } from './bindings';
import {
  field,
  methodOf,
  statusOf,
  textOf,
  type Flow,
  type FlowMessage,
  type Party,
} from './collection';
import { differences } from './compare';
import { answered, password, wrongWith } from './digest';
import type { Element } from './element';
import { hostNamed, namesOf, sipPort } from './parties';
import { openServer } from './servers';
import { openUserAgent } from './user-agents';

/** One message of ours beside that of the RFC. */
export interface Sent {
  readonly message: FlowMessage;
  /** Ours, not passed on from somebody else. */
  readonly made: boolean;
  readonly differences: readonly string[];
}

export interface Replayed {
  readonly sent: readonly Sent[];
  /** What we sent and the RFC has not: `100 Alice`. */
  readonly additional: readonly string[];
  /** Credentials that do not answer their challenge, errors that were logged, what is left open. */
  readonly problems: readonly string[];
}

/** Longer than every retransmission and time-out of an INVITE. */
const longest = 70_000;

/** Milliseconds in which everybody has done what he does at once. */
const moment = 5;

/** Plays a flow with one of ours in the place of one party, and everybody else from the text of the RFC. */
export async function replay(flow: Flow, role: Party): Promise<Replayed> {
  const stage = new Stage(flow, role);
  try {
    await stage.play();
  } finally {
    await stage.close();
  }
  return stage.result;
}

class Stage {
  private readonly clock = new VirtualClock();
  private readonly network = new SimulatedNetwork({
    clock: this.clock,
    random: new SeededRandom(1),
  });
  private readonly bindings = new Bindings();
  private readonly sockets = new Map<string, DatagramSocket>();
  /** What came to each party and was not looked at yet. */
  private readonly inboxes = new Map<Party, SipMessage[]>();
  /** Which of his addresses a party was last reached at. */
  private readonly reached = new Map<Party, string>();
  /** What we were sent so far: a message of ours may be one of these, passed on. */
  private readonly got: FlowMessage[] = [];
  private readonly sent: Sent[] = [];
  private readonly additional: string[] = [];
  private readonly problems: string[] = [];
  /** Of our own challenges the last nonce, and how often it was used. */
  private nonce: string | undefined;
  private nonceCount = 0;
  /** The last challenge that we were sent, by realm. */
  private readonly challenges = new Map<string, string>();
  private element: Element | undefined;

  constructor(
    private readonly flow: Flow,
    private readonly role: Party,
  ) {}

  get result(): Replayed {
    const { sent, additional, problems } = this;
    return { sent, additional, problems };
  }

  async play(): Promise<void> {
    const { flow, role, clock, network } = this;
    for (const party of new Set(flow.messages.flatMap(({ from, to }) => [from, to]))) {
      if (party !== role) for (const name of namesOf[party]) await this.openPeer(party, name);
    }
    this.element =
      role === 'Alice' || role === 'Bob'
        ? await openUserAgent(role, flow, clock, network)
        : await openServer(role, flow.section, clock, network);
    for (const message of flow.messages) {
      if (message.to === role) await this.deliver(message);
      else if (message.from === role) await this.expect(message);
    }
    await clock.run(moment);
    for (const party of this.inboxes.keys()) this.takeAdditional(party, 'all');
  }

  async close(): Promise<void> {
    const { element, clock, network, problems } = this;
    if (element === undefined) return;
    const finished = element.finish();
    await clock.run(longest);
    await finished;
    const left = Object.entries(element.open()).filter(([, count]) => count !== 0);
    if (left.length > 0) problems.push(`left open: ${JSON.stringify(left)}`);
    const closing = element.close();
    await clock.run(longest);
    await closing;
    for (const socket of this.sockets.values()) await socket.close();
    problems.push(...element.errors);
    if (network.open > 0) problems.push(`${network.open} sockets are left`);
    if (clock.pending > 0) problems.push(`${clock.pending} timers are left`);
  }

  private async openPeer(party: Party, name: string): Promise<void> {
    const host = hostNamed(name);
    this.inboxes.set(party, []);
    const socket = await this.network.bind(
      { host, port: sipPort },
      {
        onDatagram: (bytes) => {
          this.reached.set(party, name);
          this.inboxes.get(party)?.push(parseMessage(bytes));
        },
        onSocketError: () => undefined,
      },
    );
    this.sockets.set(name, socket);
  }

  /** A message of a peer's: the text of the RFC, with ours in place of its examples. */
  private async deliver(message: FlowMessage): Promise<void> {
    this.got.push(message);
    for (const [name, value] of message.fields) {
      if (/^(WWW|Proxy)-Authenticate$/.test(name)) {
        this.challenges.set(parseAuth(value).params.get('realm') ?? '', value);
      }
    }
    const ready = await this.withCredentials(message);
    this.send(
      message.from,
      message,
      textOf(ready, (text) => this.bindings.apply(text)),
    );
    await this.clock.run(moment);
  }

  private send(party: Party, message: FlowMessage, text: string): void {
    const usual = this.reached.get(party) ?? namesOf[party][0] ?? '';
    const top = /SIP\/2\.0\/UDP ([^:;]+)/.exec(field(message, 'Via') ?? '')?.[1] ?? '';
    const from = statusOf(message) === undefined ? top : usual;
    const host = hostNamed(this.ourName(message));
    const socket = this.sockets.get(from);
    if (socket === undefined) throw new Error(`${message.id}: nobody is ${from}`);
    socket.send(Buffer.from(text, 'latin1'), host, sipPort, () => undefined);
  }

  private ourName({ id }: FlowMessage): string {
    const { role, flow } = this;
    const names = namesOf[role];
    const name = role === 'Bob' && flow.section === '3.6' ? names[1] : names[0];
    if (name === undefined) throw new Error(`${id}: ${role} has no name`);
    return name;
  }

  /** Credentials for our realm, computed anew for a nonce of ours. */
  private async withCredentials(message: FlowMessage): Promise<FlowMessage> {
    const { realm } = this.element ?? {};
    const fields: (readonly [string, string])[] = [];
    for (const [name, value] of message.fields) {
      const forUs =
        /^(Proxy-)?Authorization$/.test(name) && parseAuth(value).params.get('realm') === realm;
      if (!forUs) {
        fields.push([name, value]);
        continue;
      }
      // RFC 3261 §22.1: an ACK has the credentials of its INVITE, and they are not counted.
      const method = methodOf(message);
      const nonce = this.nonce ?? (await this.askForNonce(message));
      if (method !== 'ACK') this.nonceCount += 1;
      fields.push([
        name,
        answered(value, method === 'ACK' ? 'INVITE' : method, nonce, this.nonceCount, this.secret),
      ]);
    }
    return { ...message, fields };
  }

  /** The flow begins after a challenge that it does not show. */
  private async askForNonce(message: FlowMessage): Promise<string> {
    const without = message.fields
      .filter(([name]) => !/^(Proxy-)?Authorization$/.test(name))
      .map(([name, value]): [string, string] => {
        if (name === 'Call-ID') return [name, `before-${value}`];
        return [name, name === 'Via' ? value.replace(/branch=[^;]+/, '$&x') : value];
      });
    this.send(message.from, message, textOf({ ...message, fields: without }));
    await this.clock.run(moment);
    const challenged = this.inboxes.get(message.from)?.splice(0) ?? [];
    for (const response of challenged) this.learnNonce(response);
    const to = challenged.at(-1)?.headers.get('To') ?? '';
    if (methodOf(message) === 'INVITE') {
      const kept = without.filter(([name]) => !name.startsWith('Content-'));
      const fields = kept.map(([name, value]): [string, string] => {
        if (name === 'To') return [name, to];
        return [name, name === 'CSeq' ? value.replace('INVITE', 'ACK') : value];
      });
      const ack = { ...message, start: message.start.replace('INVITE', 'ACK'), fields, body: '' };
      this.send(message.from, ack, textOf(ack));
      await this.clock.run(moment);
    }
    if (this.nonce === undefined) throw new Error(`${message.id}: we were not asked who we are`);
    return this.nonce;
  }

  /** Flow 2.5 shows what becomes of wrong credentials. */
  private get secret(): string {
    return this.flow.section === '2.5' ? `not ${password}` : password;
  }

  private learnNonce({ headers }: SipMessage): void {
    const challenge = headers.get('Proxy-Authenticate') ?? headers.get('WWW-Authenticate');
    if (challenge === undefined) return;
    const { params } = parseAuth(challenge);
    if (params.get('realm') !== this.element?.realm) return;
    this.nonce = params.get('nonce');
    this.nonceCount = 0;
  }

  /** A message of ours: it has to be there by itself, after at most the longest of timers. */
  private async expect(message: FlowMessage): Promise<void> {
    const { clock, bindings, flow, role } = this;
    const inbox = this.inboxes.get(message.to) ?? [];
    this.takeAdditional(message.to, message);
    if (inbox.length === 0) this.element?.act(message);
    await clock
      .runUntil(() => {
        this.takeAdditional(message.to, message);
        return inbox.length > 0;
      }, longest)
      .catch(() => {
        throw new Error(`${flow.section} ${message.id}: ${role} does not send ${message.start}`);
      });
    const ours = inbox.shift();
    if (ours === undefined) return;
    const made = this.isMade(message);
    this.bind(message, ours, made);
    const expected = parseMessage(
      Buffer.from(
        textOf(message, (text) => bindings.apply(text)),
        'latin1',
      ),
    );
    const found = differences(ours, expected, made);
    // RFC 3581: it stands in the binding, because the peers repeat it.
    if (ours.kind === 'request' && ours.topVia.rport !== undefined) found.push('+Via rport');
    this.sent.push({ message, made, differences: found });
    if (made) this.checkCredentials(ours);
    this.learnNonce(ours);
  }

  /** A provisional response that the RFC does not show at this place. */
  private takeAdditional(party: Party, expected: FlowMessage | 'all'): void {
    const inbox = this.inboxes.get(party) ?? [];
    for (let first = inbox[0]; first !== undefined; first = inbox[0]) {
      const trying = first.kind === 'response' && first.status === 100;
      const shown = expected !== 'all' && statusOf(expected) === 100;
      if (expected !== 'all' && (!trying || shown)) return;
      inbox.shift();
      this.additional.push(`${first.kind === 'request' ? first.method : first.status} to ${party}`);
    }
  }

  private isMade(message: FlowMessage): boolean {
    const status = statusOf(message);
    const method = methodOf(message);
    if (status === undefined) return message.fields.filter(([name]) => name === 'Via').length === 1;
    const passedOn = this.got.some(
      (each) => statusOf(each) === status && field(each, 'CSeq') === field(message, 'CSeq'),
    );
    return method === 'CANCEL' || !passedOn;
  }

  /** Learns what is ours in a message. */
  private bind(message: FlowMessage, ours: SipMessage, made: boolean): void {
    const { bindings } = this;
    const example = parseMessage(Buffer.from(textOf(message), 'latin1'));
    const name = this.ourName(message);
    if (example.kind === 'request') {
      bindings.bind(viaText(example), viaText(ours));
      const record = elementsOf(example.headers, 'Record-Route')[0];
      const recorded = elementsOf(ours.headers, 'Record-Route')[0];
      if (record?.includes(name) === true && recorded !== undefined)
        bindings.bind(record, recorded);
    }
    if (!made) return;
    const start = example.kind === 'request' && example.to.tag === undefined;
    if (start) {
      bindings.bind(`;tag=${example.from.tag ?? ''}`, `;tag=${ours.from.tag ?? ''}`);
      bindings.bind(example.callId, ours.callId);
    }
    if (example.kind === 'response' && example.to.tag !== undefined && ours.to.tag !== undefined) {
      bindings.bind(`;tag=${example.to.tag}`, `;tag=${ours.to.tag}`);
    }
    const [contact] = example.contacts;
    const [own] = ours.contacts;
    const isOwn = this.role === 'Alice' || this.role === 'Bob';
    if (isOwn && contact !== undefined && own !== undefined)
      bindings.bind(contact.uriText, own.uriText);
  }

  private checkCredentials(ours: SipMessage): void {
    if (ours.kind !== 'request' || ours.method === 'ACK') return;
    for (const name of ['Authorization', 'Proxy-Authorization']) {
      for (const credentials of ours.headers.getAll(name)) {
        const realm = parseAuth(credentials).params.get('realm') ?? '';
        const challenge = this.challenges.get(realm);
        if (challenge === undefined) this.problems.push(`nobody asked for ${credentials}`);
        else this.problems.push(...wrongWith(credentials, challenge, ours.method));
      }
    }
  }
}

/** Sent-by and branch of the topmost Via, which stand for one request of ours. */
function viaText(message: SipMessage): string {
  const { host, port, branch, rport } = message.topVia;
  const asked = rport === undefined ? '' : ';rport';
  return `${host}${port === undefined ? '' : `:${port}`};branch=${branch ?? ''}${asked}`;
}
