import { createSocket, type Socket } from 'node:dgram';

const host = '127.0.0.1';

/** Phones behind one socket: they register, take every MESSAGE, and somebody sends each of them one. */
export class Phones {
  /** By Call-ID, until they are answered. */
  private readonly waiting = new Map<string, string>();
  private readonly socket: Socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 });
  private round = 0;

  constructor(private readonly count: number) {}

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.bind(0, host, resolve));
    this.socket.on('message', (bytes, { port }) => this.onMessage(bytes.toString('latin1'), port));
  }

  close(): void {
    this.socket.close();
  }

  /** Resolves when each phone has had its answer. */
  register(port: number): Promise<void> {
    return this.all(port, 'REGISTER', (user) => [
      `Contact: <sip:${user}@${host}:${this.socket.address().port}>`,
      'Expires: 3600',
    ]);
  }

  /** A MESSAGE to each of them at once; resolves when all were answered. */
  message(port: number): Promise<void> {
    return this.all(port, 'MESSAGE', () => []);
  }

  private async all(
    port: number,
    method: string,
    more: (user: string) => readonly string[],
  ): Promise<void> {
    this.round += 1;
    for (let index = 0; index < this.count; index += 1) {
      const user = `user${index}`;
      const id = `${method}-${this.round}-${index}`;
      const uri = method === 'REGISTER' ? `sip:${host}:${port}` : `sip:${user}@${host}:${port}`;
      const lines = [
        `${method} ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP ${host}:${this.socket.address().port};branch=z9hG4bK${id}`,
        // Only who registers may say to be a user without a password here.
        `From: <sip:${method === 'REGISTER' ? user : 'caller'}@${host}:${port}>;tag=${id}`,
        `To: <sip:${user}@${host}:${port}>`,
        `Call-ID: ${id}`,
        `CSeq: 1 ${method}`,
        'Max-Forwards: 70',
        ...more(user),
        'Content-Length: 0',
      ];
      this.waiting.set(id, `${lines.join('\r\n')}\r\n\r\n`);
    }
    // What the kernel had no room for is sent again, as phones do.
    for (let attempt = 0; this.waiting.size > 0; attempt += 1) {
      if (attempt > 20) throw new Error(`${this.waiting.size} of ${method} were not answered`);
      for (const text of this.waiting.values()) this.socket.send(text, port, host);
      for (let wait = 0; wait < 50 && this.waiting.size > 0; wait += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  private onMessage(text: string, port: number): void {
    if (text.startsWith('SIP/2.0 1')) return;
    const id = /\r\nCall-ID: ([^\r]*)/i.exec(text)?.[1] ?? '';
    if (text.startsWith('SIP/2.0 ')) {
      if (!text.startsWith('SIP/2.0 200')) throw new Error(`not taken: ${text}`);
      this.waiting.delete(id);
      return;
    }
    const copied = text.split('\r\n').filter((line) => /^(Via|From|Call-ID|CSeq): /.test(line));
    const to = /\r\nTo: [^\r]*/.exec(text)?.[0].slice(2) ?? '';
    const lines = ['SIP/2.0 200 OK', ...copied, `${to};tag=phone`, 'Content-Length: 0'];
    this.socket.send(`${lines.join('\r\n')}\r\n\r\n`, port, host);
  }
}
