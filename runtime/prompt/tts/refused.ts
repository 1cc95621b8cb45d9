import { CallchartError } from '../../core/errors';

/** A voice that works and will not speak this text: another may, and it keeps its turn with the next one. */
export class SpeechRefused extends CallchartError {
  constructor(message: string, cause?: unknown) {
    super('CALLCHART_VOICE_FAILED', message, { cause });
  }
}
