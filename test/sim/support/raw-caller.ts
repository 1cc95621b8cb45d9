import { formatAddress } from '../../../runtime/core/address';
import { token, type Random } from '../../../runtime/core/random';
import type { SipMessage, SipRequest, SipResponse } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';
import type { DatagramSocket } from '../../../runtime/sip/transport/port';
import { audioPacket } from './stray-media';
import { serverAddress, type World } from './world';

const mediaPort = 40_000;

export interface RequestParts {
  readonly cseq?: number;
  readonly branch?: string;
  readonly to?: string;
  readonly uri?: string;
  readonly headers?: readonly string[];
  readonly type?: string;
  readonly body?: string;
}

/**
 * A caller without a SIP stack: it sends the texts it is told to, as often as it is told to, and keeps
 * what comes back. Unless told otherwise it acknowledges and answers what it gets, so that a script says
 * only what is wrong with it.
 */
export class RawCaller {
  readonly host: string;
  readonly callId: string;
  readonly received: SipMessage[] = [];
  /** Whether final responses to the INVITE are acknowledged by themselves. */
  acknowledges = true;
  /** Whether requests of the server's are answered. */
  answers = true;
  /** The description that goes into the ACK (delayed offer). */
  ackBody = '';
  /** The last 2xx to the INVITE. */
  accepted: SipResponse | undefined;
  private readonly fromTag: string;
  private readonly inviteBranch: string;
  private readonly watchers = new Set<() => void>();
  private sequence = 1;
  private socket_: DatagramSocket | undefined;
  private microphone: DatagramSocket | undefined;

