import { resolve } from 'node:path';
import type { z } from 'zod';
import type { CallchartConfig, PromptConfig, VoiceConfig } from '../core/config';
import { CallchartError } from '../core/errors';
import { closest } from '../core/suggest';
import { type ListenerConfig, parseListener } from './listener';
import type * as Schema from './schema';

/** A configuration with every default in place, paths absolute, addresses read. */
export interface ResolvedConfig {
  readonly sip: {
    readonly listen: readonly ListenerConfig[];
    readonly externalAddress: string | undefined;
    readonly maxCalls: number;
    readonly ringTimeout: number;
    readonly maxCallDuration: number;
    readonly sessionExpires: number;
    readonly minSessionExpires: number;
  };
  readonly media: {
    readonly ports: { readonly min: number; readonly max: number };
    readonly codecs: readonly ('PCMU' | 'PCMA')[];
    readonly preference: 'ours' | 'theirs';
    readonly timeout: number;
  };
  readonly flows: {
    readonly directory: string | undefined;
    readonly files: readonly string[];
    readonly default: string | undefined;
    readonly apology: PromptConfig;
  };
  readonly prompts: {
    readonly directory: string;
    readonly cache: string;
    readonly voice: VoiceConfig;
  };
  readonly records: { readonly directory: string };
  readonly recordings: { readonly directory: string };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent' };
  readonly drainTimeout: number;
}

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

export interface ConfigOrigin {
  /** For messages: the file, or `configuration`. */
  readonly source: string;
  /** What relative paths are relative to. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
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
  const onlyFiles = flows.files !== undefined && flows.directory === undefined;
  return {
    sip: {
      listen: listen.map((text) => parseListener(text) as ListenerConfig),
      externalAddress: overlay.externalAddress ?? sip.externalAddress,
      maxCalls: sip.maxCalls ?? 1_000,
      ringTimeout: sip.ringTimeout ?? 180_000,
      maxCallDuration: sip.maxCallDuration ?? 4 * 3_600_000,
      sessionExpires: sip.sessionExpires ?? 1_800_000,
      minSessionExpires: sip.minSessionExpires ?? 90_000,
    },
    media: {
      ports: media.ports ?? { min: 10_000, max: 19_999 },
      codecs: media.codecs ?? ['PCMU', 'PCMA'],
      preference: media.preference ?? 'theirs',
      timeout: media.timeout ?? 60_000,
    },
    flows: {
      directory: onlyFiles ? undefined : path(flows.directory ?? 'flows'),
      files: (flows.files ?? []).map(path),
      default: flows.default,
      apology: flows.apology ?? {
        say: 'We are sorry, something went wrong. Please call again later.',
      },
    },
    prompts: {
      directory: path(prompts.directory ?? 'prompts'),
      cache: path(prompts.cache ?? '.cache/speech'),
      voice: prompts.voice ?? { type: 'flite' },
    },
    records: { directory: path(checked.records?.directory ?? 'records') },
    recordings: { directory: path(checked.recordings?.directory ?? 'recordings') },
    log: { level: overlay.logLevel ?? checked.log?.level ?? 'info' },
    drainTimeout: checked.drainTimeout ?? 30_000,
  };
}

function check(config: unknown, source: string): CallchartConfig {
  if (isEmpty(config)) return {};
  const result = schema().safeParse(config);
  if (!result.success) throw new ConfigError(source, describeIssues(result.error.issues));
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
  readonly externalAddress?: string;
  readonly logLevel?: ResolvedConfig['log']['level'];
}

/** What the environment says, checked as the file is. */
function fromEnvironment(environment: ConfigOrigin['environment']): Overlay {
  const listen = environment['CALLCHART_LISTEN'];
  const externalAddress = environment['CALLCHART_EXTERNAL_ADDRESS'];
  const level = environment['CALLCHART_LOG_LEVEL'];
  const sip = {
    ...(listen === undefined ? {} : { listen: listen.split(',').map((part) => part.trim()) }),
    ...(externalAddress === undefined ? {} : { externalAddress }),
  };
  const asConfig = {
    ...(isEmpty(sip) ? {} : { sip }),
    ...(level === undefined ? {} : { log: { level } }),
  };
  const checked = check(asConfig, 'environment (CALLCHART_…)');
  return {
    ...(checked.sip?.listen === undefined ? {} : { listen: checked.sip.listen }),
    ...(checked.sip?.externalAddress === undefined
      ? {}
      : { externalAddress: checked.sip.externalAddress }),
    ...(checked.log?.level === undefined ? {} : { logLevel: checked.log.level }),
  };
}

function describeIssues(issues: readonly z.core.$ZodIssue[]): string[] {
  const lines = new Map<string, string>();
  for (const issue of issues) {
    const path = formatPath(issue.path);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const full = formatPath([...issue.path, key]);
        lines.set(full, `${full}: ${unknownKey(key, keysAt(issue.path))}`);
      }
    } else if (!lines.has(path)) {
      lines.set(path, `${path === '' ? 'the configuration' : path}: ${issue.message}`);
    }
  }
  return [...lines.values()];
}

function unknownKey(key: string, allowed: readonly string[]): string {
  const near = closest(key, allowed);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return `no such setting${hint} (allowed here: ${allowed.join(', ')})`;
}

function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** The keys that the schema knows at a path; none below a list. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = schema();
  for (const part of path) at = shapeOf(at)?.[String(part)];
  return Object.keys(shapeOf(at) ?? {});
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  const definition = (schema as { def?: { innerType?: unknown } }).def;
  if (definition?.innerType !== undefined) return shapeOf(definition.innerType);
  return (schema as { shape?: Readonly<Record<string, unknown>> }).shape;
}
