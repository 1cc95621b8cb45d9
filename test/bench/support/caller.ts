import { createSocket, type Socket } from 'node:dgram';
import { RealClock } from '../../../runtime/core/clock';
import { writeTelephoneEvent } from '../../../runtime/media/dtmf/telephone-event';
import { writeRtpHeader } from '../../../runtime/media/rtp/packet';
import { bareSocket } from './bare-socket';
import { HOST } from './media-protocol';
import { sleep } from './process';

const clock = new RealClock();
/** Packets of a press, the last three of which say that it is over; RFC 4733 §2.5.1.4. */
const PACKETS = 8;
const ENDS = 3;

/** A phone's sound: notes when it hears something, and presses keys. */
export class Ear {
  /** When the last packet came. */
  lastAt = 0;
  private sequence = 0;
  private readonly event = new Uint8Array(16);

  private constructor(
    private readonly socket: Socket,
    private readonly ssrc: number,
  ) {
    socket.on('message', (packet) => {
      if (packet.length > 12) this.lastAt = clock.now();
    });
  }

  static async open(index: number): Promise<Ear> {
    return new Ear(await bareSocket(), 0x2000_0000 + index);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Sends one packet: who hears it knows where we are. */
  greet(port: number): void {
    this.socket.send(Buffer.alloc(12), port, HOST);
  }

  /**
   * Presses a key; resolves with the milliseconds from its first packet to the last that was heard, 0 when none was
   * heard behind it, or undefined when it did not become silent.
   */
  async press(port: number): Promise<number | undefined> {
    const { event } = this;
    const timestamp = (clock.now() * 8) >>> 0;
    const pressed = clock.now();
    if (pressed - this.lastAt > 200) throw new Error('there is no prompt that a key could end');
    for (let number = 0; number < PACKETS; number += 1) {
      const over = number >= PACKETS - ENDS;
      const units = 160 * Math.min(number + 1, PACKETS - ENDS + 1);
      this.sequence = (this.sequence + 1) & 0xffff;
      writeRtpHeader(event, number === 0, 101, this.sequence, timestamp, this.ssrc);
      writeTelephoneEvent(event, 12, 5, over, 10, units);
      this.socket.send(event, port, HOST);
      await sleep(20);
    }
    await sleep(300);
    if (clock.now() - this.lastAt < 150) return undefined;
    return Math.max(0, this.lastAt - pressed);
  }

  close(): void {
    this.socket.close();
  }
}

/** Phones behind one SIP socket, each with an {@link Ear}, that call one server. */
export class Callers {
  private readonly calls = new Map<string, Call>();
  private readonly socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 });

  constructor(private readonly server: number) {}

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.bind(0, HOST, resolve));
    this.socket.on('message', (bytes) => this.onMessage(bytes.toString('latin1')));
  }

  /** Calls a flow; resolves with the port that its sound comes from. */
  async call(id: string, flow: string, ear: { readonly port: number }): Promise<number> {
    const sdp = [
      ...['v=0', `o=bench 1 1 IN IP4 ${HOST}`, 's=-', `c=IN IP4 ${HOST}`, 't=0 0'],
      ...[`m=audio ${ear.port} RTP/AVP 0 101`, 'a=rtpmap:101 telephone-event/8000', ''],
    ].join('\r\n');
    const answered = new Promise<string>((resolve) => {
      this.calls.set(id, { flow, to: `<sip:${flow}@${HOST}>`, resolve });
    });
    this.send(id, 'INVITE', 1, sdp);
    const answer = await answered;
    return Number(/\r\nm=audio (\d+)/.exec(answer)?.[1]);
  }

  /** Ends all calls; resolves when each BYE was answered. */
  async end(): Promise<void> {
    for (const id of this.calls.keys()) {
      const over = new Promise<string>((resolve) => {
        const call = this.calls.get(id);
        if (call !== undefined) this.calls.set(id, { ...call, resolve });
      });
      this.send(id, 'BYE', 2);
      await over;
    }
    this.socket.close();
  }

  private send(id: string, method: string, sequence: number, body = ''): void {
    const { flow, to } = this.calls.get(id) as Call;
    const { port } = this.socket.address();
    const lines = [
      `${method} sip:${flow}@${HOST}:${this.server} SIP/2.0`,
      `Via: SIP/2.0/UDP ${HOST}:${port};branch=z9hG4bK${id}${method}`,
      `From: <sip:bench@${HOST}>;tag=${id}`,
      `To: ${to}`,
      `Call-ID: ${id}`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <sip:bench@${HOST}:${port}>`,
      'Max-Forwards: 70',
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    this.socket.send(`${lines.join('\r\n')}\r\n\r\n${body}`, this.server, HOST);
  }

  private onMessage(text: string): void {
    if (text.startsWith('SIP/2.0 1')) return;
    const id = /\r\nCall-ID: ([^\r]*)/i.exec(text)?.[1] ?? '';
    const call = this.calls.get(id);
    if (call === undefined) return;
    if (!text.startsWith('SIP/2.0 200')) throw new Error(`not taken: ${text}`);
    if (/\r\nCSeq: \d+ INVITE/i.test(text)) {
      const to = /\r\nTo: ([^\r]*)/i.exec(text)?.[1] ?? call.to;
      this.calls.set(id, { ...call, to });
      // Also when it comes again: the first ACK may be lost.
      this.send(id, 'ACK', 1);
    }
    call.resolve(text);
  }
}

interface Call {
  readonly flow: string;
  readonly to: string;
  readonly resolve: (answer: string) => void;
}
