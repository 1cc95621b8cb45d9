import express, { type NextFunction, type Request, type Response } from 'express';
import { MemoryStore, rateLimit } from 'express-rate-limit';
import type { EndpointDescription, BodyOf, GivenAnswer, ParamsOf, QueryOf } from './api/endpoint';
import { endpoints, type Endpoints, type OperationId } from './api/endpoints';
import type { Authenticator } from './authenticator';
import type { Idempotency, PlainAnswer } from './idempotency';
import { Problem } from './problem';
import { canonicalJson, checkDepth, readPart } from './read-request';
import { contextOf, type RequestContext } from './request-context';

/** A request that was checked. */
export interface ApiRequest<E> {
  readonly params: ParamsOf<E>;
  readonly query: QueryOf<E>;
  readonly body: BodyOf<E>;
  readonly context: RequestContext;
  readonly raw: Request;
}

/** An answer that is no JSON: written by who gives it. */
export interface StreamedAnswer {
  readonly stream: (response: Response) => void | Promise<void>;
}

export type Handler<E> = (
  request: ApiRequest<E>,
) => GivenAnswer<E> | StreamedAnswer | Promise<GivenAnswer<E> | StreamedAnswer>;

/** What carries the endpoints out, by operation id. */
export type Handlers<Id extends OperationId = OperationId> = {
  readonly [K in Id]: Handler<Endpoints[K]>;
};

export interface RouterParts {
  readonly handlers: Handlers;
  readonly authenticator: Authenticator;
  readonly idempotency: Idempotency;
  readonly bodyLimit: number;
  /** Requests a minute with one key. */
  readonly rateLimit: number;
}

export interface ApiRouter {
  readonly router: express.Router;
  close(): void;
}

type Step = (request: Request, response: Response, next: NextFunction) => void;

/** Routes of the table, each with its checks: key, rate, content type, size, schemas. */
export function createRouter(parts: RouterParts): ApiRouter {
  const router = express.Router({ caseSensitive: true, strict: true });
  const store = new MemoryStore();
  const limited: Step = rateLimit({
    windowMs: 60_000,
    limit: parts.rateLimit,
    store,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (request: Request) => contextOf(request).key?.prefix ?? '',
    handler: (_request, response, next: NextFunction) => {
      next(tooMany(String(response.getHeader('Retry-After') ?? '60')));
    },
  });
  const json: Step = express.json({
    limit: parts.bodyLimit,
    strict: false,
    inflate: false,
    type: () => true,
  });
  const methods = new Map<string, string[]>();
  for (const [id, endpoint] of Object.entries<EndpointDescription>(endpoints)) {
    const { path, method, scope, body } = endpoint;
    methods.set(path, [...(methods.get(path) ?? []), method.toUpperCase()]);
    const steps: Step[] = [
      begin(path),
      ...(scope === 'none' ? [] : [authenticated(parts.authenticator, scope), limited]),
      ...(body === undefined ? [] : [onlyJson, json]),
      carriedOut(endpoint, parts.handlers[id as OperationId], parts.idempotency),
    ];
    router[method](expressPath(path), ...steps);
  }
  for (const [path, allowed] of methods) router.all(expressPath(path), notAllowed(path, allowed));
  return { router, close: () => store.shutdown() };
}

/** What all handlers are where it does not matter which: the table says that each fits its endpoint. */
type AnyHandler = (
  request: ApiRequest<unknown>,
) => PlainGiven | StreamedAnswer | Promise<PlainGiven | StreamedAnswer>;

interface PlainGiven {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** `/v1/calls/{id}` as express writes it. */
export function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

function begin(path: string): Step {
  return (request, _response, next) => {
    contextOf(request).endpoint = path;
    next();
  };
}

function authenticated(
  authenticator: Authenticator,
  scope: Exclude<EndpointDescription['scope'], 'none'>,
): Step {
  return (request, _response, next) => {
    const context = contextOf(request);
    const { authorization } = request.headers;
    const source = request.ip ?? '';
    authenticator.authenticate({ authorization, source, signal: context.signal }, scope).then(
      (key) => {
        context.key = key;
        next();
      },
      (error: unknown) => next(error),
    );
  };
}

function tooMany(retryAfter: string): Problem {
  return new Problem(429, 'CALLCHART_RATE_LIMIT', 'too many requests with this key in a minute', {
    headers: { 'Retry-After': retryAfter },
  });
}

const onlyJson: Step = (request, _response, next) => {
  const hasBody = request.headers['transfer-encoding'] !== undefined || lengthOf(request) > 0;
  if (hasBody && request.is('application/json') !== 'application/json') {
    next(new Problem(415, 'CALLCHART_CONTENT_TYPE', 'the body must be application/json'));
    return;
  }
  next();
};

function lengthOf(request: Request): number {
  return Number(request.headers['content-length'] ?? 0);
}

function notAllowed(path: string, methods: readonly string[]): Step {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].sort().join(', ');
  return (request, _response, next) => {
    contextOf(request).endpoint = path;
    next(
      new Problem(405, 'CALLCHART_METHOD', `${request.method} is not possible here: ${allow}`, {
        headers: { Allow: allow },
      }),
    );
  };
}

/** Reads, checks, handles, answers. */
function carriedOut(
  endpoint: EndpointDescription,
  handle: AnyHandler,
  idempotency: Idempotency,
): Step {
  const work = async (request: Request, response: Response): Promise<void> => {
    const body: unknown = request.body ?? {};
    if (endpoint.body !== undefined) checkDepth(body);
    const checked = {
      params: readPart(endpoint.params, request.params, 'path'),
      query: readPart(endpoint.query, request.query, 'query'),
      body: readPart(endpoint.body, body, 'body'),
      context: contextOf(request),
      raw: request,
    } as ApiRequest<unknown>;
    const idempotencyKey = endpoint.idempotent === true ? readIdempotencyKey(request) : undefined;
    if (idempotencyKey === undefined) {
      const answer = await handle(checked);
      if ('stream' in answer) await answer.stream(response);
      else send(response, { ...answer, headers: answer.headers ?? {}, body: answer.body });
      return;
    }
    const { repeated, ...answer } = await idempotency.once(
      {
        apiKey: checked.context.key?.prefix ?? '',
        idempotencyKey,
        content: `${request.method} ${request.path} ${canonicalJson(body)}`,
      },
      async () => {
        const given = (await handle(checked)) as PlainGiven;
        return { status: given.status, headers: given.headers ?? {}, body: given.body };
      },
    );
    if (repeated) response.setHeader('Idempotency-Replayed', 'true');
    send(response, answer);
  };
  return (request, response, next) => {
    work(request, response).catch((error: unknown) => next(error));
  };
}

function send(response: Response, { status, headers, body }: PlainAnswer): void {
  response.status(status).set(headers);
  if (status === 204 || body === undefined || body === null) response.end();
  else response.type('application/json').send(JSON.stringify(body));
}

function readIdempotencyKey(request: Request): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw new Problem(
    400,
    'CALLCHART_INVALID_REQUEST',
    'Idempotency-Key must be 1 to 200 visible ASCII characters',
  );
}
