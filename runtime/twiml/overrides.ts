import { given } from './given';

/** What makes a request be tried again: no connection, no answer in time, or an answer of that kind. */
export type RetryCause = 'connect' | 'read' | '4xx' | '5xx';

/** How a URL wants to be asked. Durations are milliseconds. */
export interface ConnectionOverrides {
  /** `ct`: until the connection stands; 100 to 10 000. */
  readonly connectTimeout?: number;
  /** `rt`: until the answer begins; 100 to 15 000. */
  readonly readTimeout?: number;
  /** `tt`: of all of it; 100 to 15 000. */
  readonly totalTimeout?: number;
  /** `rc`: 0 to 5. */
  readonly retries?: number;
  /** `rp`. */
  readonly retryOn?: ReadonlySet<RetryCause>;
}

export interface OverriddenUrl {
  /** Without what the fragment said. */
  readonly url: string;
  readonly overrides: ConnectionOverrides;
  /** What of the fragment was not understood, one sentence each; it is ignored. */
  readonly warnings: readonly string[];
}

const NUMBERS: Readonly<
  Record<string, readonly [keyof Omit<ConnectionOverrides, 'retryOn'>, number, number]>
> = {
  ct: ['connectTimeout', 100, 10_000],
  rt: ['readTimeout', 100, 15_000],
  tt: ['totalTimeout', 100, 15_000],
  rc: ['retries', 0, 5],
};
const CAUSES: Readonly<Record<string, readonly RetryCause[]>> = {
  ct: ['connect'],
  rt: ['read'],
  '4xx': ['4xx'],
  '5xx': ['5xx'],
  all: ['connect', 'read', '4xx', '5xx'],
};

/**
 * Takes the connection overrides out of a URL's fragment: `https://app.example/voice#rc=3&rt=5000&rp=5xx,rt`. `e`, from
 * where it is asked, and `sni`, whether the name is told, need nothing here: there is one place, and the name always
 * is. A fragment that says none of these stays as it is.
 */
export function parseOverrides(url: string): OverriddenUrl {
  const start = url.indexOf('#');
  const fragment = start === -1 ? '' : url.slice(start + 1);
  if (!/(^|&)(ct|rt|tt|rc|rp|e|sni)=/.test(fragment)) return { url, overrides: {}, warnings: [] };
  const overrides: { -readonly [K in keyof ConnectionOverrides]: ConnectionOverrides[K] } = {};
  const warnings: string[] = [];
  for (const pair of fragment.split('&').filter((part) => part !== '')) {
    const [name = '', value = ''] = pair.split('=', 2);
    const number = Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
    if (number !== undefined) {
      const [member, least, most] = number;
      const given = /^\d{1,6}$/.test(value) ? Number(value) : NaN;
      if (given >= least && given <= most) overrides[member] = given;
      else warnings.push(`#${name} of a URL must be ${least} to ${most}, not '${value}'.`);
    } else if (name === 'rp') {
      const words = value.split(',').map((word) => word.trim());
      const causes = words.flatMap(
        (word) => (Object.hasOwn(CAUSES, word) ? CAUSES[word] : []) ?? [],
      );
      if (causes.length > 0) overrides.retryOn = new Set(causes);
      if (causes.length === 0 || !words.every((word) => Object.hasOwn(CAUSES, word))) {
        warnings.push(`#rp of a URL must be of ${Object.keys(CAUSES).join(', ')}, not '${value}'.`);
      }
    } else if (name !== 'e' && name !== 'sni') {
      warnings.push(`#${name} of a URL is unknown.`);
    }
  }
  return { url: url.slice(0, start), overrides, warnings };
}

/** The same for `WebRequest`, which has one time-out for all of it, and decides by itself what is tried again. */
export function requestOverrides(url: string): {
  readonly connectTimeout?: number;
  readonly timeout?: number;
  readonly retries?: number;
} {
  const { connectTimeout, readTimeout, totalTimeout, retries } = parseOverrides(url).overrides;
  return given({ connectTimeout, timeout: totalTimeout ?? readTimeout, retries });
}
