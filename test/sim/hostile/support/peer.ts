import type { NetworkAddress } from '../../../../runtime/core/address';
import { SeededRandom, token, type Random } from '../../../../runtime/core/random';
import type { SipRequest, SipResponse } from '../../../../runtime/sip/message/message';
import type { DatagramSocket } from '../../../../runtime/sip/transport/port';
import { offer } from '../../../fuzz/support/messages';
import { understood } from '../../../fuzz/support/watch';
import { serverAddress, type World } from '../../support/world';
import { type Claim, credentials } from './digest';

export interface Parts {
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly branch?: string;
  /** Instead of the sender's own address in Via. */
  readonly via?: string;
  readonly headers?: readonly string[];
  readonly type?: string;
  readonly body?: string;
}

const server = `${serverAddress.host}:${serverAddress.port}`;

let peers = 0;

/** How long a transaction may be without a final response (RFC 3261 §17.1.2.2, timer F). */
const patience = 32_000;

/**
 * Somebody on the network without a SIP stack, who says whatever he is told to and hears everything: a
 * stranger, or a user who does what he may not.
 */
export class Peer {
  readonly responses: SipResponse[] = [];
  readonly requests: SipRequest[] = [];
  /** Messages that are none: an answer to something malformed repeats what was wrong with it. */
  unreadable = 0;
  /** The answer to a request that comes; nothing when undefined. */
  onRequest: (request: SipRequest) => string | undefined = (request) =>
    request.method === 'ACK' ? undefined : answer(request, '200 OK', this.contact);
  private sequence = 0;
  private socket: DatagramSocket | undefined;

  private constructor(
    private readonly world: World,
    readonly address: NetworkAddress,
    private readonly random: Random,
  ) {}

  static async open(world: World, host = world.newHost()): Promise<Peer> {
    const address = { host, port: 5060 };
    // No two of them say the same.
    peers += 1;
    const peer = new Peer(world, address, new SeededRandom(peers));
    const socket = await world.network.bind(address, {
      onDatagram: (bytes) => peer.receive(bytes),
      onSocketError: () => undefined,
    });
    peer.socket = socket;
    world.onClose(() => socket.close());
    return peer;
  }

  get host(): string {
    return this.address.host;
  }

  get contact(): string {
    return `<sip:peer@${this.host}:5060>`;
  }

  send(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    this.socket?.send(bytes, serverAddress.host, serverAddress.port, () => undefined);
  }

