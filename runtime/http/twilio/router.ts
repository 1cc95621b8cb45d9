import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import { rateLimit, MemoryStore } from 'express-rate-limit';
import type { Clock } from '../../core/clock';
import type { Logger } from '../../core/logger';
import type { TwilioSettings } from '../../core/web-config';
import type { StoredApiKey } from '../../store/api-key-table';
import type { Authenticator } from '../authenticator';
import { contextOf } from '../request-context';
import { RequestParameters } from './parameters';
import { toTwilioProblem, TwilioProblem, twilioProblems } from './problem';
import { API_VERSION, type Extension, type TwilioRequest, type TwilioRoute } from './route';

export interface TwilioRouterParts {
  readonly routes: readonly TwilioRoute[];
  readonly settings: TwilioSettings;
  readonly authenticator: Authenticator;
  readonly bodyLimit: number;
  /** Requests a minute with one key. */
  readonly rateLimit: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Step = (request: Request, response: Response, next: NextFunction) => void;

const extensions = new WeakMap<Request, Extension>();

/** Resources of Twilio's that there are none of here: said with 501, and not that they were not found. */
const ABSENT = new RegExp(
  '^/(?:(?:Addresses|Applications|AuthorizedConnectApps|AvailablePhoneNumbers|Balance|ConnectApps|' +
    'IncomingPhoneNumbers|Keys|Messages|Notifications|OutgoingCallerIds|SIP|SMS|SigningKeys|Tokens|' +
    'Transcriptions|Usage)(?:/.*)?|Calls/[^/]+/(?:Events|Notifications|Payments|Siprec|Streams|' +
    'Transcriptions|UserDefinedMessages|UserDefinedMessageSubscriptions)(?:/.*)?|' +
    'Recordings/[^/]+/(?:Transcriptions|AddOnResults)(?:/.*)?)$',
);

/** The part of Twilio's REST API that this server has, at `/2010-04-01`: its routes, its errors, its way to be asked. */
export function createTwilioRouter(parts: TwilioRouterParts): {
  readonly router: express.Router;
  close(): void;
} {
  const { routes, settings, logger } = parts;
  const outer = express.Router({ caseSensitive: true });
  const router = express.Router({ caseSensitive: true, mergeParams: true });
  const store = new MemoryStore();
  const limited: Step = rateLimit({
    windowMs: 60_000,
    limit: parts.rateLimit,
    store,
    standardHeaders: false,
    legacyHeaders: false,
    keyGenerator: (request: Request) => contextOf(request).key?.prefix ?? '',
    handler: (_request, _response, next: NextFunction) => {
      next(new TwilioProblem(429, 20429, 'Too Many Requests'));
    },
  });
  const form: Step = express.urlencoded({
    ...{ extended: false, inflate: false, limit: parts.bodyLimit, parameterLimit: 200 },
    type: () => true,
  });
  for (const route of routes) {
    const { method, path, scope } = route;
    const steps = [
      begin(`/${API_VERSION}/Accounts/{account}${path.replace(/:(\w+)/g, '{$1}')}`),
      authenticated(parts, scope),
      limited,
      ...(method === 'post' ? [onlyForms, form] : []),
      carriedOut(route),
    ];
    router[method](path, ...steps);
  }
  router.use(authenticated(parts, 'read'), (request: Request, _response, next: NextFunction) => {
    const known = routes.some(({ path }) => patternOf(path).test(request.path));
    const path = `${request.baseUrl}${request.path}`;
    if (known) {
      next(new TwilioProblem(405, 20004, `Method not allowed: ${request.method} ${path}`));
    } else if (ABSENT.test(request.path)) {
      next(twilioProblems.notHere(path));
    } else {
      next(twilioProblems.notFound(path));
    }
  });
  outer.use(`/${API_VERSION}`, stripped);
  outer.use(`/${API_VERSION}/Accounts/:account`, router);
  // Whatever else begins like it: a client shall get an error that it can read.
  outer.use(`/${API_VERSION}`, (request: Request, _response, next: NextFunction) => {
    next(twilioProblems.notFound(`${request.baseUrl}${request.path}`));
  });
  // Express knows what handles errors by its four parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  outer.use((thrown: unknown, request: Request, response: Response, _next: NextFunction) => {
    const { id, endpoint } = contextOf(request);
    const problem = toTwilioProblem(thrown, id, logger);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (problem.status === 501) {
      logger.warn({ requestId: id, route: endpoint }, `Twilio's REST API: ${problem.message}`);
    }
    response.status(problem.status).set(problem.headers);
    if (problem.status === 401) {
      response.setHeader('WWW-Authenticate', 'Basic realm="Twilio API"');
    }
    if (!request.complete) response.setHeader('Connection', 'close');
    response.type('application/json').send(JSON.stringify(problem.body));
  });

  function authenticated(
    { authenticator, settings: { accountSid } }: TwilioRouterParts,
    scope: TwilioRoute['scope'],
  ): Step {
    return (request, _response, next) => {
      const context = contextOf(request);
      const { authorization } = request.headers;
      const owner = accountKey(settings, authorization);
      const found =
        owner === undefined
          ? authenticator.authenticate(
              { authorization, source: request.ip ?? '', signal: context.signal },
              scope,
            )
          : Promise.resolve(owner);
      found.then(
        (key) => {
          context.key = key;
          const { account } = request.params;
          const path = `/${API_VERSION}/Accounts/${String(account)}`;
          next(account === accountSid ? undefined : twilioProblems.notFound(path));
        },
        (error: unknown) => next(error),
      );
    };
  }
  return { router: outer, close: () => store.shutdown() };
}

