import type { SipRequest } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';
import type { DatagramSocket } from '../../../runtime/sip/transport/port';
import { oneScene, type Scene } from '../scene';

const open = oneScene();

const host = '10.0.7.7';

/** A proxy that forks, as its server sees it: responses with several tags to one INVITE. */
class Fork {
  invite: SipRequest | undefined;
  readonly methods: string[] = [];
  private socket: DatagramSocket | undefined;

  static async open(scene: Scene): Promise<Fork> {
    const fork = new Fork();
    fork.socket = await scene.network.bind(
      { host, port: 5060 },
      {
        onDatagram: (bytes) => fork.receive(bytes),
        onSocketError: () => undefined,
      },
    );
    return fork;
  }

  private receive(bytes: Uint8Array): void {
    const message = parseMessage(Buffer.from(bytes));
    if (message.kind !== 'request') return;
    this.methods.push(`${message.method} ${message.to.tag ?? ''}`.trim());
    if (message.method === 'INVITE') {
      this.invite = message;
      this.send(message, 100, 'proxy');
    } else if (message.method !== 'ACK') this.send(message, 200, message.to.tag ?? '');
  }

  respond(status: number, tag: string, port?: number): void {
    if (this.invite === undefined) throw new Error('no INVITE came');
    this.send(this.invite, status, tag, port);
  }

  private send(request: SipRequest, status: number, tag: string, port?: number): void {
    const sdp =
      port === undefined
        ? ''
        : `v=0\r\no=- ${port} 1 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;
    const lines = [`SIP/2.0 ${status} Whatever`];
    for (const name of ['Via', 'From', 'Call-ID', 'CSeq']) {
      for (const value of request.headers.getAll(name)) lines.push(`${name}: ${value}`);
    }
    const to = request.headers.get('To') ?? '';
    lines.push(`To: ${to.includes(';tag=') ? to : `${to};tag=${tag}`}`);
    lines.push(`Contact: <sip:${tag}@${host}>`);
    if (sdp !== '') lines.push('Content-Type: application/sdp');
    lines.push(`Content-Length: ${sdp.length}`, '', sdp);
    this.socket?.send(Buffer.from(lines.join('\r\n')), '10.0.0.1', 5060, () => undefined);
  }

  close(): Promise<void> {
    return this.socket?.close() ?? Promise.resolve();
  }
}

describe('one INVITE that a proxy forks', () => {
  it('may have early sound from two, and the answer from the second: that one is heard', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const fork = await Fork.open(scene);
    const sent = new Map<number, number>();
    const sinks: DatagramSocket[] = [];
    for (const port of [4_000, 4_002, 4_004]) {
      const sink = await scene.network.bind(
        { host, port },
        {
          onDatagram: () => sent.set(port, (sent.get(port) ?? 0) + 1),
          onSocketError: () => undefined,
        },
      );
      sinks.push(sink);
    }
    const dial = scene.dial(call, { targets: [`sip:bob@${host}`] });
    await scene.run(500);
    fork.respond(183, 'one', 4_000);
    await scene.run(500);
    fork.respond(183, 'two', 4_002);
    await scene.run(500);
    fork.respond(200, 'two', 4_002);
    await scene.run(500);
    expect(caller.established).toBe(true);
    const before = sent.get(4_002) ?? 0;
    await scene.run(1_000);
    expect((sent.get(4_002) ?? 0) - before).toBeGreaterThan(40);
    expect(dial.result).toBeUndefined();
    // A second 2xx is acknowledged, and ended.
    fork.respond(200, 'three', 4_004);
    await scene.run(1_000);
    expect(fork.methods).toEqual(['INVITE', 'ACK two', 'ACK three', 'BYE three']);
    expect(sent.get(4_004)).toBeUndefined();
    caller.hangUp();
    await scene.run(100);
    expect(fork.methods.at(-1)).toBe('BYE two');
    await scene.run(40_000);
    await Promise.all([fork.close(), ...sinks.map((sink) => sink.close())]);
  });
});
