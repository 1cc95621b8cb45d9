import type {
  OpenSocket,
  SocketEnd,
  SocketHandler,
  StreamSocket,
} from '../../../runtime/stream/port';

export interface AppText {
  readonly event: string;
  readonly [member: string]: unknown;
}

/** An app at the other end of a WebSocket that has no network in it. */
export class FakeApp implements StreamSocket {
  /** What came, parsed. */
  readonly got: AppText[] = [];
  url = '';
  headers: Readonly<Record<string, string>> = {};
  /** Bytes that are said to wait. */
  unsent = 0;
  /** The code that the stream has closed with. */
  closedWith: number | undefined;
  /** Closes too when the stream does; true. */
  polite = true;
  opened = 0;
  terminated = false;
  private handler: SocketHandler | undefined;

  readonly open: OpenSocket = ({ url, headers, handler }) => {
    this.url = url;
    this.headers = headers;
    this.handler = handler;
    this.opened += 1;
    return this;
  };

  /** Each message that comes, before it is kept; such as an answer. */
  onMessage: (message: AppText) => void = () => undefined;

  // ── what the app does ──

  accept(): void {
    this.handler?.onOpen();
  }

  says(message: object | string): void {
    this.handler?.onText(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Sound: µ-law bytes, or 16-bit ones. */
  plays(bytes: Uint8Array): void {
    this.says({ event: 'media', media: { payload: Buffer.from(bytes).toString('base64') } });
  }

  marks(name: string): void {
    this.says({ event: 'mark', mark: { name } });
  }

  ends(end: SocketEnd = { type: 'closed', code: 1000, reason: '' }): void {
    const { handler } = this;
    this.handler = undefined;
    handler?.onClosed(end);
  }

  get(event: string): AppText[] {
    return this.got.filter((message) => message.event === event);
  }

  get markNames(): string[] {
    return this.get('mark').map(({ mark }) => (mark as { readonly name: string }).name);
  }

  // ── the socket ──

  send(text: string): void {
    const message = JSON.parse(text) as AppText;
    this.onMessage(message);
    this.got.push(message);
  }

  close(code: number): void {
    this.closedWith = code;
    if (this.polite) queueMicrotask(() => this.ends({ type: 'closed', code, reason: '' }));
  }

  terminate(): void {
    this.terminated = true;
    queueMicrotask(() => this.ends({ type: 'closed', code: 1006, reason: '' }));
  }
}
