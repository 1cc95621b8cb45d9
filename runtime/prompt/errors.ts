import { CallchartError, describeError } from '../core/errors';

/** A prompt that does not exist, or that is no prompt at all. */
export function promptMissing(message: string): CallchartError {
  return new CallchartError('CALLCHART_PROMPT_MISSING', message);
}

/** A file that exists and cannot be played; the message names it and what to do. */
export function promptUnreadable(path: string, cause: unknown): CallchartError {
  return new CallchartError(
    'CALLCHART_PROMPT_UNREADABLE',
    `${path} cannot be played: ${sentence(describeError(cause))} Save it as a WAV file, for example 8 kHz, 16 bit, mono, or as FLAC, Ogg Opus or MP3.`,
    { cause },
  );
}

/** A URL that gives no prompt; `reason` says why. The message shows no secret if `url` has none. */
export function promptUnfetched(url: string, reason: string): CallchartError {
  return new CallchartError(
    'CALLCHART_PROMPT_UNREADABLE',
    `${url} cannot be fetched: ${sentence(reason)} Check the URL and its server.`,
  );
}

/** Folders or manifests of prompts that a server does not start with; `problems` are sentences with the remedy. */
export class PromptsError extends CallchartError {
  constructor(readonly problems: readonly string[]) {
    super('CALLCHART_PROMPTS_INVALID', problems.join('\n'));
  }
}

/** A synthesiser that did not deliver. `cause` is what it said, where it said something. */
export function voiceFailed(message: string, cause?: unknown): CallchartError {
  return new CallchartError('CALLCHART_VOICE_FAILED', message, { cause });
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
