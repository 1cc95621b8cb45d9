import { askServer } from '../control/client';
import { controlPath } from '../control/path';
import { loadConfig } from './load-config';
import { formatDuration } from './phone/screen';

export interface OriginateOptions {
  readonly config?: string;
  readonly flow: string;
  readonly trunk?: string;
  readonly input?: string;
  readonly from?: string;
  readonly timeout?: string;
  readonly json?: boolean;
}

/**
 * `callchart originate`: has the running server place a call into a flow, and waits for its end. Resolves with
 * the exit status: 0 when the call was answered.
 */
export async function originate(to: string, options: OriginateOptions): Promise<number> {
  const timeout = options.timeout === undefined ? undefined : Number(options.timeout);
  if (timeout !== undefined && !(Number.isInteger(timeout) && timeout > 0)) {
    process.stderr.write(`callchart: --timeout ${options.timeout ?? ''}: must be milliseconds\n`);
    return 2;
  }
  let input: unknown;
  try {
    input = options.input === undefined ? undefined : (JSON.parse(options.input) as unknown);
  } catch {
    process.stderr.write(`callchart: --input must be JSON, such as '{"order":42}'\n`);
    return 2;
  }
  const config = loadConfig(options.config);
  if (options.json !== true) process.stdout.write(`calling ${to} …\n`);
  const result = await askServer(controlPath(config.data.directory), 'originate', {
    to,
    flow: options.flow,
    ...(options.trunk === undefined ? {} : { trunk: options.trunk }),
    ...(input === undefined ? {} : { input }),
    ...(options.from === undefined ? {} : { callerId: { number: options.from } }),
    ...(timeout === undefined ? {} : { timeout }),
  });
  process.stdout.write(
    options.json === true ? `${JSON.stringify(result)}\n` : `${describeResult(result)}\n`,
  );
  return member(result, 'type') === 'answered' ? 0 : 1;
}

/** One line that says how it went. */
export function describeResult(result: unknown): string {
  const type = member(result, 'type');
  const status = member(result, 'status');
  const reason = member(result, 'reason');
  const why = [status, reason].filter((part) => part !== undefined).join(' ');
  switch (type) {
    case 'answered': {
      const talkTime = member(result, 'talkTime');
      const time = typeof talkTime === 'number' ? `, ${formatDuration(talkTime)}` : '';
      return `answered, ended by the ${String(member(result, 'endedBy'))}${time}`;
    }
    case 'busy':
      return 'busy';
    case 'noAnswer':
      return 'no answer';
    default:
      return why === '' ? String(type) : `${String(type)}: ${why}`;
  }
}

function member(value: unknown, key: string): string | number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Readonly<Record<string, unknown>>)[key];
  return typeof found === 'string' || typeof found === 'number' ? found : undefined;
}
