import { below, token, type Random } from '../../../runtime/core/random';
import type { SipRequest } from '../../../runtime/sip/message/message';
import type { DatagramSocket } from '../../../runtime/sip/transport/port';
import { serverAddress, type World } from '../../sim/support/world';
import { offer, response } from './messages';
import { mutate, mutateHeaders } from './mutate';
import { understood } from './watch';

const server = `${serverAddress.host}:${serverAddress.port}`;
const users = ['alice', 'bob', 'nobody', '%62ob', 'wait', ''];

/** What a contact may be, among much that it may not. */
const contactParams = ['', ';expires=60', ';expires=0', ';q=0.5', ';q=1;expires=120', ';reg-id=1'];

/** What a phone says to a request: each of these ends the transaction, or does not. */
const statuses = [
  ...['100 Trying', '180 Ringing', '183 Session Progress', '200 OK', '200 OK', '302 Moved'],
  ...[
    '404 Not Found',
    '407 Proxy Authentication Required',
    '408 Request Timeout',
    '430 Flow Failed',
  ],
  ...['486 Busy Here', '487 Request Terminated', '503 Service Unavailable', '603 Decline'],
];

/**
 * A phone of a house that has lost its mind: it registers, calls, cancels and answers, and most of what it says
 * is nearly right.
 */
export class Member {
  /** Requests that it sent and may refer to later. */
  private readonly said: string[] = [];
  /** Headers of dialogs that it has seen, from either end. */
  private readonly seen: SipRequest[] = [];