  /** A request that is right in every way but for what the parts make of it. */
  write(method: string, uri: string, parts: Parts = {}): string {
    this.sequence += 1;
    const { body = '' } = parts;
    const isOffer = method === 'INVITE' && parts.body === undefined;
    const content = isOffer ? offer(this.host) : body;
    const type = isOffer ? 'application/sdp' : parts.type;
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: ${parts.via ?? `SIP/2.0/UDP ${this.host}:5060`};branch=${parts.branch ?? this.branch()}`,
      'Max-Forwards: 70',
      `From: ${parts.from ?? `<sip:peer@${this.host}>;tag=${this.token(32)}`}`,
      `To: ${parts.to ?? `<${uri}>`}`,
      `Call-ID: ${parts.callId ?? this.token(64)}`,
      `CSeq: ${parts.cseq ?? this.sequence} ${method}`,
      ...(parts.headers?.some((line) => line.startsWith('Contact:')) === true || method === 'ACK'
        ? []
        : [`Contact: ${this.contact}`]),
      ...(parts.headers ?? []),
      ...(type === undefined ? [] : [`Content-Type: ${type}`]),
      `Content-Length: ${Buffer.byteLength(content, 'latin1')}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${content}`;
  }

  /** Sends it once; its final response, which is acknowledged if it refuses an INVITE. Undefined: none came. */
  async ask(method: string, uri: string, parts: Parts = {}): Promise<SipResponse | undefined> {
    return this.exchange(this.write(method, uri, parts), method, uri, parts);
  }

  /** The same, and again with credentials when it is asked for them: gives the last final response. */
  async askAs(
    claim: Claim,
    method: string,
    uri: string,
    parts: Parts = {},
  ): Promise<SipResponse | undefined> {
    const first = await this.ask(method, uri, parts);
    if (first === undefined || (first.status !== 401 && first.status !== 407)) return first;
    const headers = [...(parts.headers ?? []), credentials(first, claim, method, uri)];
    return this.ask(method, uri, { ...parts, headers });
  }

  /** From and To of a user of the server. */
  static user(name: string): string {
    return `<sip:${name}@${server}>`;
  }

  register(
    claim: Claim,
    parts: Parts & { readonly user?: string } = {},
  ): Promise<SipResponse | undefined> {
    const aor = Peer.user(parts.user ?? claim.username);
    return this.askAs(claim, 'REGISTER', `sip:${server}`, {
      from: `${aor};tag=${this.token(32)}`,
      to: aor,
      ...parts,
    });
  }

  private async exchange(
    text: string,
    method: string,
    uri: string,
    parts: Parts,
  ): Promise<SipResponse | undefined> {
    const branch = /;branch=([^;\r]+)/.exec(text)?.[1] ?? '';
    const find = (): SipResponse | undefined =>
      this.responses.find((each) => each.status >= 200 && each.topVia.branch === branch);
    this.send(text);
    const { world } = this;
    const end = world.clock.now() + patience;
    while (find() === undefined && world.clock.now() < end) await world.run(50);
    const final = find();
    if (method === 'INVITE' && final !== undefined) this.acknowledge(final, uri, parts, branch);
    return final;
  }

  private acknowledge(final: SipResponse, uri: string, parts: Parts, branch: string): void {
    const { headers } = final;
    const common = {
      from: headers.get('From') ?? '',
      to: headers.get('To') ?? '',
      callId: final.callId,
      cseq: final.cseq.sequence,
    };
    if (final.status >= 300) {
      const routes = (parts.headers ?? []).filter((line) => line.startsWith('Route:'));
      this.send(this.write('ACK', uri, { ...common, branch, headers: routes }));
      return;
    }
    // RFC 3261 §12.1.2: the way back is that of the Record-Routes, the last one first.
    const routes = [...headers.getAll('Record-Route')].reverse().map((route) => `Route: ${route}`);
    const target = final.contacts[0]?.uriText ?? uri;
    this.send(this.write('ACK', target, { ...common, headers: routes }));
  }

  private receive(bytes: Uint8Array): void {
    const message = understood(bytes);
    if (message === undefined) {
      this.unreadable += 1;
      return;
    }
    if (message.kind === 'response') {
      this.responses.push(message);
      return;
    }
    this.requests.push(message);
    const text = this.onRequest(message);
    if (text !== undefined) this.send(text);
  }

  private branch(): string {
    return `z9hG4bK${this.token(64)}`;
  }

  private token(bits: number): string {
    return token(this.random, bits);
  }
}

/** What is said to a request, with what makes it one of a dialog. */
export function answer(request: SipRequest, status: string, contact: string): string {
  const copied = ['Via', 'Record-Route', 'From', 'Call-ID', 'CSeq'].flatMap((name) =>
    request.headers.getAll(name).map((value) => `${name}: ${value}`),
  );
  const to = request.headers.get('To') ?? '';
  const tagged = request.to.tag === undefined ? `${to};tag=answered` : to;
  const accepts = request.method === 'INVITE' && status.startsWith('2');
  const body = accepts ? offer('10.1.0.250') : '';
  const lines = [
    `SIP/2.0 ${status}`,
    ...copied,
    `To: ${tagged}`,
    `Contact: ${contact}`,
    ...(accepts ? ['Content-Type: application/sdp'] : []),
    `Content-Length: ${body.length}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
