import type { NetworkAddress } from '../../../runtime/core/address';
import type { SipMessage, SipRequest, SipResponse } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';
import type { DatagramSocket } from '../../../runtime/sip/transport/port';
import { anySdp } from './network-phone';
import type { ElementNetwork } from './element-network';

export interface StrangerRequest {
  readonly method: string;
  readonly uri: string;
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly branch?: string;
  readonly maxForwards?: number;
  readonly headers?: readonly string[];
}

/** Somebody without a SIP stack: sends the texts that he is told to, and hears everything. */
export class Stranger {
  /** With the time in milliseconds since the epoch at which it came. */
  readonly received: {
    readonly at: number;
    readonly message: SipMessage;
    readonly text: string;
  }[] = [];
  private sent = 0;

  private constructor(
    private readonly net: ElementNetwork,
    readonly host: string,
    private readonly server: NetworkAddress,
    private readonly socket: DatagramSocket,
  ) {}

  static async open(net: ElementNetwork, host: string, server: NetworkAddress): Promise<Stranger> {
    const received: Stranger['received'] = [];
    const socket = await net.network.bind(
      { host, port: 5060 },
      {
        onDatagram: (bytes) => {
          const text = Buffer.from(bytes).toString('latin1');
          received.push({ at: net.clock.now(), message: parseMessage(bytes), text });
        },
        onSocketError: () => undefined,
      },
    );
    const stranger = new Stranger(net, host, server, socket);
    net.onClose(() => socket.close());
    return Object.assign(stranger, { received });
  }

  get responses(): SipResponse[] {
    return this.received.flatMap(({ message }) => (message.kind === 'response' ? [message] : []));
  }

  get requests(): SipRequest[] {
    return this.received.flatMap(({ message }) => (message.kind === 'request' ? [message] : []));
  }

  /** Sends a request once; a refused INVITE is acknowledged. Resolves with its final response, if one comes in 40 s. */
  async ask(request: StrangerRequest): Promise<SipResponse | undefined> {
    const { clock } = this.net;
    const before = this.responses.length;
    const branch = this.send(request);
    const final = (): SipResponse | undefined =>
      this.responses
        .slice(before)
        .find(({ status, topVia }) => status >= 200 && topVia.branch === branch);
    await clock.runUntil(() => final() !== undefined, 40_000).catch(() => undefined);
    const response = final();
    if (request.method === 'INVITE' && response !== undefined) {
      const to = response.headers.get('To') ?? '';
      this.send({ ...request, method: 'ACK', to, branch });
    }
    return response;
  }

  /** Returns the branch. */
  send(request: StrangerRequest): string {
    const { host, server } = this;
    this.sent += 1;
    const { method, uri, headers = [] } = request;
    const branch = request.branch ?? `z9hG4bKstranger${host}n${this.sent}`;
    const body = method === 'INVITE' ? anySdp : '';
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${host}:5060;branch=${branch}`,
      `Max-Forwards: ${request.maxForwards ?? 70}`,
      `From: ${request.from ?? `<sip:stranger@${host}>`};tag=stranger`,
      `To: ${request.to ?? `<${uri}>`}`,
      `Call-ID: ${request.callId ?? `stranger-${this.sent}-${host}`}`,
      `CSeq: ${request.cseq ?? 1} ${method}`,
      `Contact: <sip:stranger@${host}:5060>`,
      ...headers,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
    this.socket.send(bytes, server.host, server.port, () => undefined);
    return branch;
  }
}
