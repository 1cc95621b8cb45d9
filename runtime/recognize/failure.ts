import { CallchartError } from '../core/errors';

/** A recogniser could not do its work. */
export function recognizerFailed(message: string, cause?: unknown): CallchartError {
  return new CallchartError('CALLCHART_RECOGNIZER_FAILED', message, { cause });
}