/** Who knows the token of the account may do what its API can: all but what is our own. */
function accountKey(
  { accountSid, authToken }: TwilioSettings,
  authorization: string | undefined,
): StoredApiKey | undefined {
  const [, value = ''] = /^basic +(\S+)$/i.exec(authorization ?? '') ?? [];
  const [user, ...rest] = Buffer.from(value, 'base64').toString().split(':');
  if (authToken === undefined || user !== accountSid) return undefined;
  if (!timingSafeEqual(sha256(rest.join(':')), sha256(authToken))) return undefined;
  return {
    ...{ prefix: accountSid, name: 'the account token', scope: 'admin', hash: '' },
    ...{ created: 0, lastUsed: undefined },
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** `.json` says nothing; of a recording, another ending says which file is wanted. */
const stripped: Step = (request, _response, next) => {
  const [, path = '', ending = '', query = ''] =
    /^([^?]*?)(?:\.(json|wav|mp3))?\/?(\?.*)?$/s.exec(request.url) ?? [];
  extensions.set(request, ending as Extension);
  request.url = (path === '' ? '/' : path) + query;
  next();
};

function begin(path: string): Step {
  return (request, _response, next) => {
    contextOf(request).endpoint = path;
    next();
  };
}

const onlyForms: Step = (request, _response, next) => {
  const has = Number(request.headers['content-length'] ?? 0) > 0;
  if (has && request.is('application/x-www-form-urlencoded') === false) {
    next(new TwilioProblem(415, 20415, 'The body must be application/x-www-form-urlencoded'));
    return;
  }
  next();
};

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`);
}

function carriedOut({ method, handle }: TwilioRoute): Step {
  const work = async (request: Request, response: Response): Promise<void> => {
    const body: unknown = method === 'post' ? request.body : request.query;
    const asked: TwilioRequest = {
      sid: (name) => String(request.params[name]),
      given: new RequestParameters((body ?? {}) as Readonly<Record<string, unknown>>),
      extension: extensions.get(request) ?? '',
      raw: request,
    };
    const answer = await handle(asked);
    if ('stream' in answer) {
      await answer.stream(response);
    } else if (answer.status === 204) {
      response.status(204).end();
    } else {
      response.status(answer.status).type('application/json').send(JSON.stringify(answer.body));
    }
  };
  return (request, response, next) => {
    work(request, response).catch((error: unknown) => next(error));
  };
}
