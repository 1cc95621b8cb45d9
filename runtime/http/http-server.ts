import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpServer, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { ResolvedHttp } from '../config/resolved';
import { formatAddress } from '../core/address';
import type { Clock, TimerHandle } from '../core/clock';
import { CallchartError, describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import { type Random, token } from '../core/random';
import { toProblem } from './failures';
import { Problem } from './problem';
import { contextOf, setContext } from './request-context';

export interface HttpServerParts {
  readonly config: ResolvedHttp;
  readonly router: express.Router;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The usual ones where absent. */
  readonly limits?: HttpLimits | undefined;
  /** Told of each answer. */
  readonly onAnswer: (method: string, route: string, status: number, milliseconds: number) => void;
}

/** Milliseconds that a client has for its header, for all of its request, between two requests, and for anything. */
const usual = { header: 10_000, request: 30_000, keepAlive: 30_000, silence: 60_000 } as const;

export type HttpLimits = { readonly [K in keyof typeof usual]?: number };
/** Milliseconds that answers in progress may take once the server closes. */
const closingTime = 5_000;
/** Milliseconds between two looks at whether the certificate has changed. */
const certificateInterval = 60_000;

/** The express application with its sockets: request ids, security headers, problems, limits for slow clients. */
export class HttpFront {
  private readonly server: HttpServer | HttpsServer;
  private certificate: TimerHandle | undefined;
  private pem = '';

  private constructor(private readonly parts: HttpServerParts) {
    const app = application(parts);
    const { config } = parts;
    const limits = { ...usual, ...parts.limits };
    const options = {
      headersTimeout: limits.header,
      requestTimeout: limits.request,
      keepAliveTimeout: limits.keepAlive,
      connectionsCheckingInterval: Math.min(1_000, limits.header),
      maxHeaderSize: 16_384,
    };
    this.server =
      config.tls === undefined
        ? createServer(options, app)
        : createTlsServer({ ...options, ...this.readCertificate(config.tls) }, app);
    this.server.maxHeadersCount = 100;
    this.server.timeout = limits.silence;
    this.server.on('clientError', refuse);
  }

  /** @throws {CallchartError} when the address cannot be listened on, or the certificate cannot be read */
  static async open(parts: HttpServerParts): Promise<HttpFront> {
    const { listen } = parts.config;
    try {
      const front = new HttpFront(parts);
      front.server.listen(listen.port, listen.host);
      await once(front.server, 'listening');
      front.watchCertificate();
      return front;
    } catch (error) {
      throw new CallchartError(
        'CALLCHART_HTTP_LISTEN',
        `http.listen: ${formatAddress(listen)} cannot be opened: ${describeError(error)}`,
        { cause: error },
      );
    }
  }

  /** Where it is: `http://127.0.0.1:8080`. */
  get url(): string {
    const { tls } = this.parts.config;
    const { address, port } = this.server.address() as AddressInfo;
    return `${tls === undefined ? 'http' : 'https'}://${formatAddress({ host: address, port })}`;
  }

  /** No further connection; answers in progress may end, but not for ever. */
  async close(): Promise<void> {
    const { clock } = this.parts;
    clock.clearTimeout(this.certificate);
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeIdleConnections();
    const timer = clock.setTimeout(() => this.server.closeAllConnections(), closingTime);
    await closed;
    clock.clearTimeout(timer);
  }

  private readCertificate({ certificate, key }: NonNullable<ResolvedHttp['tls']>): {
    readonly cert: string;
    readonly key: string;
  } {
    const read = { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
    this.pem = `${read.cert}${read.key}`;
    return read;
  }

  /** A certificate that was renewed is taken without a restart; one that cannot be used is not. */
  private watchCertificate(): void {
    const { config, clock, logger } = this.parts;
    const { tls } = config;
    if (tls === undefined) return;
    this.certificate = clock.setTimeout(() => {
      try {
        const before = this.pem;
        const read = this.readCertificate(tls);
        if (this.pem !== before) (this.server as HttpsServer).setSecureContext(read);
      } catch (error) {
        logger.error(
          { error: describeError(error) },
          'http.tls cannot be read again, the old certificate stays in use',
        );
      }
      this.watchCertificate();
    }, certificateInterval);
  }
}

function application({ config, router, clock, random, logger, onAnswer }: HttpServerParts) {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('trust proxy', [...config.trustProxy]);
  app.set('query parser', 'simple');
  app.use((request: Request, response: Response, next: NextFunction) => {
    const began = clock.now();
    const id = requestId(request.headers['x-request-id']) ?? token(random, 128);
    const gone = new AbortController();
    setContext(request, { id, began, signal: gone.signal, endpoint: '', key: undefined });
    response.set(securityHeaders).setHeader('X-Request-Id', id);
    if (request.secure) response.setHeader('Strict-Transport-Security', 'max-age=31536000');
    response.once('close', () => {
      gone.abort();
      const { endpoint, key } = contextOf(request);
      const { method } = request;
      const took = clock.now() - began;
      onAnswer(method, endpoint, response.statusCode, took);
      const line = { requestId: id, method, route: endpoint, status: response.statusCode };
      const more = { milliseconds: Math.round(took), key: key?.name };
      // Who has changed something shall be found in the log; who has no key changes nothing, and fills none.
      if (method === 'GET' || method === 'HEAD' || key === undefined)
        logger.debug({ ...line, ...more }, 'API');
      else logger.info({ ...line, ...more }, 'API');
    });
    const isForeign = isFromForeignPage(request);
    const text = 'a web page of another site may not ask this';
    next(isForeign ? new Problem(403, 'CALLCHART_FOREIGN_PAGE', text) : undefined);
  });
  app.use(router);
  app.use((request: Request, _response: Response, next: NextFunction) => {
    next(new Problem(404, 'CALLCHART_NOT_FOUND', `there is nothing at ${request.path}`));
  });
  // Express knows what handles errors by its four parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const { id } = contextOf(request);
    const problem = toProblem(error, id, logger);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.status(problem.status).set(problem.headers);
    // What is left of a body that is not wanted is not waited for.
    if (!request.complete) response.setHeader('Connection', 'close');
    response.type('application/problem+json').send(JSON.stringify(problem.body(id)));
  });
  return app;
}

const securityHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/**
 * Whether a browser says that a page of another site asks: it may send along a name and a password that its user has
 * once typed here. Programs say nothing of the kind.
 */
function isFromForeignPage({ headers, method }: Request): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (site !== undefined) {
    // Somebody may follow a link to here, which changes nothing.
    const isLink = headers['sec-fetch-mode'] === 'navigate' && method === 'GET';
    return (site === 'cross-site' || site === 'same-site') && !isLink;
  }
  // Browsers leave that out where there is no TLS, but name the page.
  return origin !== undefined && origin.replace(/^\w+:\/\//, '') !== host;
}

/** What the client calls its request, where that can stand in a log. */
function requestId(given: string | string[] | undefined): string | undefined {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : undefined;
}

/** What never became a request: too slow, too large, or no HTTP. */
function refuse(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const [status, detail] = refusals[error.code ?? ''] ?? [400, 'this is no HTTP request'];
  const body = JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail,
    code: 'CALLCHART_INVALID_REQUEST',
  });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

const refusals: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request came too slowly'],
  HPE_HEADER_OVERFLOW: [431, 'the header is too large'],
};
