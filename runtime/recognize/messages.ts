import type { Recognised, RecognitionOptions } from './port';

/** The first message of a recognition: JSON in a text message. See docs/speech.md. */
export interface StartMessage extends Omit<RecognitionOptions, 'hints'> {
  readonly type: 'start';
  readonly version: 1;
  /** 16-bit little-endian samples, one channel. */
  readonly encoding: 'l16';
  readonly hints: readonly string[];
}

/** What an engine says. */
export type EngineMessage =
  | { readonly type: 'partial' | 'final'; readonly result: Recognised }
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: 'end' };

/** Characters of one text that are taken. */
const LONGEST_TEXT = 10_000;

export function startMessage(options: RecognitionOptions): string {
  const message: StartMessage = { type: 'start', version: 1, encoding: 'l16', ...options };
  return JSON.stringify(message);
}

export const FINISH_MESSAGE = JSON.stringify({ type: 'finish' });

/**
 * What a message says; undefined of a type that is not known, which is nothing to worry about.
 *
 * @throws {Error} when it is none
 */
export function readMessage(text: string): EngineMessage | undefined {
  const message: unknown = JSON.parse(text);
  const member = (name: string): unknown =>
    typeof message === 'object' && message !== null ? Reflect.get(message, name) : undefined;
  const type = member('type');
  if (typeof type !== 'string') throw new Error('it has no type');
  switch (type) {
    case 'partial':
    case 'final': {
      const said = member('text');
      if (typeof said !== 'string') throw new Error(`a ${type} result needs a text`);
      const result: Recognised = {
        text: said.slice(0, LONGEST_TEXT),
        confidence: share(member('confidence')),
        stability: share(member('stability')),
      };
      return { type, result };
    }
    case 'error': {
      const why = member('message');
      return { type, message: typeof why === 'string' ? why.slice(0, 200) : 'for no reason given' };
    }
    case 'end':
      return { type };
    default:
      return undefined;
  }
}

function share(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined;
}
