import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { CallchartConfig, HttpConfig } from '../core/config';
import { CallchartError } from '../core/errors';
import { isLanguageTag } from '../core/language';
import { crossChecks } from './cross-checks';
import { describeIssues } from './describe-issues';
import { type ListenerConfig, parseListener } from './listener';
import type { ConfigOrigin } from './origin';
import { resolveHttp } from './resolve-http';
import {
  resolveOutbound,
  resolveRegistrar,
  resolveSecurity,
  resolveTls,
  resolveTrunk,
} from './resolve-network';
import { resolveEvents } from './resolve-events';
import { resolveTwilio, resolveWeb } from './resolve-web';
import type { ResolvedConfig } from './resolved';
import type * as Schema from './schema';

export type { ConfigOrigin } from './origin';
export type { ResolvedConfig } from './resolved';

/** Everything that is wrong with a configuration, a line each. */
export class ConfigError extends CallchartError {
  constructor(
    readonly source: string,
    readonly problems: readonly string[],
  ) {
    super(
      'CALLCHART_CONFIG_INVALID',
      problems.map((problem) => `${source}: ${problem}`).join('\n'),
    );
  }
}

/**
 * Checks a configuration and fills in what it leaves out; the environment outranks the file.
 *
 * @throws {ConfigError} with one line for each wrong key or value
 */
export function resolveConfig(config: unknown, origin: ConfigOrigin): ResolvedConfig {
  const checked = check(config, origin.source);
  const sip = checked.sip ?? {};
  const media = checked.media ?? {};
  const flows = checked.flows ?? {};
  const prompts = checked.prompts ?? {};
  const overlay = fromEnvironment(origin.environment);
  const path = (name: string): string => resolve(origin.directory, name);
  const listen = overlay.listen ?? sip.listen ?? ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060'];
  const { environment } = origin;
  const onlyFiles = flows.files !== undefined && flows.directory === undefined;
  const resolved: ResolvedConfig = {
    sip: {
      listen: listen.map((text) => parseListener(text) as ListenerConfig),
      externalAddress: overlay.externalAddress ?? sip.externalAddress,
      localNetworks: sip.localNetworks ?? [],
      tls: resolveTls(sip.tls ?? {}, path, environment),
      nameservers: sip.nameservers ?? [],
      maxCalls: sip.maxCalls ?? 1_000,
      ringTimeout: sip.ringTimeout ?? 180_000,
      maxCallDuration: sip.maxCallDuration ?? 4 * 3_600_000,
      sessionExpires: sip.sessionExpires ?? 1_800_000,
      minSessionExpires: sip.minSessionExpires ?? 90_000,
    },
    registrar: resolveRegistrar(checked.registrar ?? {}),
    trunks: Object.fromEntries(
      Object.entries(checked.trunks ?? {}).map(([name, trunk]) => [
        name,
        resolveTrunk(name, trunk, environment),
      ]),
    ),
    routes: checked.routes,
    outbound: resolveOutbound(checked.outbound ?? {}),
    security: resolveSecurity(checked.security ?? {}),
    data: { directory: path(checked.data?.directory ?? 'data') },
    media: {
      ports: media.ports ?? { min: 10_000, max: 19_999 },
      codecs: media.codecs ?? ['PCMU', 'PCMA', 'G722', 'opus'],
      preference: media.preference ?? 'theirs',
      timeout: media.timeout ?? 60_000,
      workers: media.workers ?? Math.max(1, availableParallelism() - 1),
      rtcpMux: media.rtcpMux ?? false,
      srtp: media.srtp ?? 'allowed',
      srtpKeys: media.srtpKeys ?? 'sdes',
      dtmf: { detect: media.dtmf?.detect ?? 'auto' },
      toneCountry: (media.toneCountry ?? 'us').toLowerCase(),
      holdMusic: media.holdMusic,
    },
    flows: {
      directory: onlyFiles ? undefined : path(flows.directory ?? 'flows'),
      files: (flows.files ?? []).map(path),
      default: flows.default,
      apology: flows.apology,
    },
    prompts: {
      directory: path(prompts.directory ?? 'prompts'),
      cache: path(prompts.cache ?? '.cache/speech'),
      language: prompts.language ?? languageOfVoices(prompts) ?? 'en',
      fallback: prompts.fallback ?? [],
      cacheSize: prompts.cacheSize ?? 512 * 1_024 * 1_024,
      voice: prompts.voice ?? { type: 'flite' },
      voices: prompts.voices ?? {},
    },
    recognizer: checked.recognizer,
    records: {
      directory: path(checked.records?.directory ?? 'records'),
      flowLog: checked.records?.flowLog ?? true,
    },
    recordings: {
      directory: path(checked.recordings?.directory ?? 'recordings'),
      format: checked.recordings?.format ?? 'wav',
    },
    queues: checked.queues ?? {},
    http: resolveHttp({ ...checked.http, ...overlay.http }, path),
    web: resolveWeb(checked.web ?? {}, path, environment['CALLCHART_WEBHOOK_KEYS']),
    twilio: resolveTwilio(checked.twilio ?? {}, environment['CALLCHART_TWILIO_AUTH_TOKEN']),
    events: resolveEvents(checked.events, environment),
    log: { level: overlay.logLevel ?? checked.log?.level ?? 'info' },
    drainTimeout: checked.drainTimeout ?? 30_000,
  };
  const problems = crossChecks(resolved, origin);
  if (problems.length > 0) throw new ConfigError(origin.source, problems);
  return resolved;
}