  private constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly flow: string,
  ) {
    this.host = world.newHost();
    this.callId = `${token(random, 64)}@${this.host}`;
    this.fromTag = token(random, 32);
    this.inviteBranch = this.newBranch();
  }

  static async open(world: World, random: Random, flow = 'reception'): Promise<RawCaller> {
    const caller = new RawCaller(world, random, flow);
    const socket = await world.network.bind(
      { host: caller.host, port: 5060 },
      { onDatagram: (bytes) => caller.receive(bytes), onSocketError: () => undefined },
    );
    caller.socket_ = socket;
    caller.microphone = await world.network.bind(
      { host: caller.host, port: mediaPort },
      { onDatagram: () => undefined, onSocketError: () => undefined },
    );
    world.onClose(async () => {
      await socket.close();
      await caller.microphone?.close();
    });
    return caller;
  }

  /** The SDP of a caller with PCMU and events. */
  offer(formats = '0 101', extra = ''): string {
    const { host } = this;
    return [
      ...['v=0', `o=raw 1 1 IN IP4 ${host}`, 's=-', `c=IN IP4 ${host}`, 't=0 0'],
      `m=audio ${mediaPort} RTP/AVP ${formats}`,
      'a=rtpmap:101 telephone-event/8000',
      ...(extra === '' ? [] : [extra]),
      '',
    ].join('\r\n');
  }

  /** The INVITE, the same each time: what is sent twice is a retransmission. */
  invite(body = this.offer(), headers: readonly string[] = []): void {
    const type = body === '' ? {} : { type: 'application/sdp' };
    const uri = `sip:${this.flow}@${formatAddress(serverAddress)}`;
    this.sendRequest('INVITE', {
      ...{ cseq: 1, branch: this.inviteBranch, to: `<${uri}>`, uri, headers, body },
      ...type,
    });
  }

  /** RFC 3261 §9.1: all of the INVITE's that matters. */
  cancel(): void {
    const uri = `sip:${this.flow}@${formatAddress(serverAddress)}`;
    this.sendRequest('CANCEL', { cseq: 1, branch: this.inviteBranch, to: `<${uri}>`, uri });
  }

  ack(): void {
    const { accepted } = this;
    if (accepted === undefined) return;
    this.sendRequest('ACK', {
      cseq: accepted.cseq.sequence,
      ...(this.ackBody === '' ? {} : { body: this.ackBody, type: 'application/sdp' }),
    });
  }

  /** A request inside the dialog; returns its branch. */
  inDialog(method: string, parts: RequestParts = {}): string {
    const branch = parts.branch ?? this.newBranch();
    this.sequence = parts.cseq ?? this.sequence + 1;
    this.sendRequest(method, { ...parts, branch, cseq: this.sequence });
    return branch;
  }

  send(bytes: string | Uint8Array): void {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    this.socket.send(data, serverAddress.host, serverAddress.port, () => undefined);
  }

  /** Lets its microphone be heard now and then for so many milliseconds: enough not to be taken for gone. */
  async murmur(duration: number): Promise<void> {
    const port = /m=audio (\d+)/.exec(Buffer.from(this.accepted?.body ?? '').toString())?.[1];
    if (port === undefined) return;
    const ssrc = this.random.uint32();
    for (let sent = 0; sent * 1_000 < duration; sent += 1) {
      const packet = audioPacket(sent, ssrc);
      this.microphone?.send(packet, serverAddress.host, Number(port), () => undefined);
      await this.world.after(1_000);
    }
  }

  /** The last response to a request with this number and method, if any came. */
  response(method: string, cseq?: number): SipResponse | undefined {
    return this.received
      .filter((message) => message.kind === 'response')
      .filter(({ cseq: got }) => got.method === method && (cseq ?? got.sequence) === got.sequence)
      .at(-1);
  }

  get final(): SipResponse | undefined {
    return this.received
      .filter((message) => message.kind === 'response')
      .filter(({ status, cseq }) => status >= 200 && cseq.method === 'INVITE')
      .at(-1);
  }

  requests(method: string): SipRequest[] {
    return this.received
      .filter((message) => message.kind === 'request')
      .filter((request) => request.method === method);
  }

  /** Whether the condition came true within the time. */
  until(condition: () => boolean, limit = 64_000): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    const { clock } = this.world;
    return new Promise((resolve) => {
      const finish = (result: boolean): void => {
        clock.clearTimeout(timer);
        this.watchers.delete(look);
        resolve(result);
      };
      const look = (): void => {
        if (condition()) finish(true);
      };
      const timer = clock.setTimeout(() => finish(false), limit);
      this.watchers.add(look);
    });
  }

  /** Sends the INVITE as timer A would, until something comes back. */
  async call(body?: string, headers?: readonly string[]): Promise<boolean> {
    for (const pause of [500, 1_000, 2_000, 4_000, 8_000, 16_000]) {
      this.invite(body, headers);
      if (await this.until(() => this.final !== undefined, pause)) return true;
    }
    return false;
  }

  /** Sends a request as timer E would, until it is answered. */
  async ask(method: string, parts: RequestParts = {}): Promise<SipResponse | undefined> {
    const cseq = parts.cseq ?? this.sequence + 1;
    const branch = this.newBranch();
    for (const pause of [500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000]) {
      this.inDialog(method, { ...parts, cseq, branch });
      const final = (): SipResponse | undefined => {
        const response = this.response(method, cseq);
        return response !== undefined && response.status >= 200 ? response : undefined;
      };
      if (await this.until(() => final() !== undefined, pause)) return final();
    }
    return undefined;
  }

  private sendRequest(method: string, parts: RequestParts): void {
    const { accepted, host } = this;
    const uri =
      parts.uri ?? accepted?.contacts[0]?.uriText ?? `sip:${formatAddress(serverAddress)}`;
    const to = parts.to ?? accepted?.headers.get('To') ?? '<sip:nobody@10.0.0.1>';
    const body = parts.body ?? '';
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${host}:5060;branch=${parts.branch ?? this.newBranch()}`,
      'Max-Forwards: 70',
      `From: <sip:raw@${host}>;tag=${this.fromTag}`,
      `To: ${to}`,
      `Call-ID: ${this.callId}`,
      `CSeq: ${parts.cseq ?? 1} ${method}`,
      `Contact: <sip:raw@${host}:5060>`,
      ...(parts.headers ?? []),
      ...(parts.type === undefined ? [] : [`Content-Type: ${parts.type}`]),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    this.send(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  private receive(bytes: Uint8Array): void {
    const message = parseMessage(bytes);
    this.received.push(message);
    if (message.kind === 'response') this.take(message);
    else if (this.answers && message.method !== 'ACK') this.answer(message);
    for (const look of [...this.watchers]) look();
  }

  private take(response: SipResponse): void {
    const { status, cseq } = response;
    if (cseq.method !== 'INVITE' || status < 200) return;
    if (status < 300) {
      this.accepted = response;
      if (this.acknowledges) this.ack();
      return;
    }
    if (!this.acknowledges) return;
    // RFC 3261 §17.1.1.3: the ACK for a refusal belongs to the INVITE's transaction.
    this.sendRequest('ACK', {
      cseq: cseq.sequence,
      branch: response.topVia.branch ?? this.inviteBranch,
      to: response.headers.get('To') ?? '',
    });
  }

  private answer(request: SipRequest): void {
    const { method } = request;
    const status = method === 'BYE' || method === 'INVITE' ? '200 OK' : '501 Not Implemented';
    const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
      request.headers.getAll(name).map((value) => `${name}: ${value}`),
    );
    const body = method === 'INVITE' ? this.offer() : '';
    const described = [
      `Contact: <sip:raw@${this.host}:5060>`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    this.send(`SIP/2.0 ${status}\r\n${[...copied, ...described].join('\r\n')}\r\n\r\n${body}`);
  }

  private newBranch(): string {
    return `z9hG4bK${token(this.random, 64)}`;
  }

  private get socket(): DatagramSocket {
    if (this.socket_ === undefined) throw new Error('the caller is not open');
    return this.socket_;
  }
}