  private constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly socket: DatagramSocket,
  ) {}

  static async open(world: World, random: Random): Promise<Member> {
    const holder: { member?: Member } = {};
    const address = { host: world.newHost(), port: 5060 };
    const socket = await world.network.bind(address, {
      onDatagram: (bytes) => holder.member?.receive(bytes),
      onSocketError: () => undefined,
    });
    world.onClose(() => socket.close());
    holder.member = new Member(world, random, socket);
    return holder.member;
  }

  send(bytes: Uint8Array): void {
    this.socket.send(bytes, serverAddress.host, serverAddress.port, () => undefined);
  }

  /** A request that is right, or is not any more. */
  anything(): Buffer {
    const { random } = this;
    const right = this.right();
    this.said.push(right);
    if (this.said.length > 20) this.said.shift();
    const bytes = Buffer.from(right, 'latin1');
    switch (below(random, 4)) {
      case 0:
        return mutate(bytes, random);
      case 1:
      case 2:
        return mutateHeaders(bytes, random);
      default:
        return bytes;
    }
  }

  private right(): string {
    const { random } = this;
    const one = <T>(list: readonly T[]): T => list[below(random, list.length)] as T;
    switch (below(random, 12)) {
      case 0:
      case 1:
      case 2:
        return this.register(one);
      case 3:
      case 4:
        return this.write('INVITE', this.uri(one), { body: offer(this.host), one });
      case 5:
        return this.repeat(one, 'CANCEL');
      case 6:
        return this.repeat(one, one(['ACK', 'BYE', 'INVITE', 'PRACK']));
      case 7:
        return this.inDialog(one);
      case 8:
        return this.write('SUBSCRIBE', this.uri(one), {
          one,
          headers: ['Event: presence', 'Expires: 60'],
        });
      case 9: {
        const to = one([
          'sip:bob@10.0.0.1',
          'tel:+49301',
          'sip:bob@10.0.0.1?Replaces=a%3Bto-tag%3Db',
          '*',
        ]);
        return this.write('REFER', this.uri(one), { one, headers: [`Refer-To: <${to}>`] });
      }
      default:
        return this.write(
          one(['MESSAGE', 'OPTIONS', 'PUBLISH', 'INFO', 'STRANGE']),
          this.uri(one),
          { one },
        );
    }
  }

  private get host(): string {
    return this.socket.local.host;
  }

  private uri(one: <T>(list: readonly T[]) => T): string {
    const host = one([
      server,
      server,
      server,
      serverAddress.host,
      'callchart',
      '10.66.66.66',
      'nowhere.example',
    ]);
    const user = one(users);
    return `sip:${user === '' ? '' : `${user}@`}${host}${one(['', '', ';transport=udp', ';lr', ';maddr=10.66.66.66'])}`;
  }

  private register(one: <T>(list: readonly T[]) => T): string {
    const contact = (): string =>
      `Contact: <sip:phone@${one([this.host, this.host, '10.66.66.66', server])}${one(['', ';ob', ';lr'])}>${one(contactParams)}`;
    const contacts = one([
      [contact()],
      [contact(), contact(), contact()],
      ['Contact: *', 'Expires: 0'],
      [
        `${contact()};+sip.instance="<urn:uuid:${below(this.random, 5)}>"`,
        'Supported: outbound, path',
      ],
      [contact(), `Path: <sip:${one([server, '10.66.66.66'])};lr>`, 'Supported: path'],
      [],
    ]);
    const expires = one([[], ['Expires: 3600'], ['Expires: 1'], ['Expires: 0']]);
    return this.write('REGISTER', `sip:${server}`, {
      ...{ one, headers: [...contacts, ...expires], contact: false },
      to: `<sip:${one(users)}@${server}>`,
    });
  }

  private write(
    method: string,
    uri: string,
    parts: {
      readonly one: <T>(list: readonly T[]) => T;
      readonly headers?: readonly string[];
      readonly to?: string;
      readonly body?: string;
      readonly contact?: boolean;
    },
  ): string {
    const { one, headers = [], to = `<${uri}>`, body = '' } = parts;
    const { random } = this;
    const route = one([
      ...[[], [], []],
      [`Route: <sip:${server};lr>`],
      [`Route: <sip:${server};lr>, <sip:10.66.66.66;lr>`],
      [`Route: <sip:${server};lr;call=0123456789abcdef>`],
      [`Route: <sip:flow~dWRw~c2lnbmF0dXJl@${server};lr>`],
    ]);
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${this.host}:5060;branch=z9hG4bK${token(random, 48)}${one(['', ';rport'])}`,
      `Max-Forwards: ${one([70, 70, 70, 1, 0])}`,
      `From: <sip:${one(users)}@${one([server, 'example.org', 'anonymous.invalid'])}>;tag=${token(random, 32)}`,
      `To: ${to}`,
      `Call-ID: ${token(random, 64)}`,
      `CSeq: ${1 + below(random, 100)} ${method}`,
      ...(parts.contact === false ? [] : [`Contact: <sip:phone@${this.host}>`]),
      ...route,
      ...headers,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n');
  }

  /** Another method in the name of a request that went before: its branch, its Call-ID. */
  private repeat(one: <T>(list: readonly T[]) => T, method: string): string {
    const { said } = this;
    if (said.length === 0) return this.register(one);
    const [start = '', ...lines] = one(said).split('\r\n\r\n')[0]?.split('\r\n') ?? [];
    const others = lines
      .filter((line) => !/^Content-/.test(line))
      .map((line) => (line.startsWith('CSeq:') ? line.replace(/ \S+$/, ` ${method}`) : line));
    return [start.replace(/^\S+/, method), ...others, 'Content-Length: 0', '', ''].join('\r\n');
  }

  /** A request of a dialog, by the Record-Route that was in what came. */
  private inDialog(one: <T>(list: readonly T[]) => T): string {
    const { seen } = this;
    const about = seen.length === 0 ? undefined : one(seen);
    if (about === undefined) return this.register(one);
    const routes = about.headers.getAll('Record-Route').map((value) => `Route: ${value}`);
    const method = one(['BYE', 'INVITE', 'UPDATE', 'MESSAGE', 'ACK', 'SUBSCRIBE']);
    const target = about.headers.get('Contact')?.replace(/^.*<|>.*$/g, '') ?? `sip:${server}`;
    return [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${this.host}:5060;branch=z9hG4bK${token(this.random, 48)}`,
      'Max-Forwards: 70',
      `From: ${about.headers.get('To') ?? ''};tag=mine`,
      `To: ${about.headers.get('From') ?? ''}`,
      `Call-ID: ${about.callId}`,
      `CSeq: ${1 + below(this.random, 1_000)} ${method}`,
      `Contact: <sip:phone@${this.host}>`,
      ...routes,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
  }

  /** Every request is answered in the end; what comes before is anything. */
  private receive(bytes: Uint8Array): void {
    const message = understood(bytes);
    if (message?.kind !== 'request') return;
    this.seen.push(message);
    if (this.seen.length > 20) this.seen.shift();
    if (message.method === 'ACK') return;
    const { random } = this;
    for (let i = below(random, 3); i > 0; i -= 1) {
      const status = statuses[below(random, statuses.length)] as string;
      const contact = `Contact: <sip:phone@${below(random, 2) === 0 ? this.host : server}>`;
      const right = response(message, status, [contact]);
      this.send(below(random, 2) === 0 ? mutateHeaders(right, random) : mutate(right, random));
    }
    const last = response(message, below(random, 2) === 0 ? '200 OK' : '480 Gone', [
      `Contact: <sip:phone@${this.host}>`,
    ]);
    const timer = this.world.clock.setTimeout(() => this.send(last), below(random, 3_000));
    this.world.onClose(() => {
      this.world.clock.clearTimeout(timer);
      return Promise.resolve();
    });
  }
}