/** That of the one voice there is, where it has one. */
function languageOfVoices({
  voice,
  voices,
}: NonNullable<CallchartConfig['prompts']>): string | undefined {
  const all = [voice ?? [], ...Object.values(voices ?? {})].flat();
  const [only] = all;
  if (only === undefined || all.length > 1 || only.type === 'flite') return undefined;
  return isLanguageTag(only.language) ? only.language : undefined;
}

function check(config: unknown, source: string): CallchartConfig {
  if (isEmpty(config)) return {};
  const result = schema().safeParse(config);
  if (!result.success) {
    throw new ConfigError(source, describeIssues(result.error.issues, schema()));
  }
  return result.data as CallchartConfig;
}

/** Nothing that could be wrong: most starts have no file and no variable, and are spared the schema. */
function isEmpty(config: unknown): boolean {
  return typeof config === 'object' && config !== null && JSON.stringify(config) === '{}';
}

function schema(): typeof Schema.configSchema {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loading zod costs a twentieth of a second at start
  return (require('./schema') as typeof Schema).configSchema;
}

interface Overlay {
  readonly listen?: readonly string[];
  readonly externalAddress?: ResolvedConfig['sip']['externalAddress'];
  readonly logLevel?: ResolvedConfig['log']['level'];
  readonly http?: Pick<HttpConfig, 'listen'>;
}

/** What the environment says, checked as the file is. */
function fromEnvironment(environment: ConfigOrigin['environment']): Overlay {
  const listen = environment['CALLCHART_LISTEN'];
  const externalAddress = environment['CALLCHART_EXTERNAL_ADDRESS'];
  const level = environment['CALLCHART_LOG_LEVEL'];
  const httpListen = environment['CALLCHART_HTTP_LISTEN'];
  const sip = {
    ...(listen === undefined ? {} : { listen: listen.split(',').map((part) => part.trim()) }),
    ...(externalAddress === undefined ? {} : { externalAddress }),
  };
  const asConfig = {
    ...(isEmpty(sip) ? {} : { sip }),
    ...(level === undefined ? {} : { log: { level } }),
    ...(httpListen === undefined ? {} : { http: { listen: httpListen } }),
  };
  const checked = check(asConfig, 'environment (CALLCHART_…)');
  return {
    ...(checked.sip?.listen === undefined ? {} : { listen: checked.sip.listen }),
    ...(checked.sip?.externalAddress === undefined
      ? {}
      : { externalAddress: checked.sip.externalAddress }),
    ...(checked.log?.level === undefined ? {} : { logLevel: checked.log.level }),
    ...(checked.http === undefined ? {} : { http: checked.http }),
  };
}
