import type { LookupFunction } from 'node:net';
import type WebSocketModule from 'ws';
import type { ClientOptions, RawData, WebSocket } from 'ws';
import { describeError } from '../core/errors';
import type { OpenSocket, SocketEnd, SocketHandler, StreamFailure, StreamSocket } from './port';

export interface WebSocketOptions {
  /** Resolves the name in a URL, to allowed addresses alone. */
  readonly lookup?: (url: string) => LookupFunction;
}

/** Streams over the package `ws`, which is loaded with the first of them. */
export function webSockets(options: WebSocketOptions = {}): OpenSocket {
  return ({ url, headers, maxMessage, handler }) => {
    const client: ClientOptions = {
      headers,
      maxPayload: maxMessage,
      // Sound hardly gets smaller, and it would cost more than all else.
      perMessageDeflate: false,
      followRedirects: false,
      ...(options.lookup === undefined ? {} : { lookup: options.lookup(url) }),
    };
    return new AppSocket(url, client, handler);
  };
}

class AppSocket implements StreamSocket {
  private socket: WebSocket | undefined;
  private over = false;
  private problem: SocketEnd | undefined;

  constructor(
    url: string,
    client: ClientOptions,
    private readonly handler: SocketHandler,
  ) {
    void import('ws').then(
      (loaded) => {
        if (this.over) this.closed({ type: 'closed', code: 1006, reason: '' });
        else this.connect(loaded, url, client);
      },
      (error: unknown) => this.closed(failure('closed', describeError(error))),
    );
  }

  send(text: string): void {
    this.socket?.send(text);
  }

  get unsent(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  close(code: number, reason: string): void {
    this.socket?.close(code, reason);
  }

  terminate(): void {
    this.over = true;
    this.socket?.terminate();
  }

  private connect(
    { WebSocket: Client }: { readonly WebSocket: typeof WebSocketModule },
    url: string,
    client: ClientOptions,
  ): void {
    let socket: WebSocket;
    try {
      socket = new Client(url, client);
    } catch (error) {
      this.closed(failure('badUrl', describeError(error)));
      return;
    }
    this.socket = socket;
    socket.on('open', () => this.handler.onOpen());
    socket.on('message', (data) => this.handler.onText(textOf(data)));
    socket.on('unexpected-response', (request, response) => {
      const status = `${response.statusCode ?? ''} ${response.statusMessage ?? ''}`.trim();
      this.problem = failure('rejected', `the app answered ${status} in place of 101`);
      request.destroy();
      socket.terminate();
    });
    socket.on('error', (error) => {
      this.problem ??= failureOf(error);
    });
    socket.on('close', (code, reason) => {
      this.closed(
        this.problem ??
          (code === 1006
            ? failure('closed', 'the connection broke')
            : { type: 'closed', code, reason: reason.toString().slice(0, 123) }),
      );
    });
  }

  private closed(end: SocketEnd): void {
    this.over = true;
    this.handler.onClosed(end);
  }
}

function failure(reason: StreamFailure, message: string): SocketEnd {
  return { type: 'failed', reason, message };
}

/** By the codes of Node and of ws; the names of hosts and their addresses may be told. */
function failureOf(error: Error & { readonly code?: string }): SocketEnd {
  const { code = '', message } = error;
  return failure(reasons[code] ?? reasonByPrefix(code), message);
}

const reasons: Readonly<Record<string, StreamFailure>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknownHost',
  EAI_AGAIN: 'unknownHost',
  ETIMEDOUT: 'timeout',
  EPROTO: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'tooLarge',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'tooLarge',
};

function reasonByPrefix(code: string): StreamFailure {
  if (code.startsWith('WS_ERR_')) return 'garbage';
  return /^(?:ERR_TLS|ERR_SSL|CERT_)/.test(code) ? 'tls' : 'closed';
}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString();
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)).toString();
}
