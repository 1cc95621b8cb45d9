import { CODEC_NAMES, type CodecName } from '../core/audio';
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
  readonly codecs?: string;
  /** True, or the milliseconds that its beep is waited for. */
  readonly detectMachine?: true | string;
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
  const machineDetection = machineOptions(options.detectMachine);
  if (machineDetection === 'wrong') {
    process.stderr.write(
      `callchart: --detect-machine ${String(options.detectMachine)}: must be milliseconds to wait for the beep\n`,
    );
    return 2;
  }
  const codecs = codecList(options.codecs);
  if (codecs === 'wrong') {
    process.stderr.write(
      `callchart: --codecs ${options.codecs ?? ''}: must be of ${CODEC_NAMES.join(', ')}, separated by commas\n`,
    );
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
    ...(codecs === undefined ? {} : { codecs }),
    ...(machineDetection === undefined ? {} : { machineDetection }),
  });
  process.stdout.write(
    options.json === true ? `${JSON.stringify(result)}\n` : `${describeResult(result)}\n`,
  );
  return member(result, 'type') === 'answered' ? 0 : 1;
}

function machineOptions(
  option: OriginateOptions['detectMachine'],
): { readonly beepTimeout?: number } | 'wrong' | undefined {
  if (option === undefined) return undefined;
  if (option === true) return {};
  const beepTimeout = Number(option);
  return Number.isInteger(beepTimeout) && beepTimeout >= 0 && beepTimeout <= 3_600_000
    ? { beepTimeout }
    : 'wrong';
}

/** Names as they are written elsewhere, whatever their case. */
function codecList(option: string | undefined): readonly CodecName[] | 'wrong' | undefined {
  const names = option?.split(',').map((name) => {
    const wanted = name.trim().toUpperCase();
    return CODEC_NAMES.find((codec) => codec.toUpperCase() === wanted);
  });
  return names?.includes(undefined) === true ? 'wrong' : names?.flatMap((name) => name ?? []);
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
      return `answered${answeredBy(result)}, ended by the ${String(member(result, 'endedBy'))}${time}`;
    }
    case 'busy':
      return 'busy';
    case 'noAnswer':
      return 'no answer';
    default:
      return why === '' ? String(type) : `${String(type)}: ${why}`;
  }
}

/** Who that was, where it was found out. */
function answeredBy(result: unknown): string {
  const who: unknown =
    typeof result === 'object' && result !== null && 'answeredBy' in result
      ? result.answeredBy
      : undefined;
  const type = member(who, 'type');
  if (type === undefined) return '';
  const names: Readonly<Record<string, string>> = {
    human: 'a human',
    machine: 'a machine',
    fax: 'a fax machine',
  };
  const heard = names[type] ?? 'somebody unknown';
  const beep = member(who, 'beepAt') === undefined ? '' : ', after its beep';
  return ` by ${heard} (${String(member(who, 'reason'))}${beep})`;
}

function member(value: unknown, key: string): string | number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Readonly<Record<string, unknown>>)[key];
  return typeof found === 'string' || typeof found === 'number' ? found : undefined;
}
