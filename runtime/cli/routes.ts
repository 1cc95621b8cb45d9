import { networkInterfaces } from 'node:os';
import { checkRoutes } from '../config/check-routes';
import { ConfigError, type ResolvedConfig } from '../config/resolve';
import { closest } from '../core/suggest';
import { configuredFlows } from '../flow/load';
import type { Caller, RequestFacts } from '../routing/port';
import { createRouter } from '../routing/router';
import { parseUri, type Uri } from '../sip/message/uri';
import { loadConfig } from './load-config';
import { type KnownUsers, readUsers } from './known-users';
import { flowNameOf } from './project';
import { explainDecision, listRoutes } from './route-text';

export interface RoutesOptions {
  readonly config?: string;
  readonly from?: string;
  readonly to?: string;
  readonly trunk?: string;
  readonly user?: string;
  readonly method: string;
  readonly at?: string;
  readonly registered?: boolean;
  readonly header: readonly string[];
  readonly json?: boolean;
}

/** The command was used wrongly: one line, exit status 2. */
class UsageError extends Error {}

/**
 * `callchart routes`: which route takes a request, and why the others do not; without a URI, the routes there are.
 * Resolves with the exit status: 0 when one matches, 1 when none does, 2 for wrong usage.
 */
export function routes(uri: string | undefined, options: RoutesOptions): number {
  const config = loadConfig(options.config);
  const flows = configuredFlows(config.flows).map(flowNameOf);
  const trunks = Object.keys(config.trunks);
  const problems = checkRoutes(config.routes, { flows, trunks });
  if (problems.length > 0) throw new ConfigError(options.config ?? 'configuration', problems);
  if (uri === undefined) {
    process.stdout.write(`${listRoutes(config, options.json === true)}\n`);
    return 0;
  }
  try {
    return explain(uri, options, config, flows);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`callchart: ${error.message}\n`);
    return 2;
  }
}

function explain(
  uri: string,
  options: RoutesOptions,
  config: ResolvedConfig,
  flows: readonly string[],
): number {
  const users = readUsers(config);
  const router = createRouter({
    routes: config.routes,
    defaultFlow: config.flows.default,
    isFlow: (name) => flows.includes(name),
    isUser: (name) => options.registered === true || users.has(name),
    hasUsers: () => users.size > 0 || options.registered === true || options.user !== undefined,
    trunksThatLogIn: Object.entries(config.trunks)
      .filter(([, trunk]) => trunk.inbound.username !== undefined)
      .map(([name]) => name),
    claimsToBeOurs: (from) => isLocal(from, config),
  });
  const facts = readFacts(uri, options, config, users);
  const decision = router.decide(facts);
  if (options.json === true) process.stdout.write(`${JSON.stringify(decision)}\n`);
  else process.stdout.write(`${explainDecision(decision, `${facts.method} ${uri}`)}\n`);
  return decision.type === 'matched' ? 0 : 1;
}

function readFacts(
  uri: string,
  options: RoutesOptions,
  config: ResolvedConfig,
  users: KnownUsers,
): RequestFacts {
  const requestUri = readUri(uri, 'the URI');
  const caller = readCaller(options, config);
  const domain = config.registrar.domains[0] ?? 'callchart';
  const from =
    options.from ?? (caller.type === 'user' ? caller.aor : 'anonymous@anonymous.invalid');
  const headers = options.header.map(readHeader);
  const time = options.at === undefined ? new Date() : new Date(options.at);
  if (Number.isNaN(time.getTime())) {
    throw new UsageError(`--at ${options.at ?? ''}: must be a time, such as 2026-01-05T10:00`);
  }
  return {
    method: options.method.toUpperCase(),
    requestUri,
    from: readAddress(from, domain, '--from'),
    fromDisplayName: '',
    to: options.to === undefined ? requestUri : readAddress(options.to, domain, '--to'),
    caller,
    header: (name) =>
      headers.filter(([each]) => each === name.toLowerCase()).map(([, value]) => value),
    time: time.getTime(),
    registered: options.registered ?? users.isRegistered(requestUri, time.getTime()),
    local: isLocal(requestUri, config),
  };
}

function readUri(text: string, what: string): Uri {
  try {
    return parseUri(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${what} ${text}: ${reason}`);
  }
}

/** A URI, `alice@example.com`, or a user or number of our domain. */
function readAddress(text: string, domain: string, option: string): Uri {
  if (/^(?:sips?|tel):/i.test(text)) return readUri(text, option);
  return readUri(text.includes('@') ? `sip:${text}` : `sip:${text}@${domain}`, option);
}

function readCaller({ trunk, user }: RoutesOptions, config: ResolvedConfig): Caller {
  if (trunk !== undefined && user !== undefined) {
    throw new UsageError('a request comes by a --trunk or from a --user, never both');
  }
  if (trunk !== undefined) {
    const names = Object.keys(config.trunks);
    if (!names.includes(trunk)) {
      const near = closest(trunk, names);
      const hint = near === undefined ? '' : `: did you mean ${near}?`;
      throw new UsageError(`--trunk ${trunk}: there is no such trunk${hint}`);
    }
    return { type: 'trunk', name: trunk };
  }
  if (user === undefined) return { type: 'unknown' };
  const domain = config.registrar.domains[0] ?? 'callchart';
  return { type: 'user', username: user, aor: `sip:${user}@${domain}` };
}

function readHeader(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new UsageError(`--header ${text}: must be "Name: value"`);
  return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
}

/** As the running server sees it, as far as that can be said without one. */
function isLocal(uri: Uri, config: ResolvedConfig): boolean {
  if (uri.scheme === 'tel') return true;
  const { host, port } = uri;
  const { listen, externalAddress } = config.sip;
  if (host === 'callchart' || config.registrar.domains.includes(host)) return true;
  const external =
    typeof externalAddress === 'string'
      ? [externalAddress]
      : (externalAddress ?? []).map(({ address }) => address);
  const ownHost =
    external.includes(host) ||
    listen.some((one) => one.host === host || (isWildcard(one.host) && ownAddresses().has(host)));
  return ownHost && (port === undefined || listen.some((one) => one.port === port));
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).map(({ address }) => address),
    ),
  );
}
