import { tmpdir } from 'node:os';
import type { Clock } from '../../core/clock';
import { silentLogger, type Logger } from '../../core/logger';
import { voiceFailed } from '../errors';
import type { SpeechChunk, SpeechRequest, Voice } from '../port';
import { engineVersion } from './engine-version';
import { espeakVoice, isEspeakVoice } from './espeak-voices';
import { tidyText } from './plain-text';
import { ProcessSpeaker, type Utterance } from './process-speaker';
import { sentencesOf } from './sentences';
import type { EspeakRequest } from './speech-messages';
import { escapeText, speakDocument, ssmlProblem } from './ssml';

/** Under the GPL: whoever wants it installs it. */
export const ESPEAK_PACKAGE = '@echogarden/espeak-ng-emscripten';

/** Characters of one text, and of one utterance. */
const MAX_TEXT = 5_000;
const MAX_UTTERANCE = 300;
/** Words a minute at the usual speed, and those that the engine can do. */
const USUAL_RATE = 175;
const [SLOWEST, FASTEST] = [80, 450];
/** Where the pitch of a voice is its own: 0 to 99. */
const USUAL_PITCH = 50;

/** Durations are milliseconds. */
export interface EspeakVoiceOptions {
  readonly clock: Clock;
  readonly logger?: Logger;
  /** BCP 47; each text's own when absent. */
  readonly language?: string;
  /** A voice of espeak-ng, perhaps with a variant: `de`, `en-gb+f3`. */
  readonly voice?: string;
  /** Times the usual speed, 0.5 to 2.5; 1. */
  readonly rate?: number;
  /** 0 to 99; 50. */
  readonly pitch?: number;
  /** How long the synthesis of a sentence may take, the start of the process included. 20 000. */
  readonly timeout?: number;
  /** The process ends when it had nothing to say for so long. 60 000. */
  readonly idleTimeout?: number;
  readonly temporaryFolder?: string;
  /** Where the package is looked for: the working directory and this one. */
  readonly searchFrom?: readonly string[];
}

/** espeak-ng in WebAssembly, in a process of its own: about a hundred languages, plainly a machine. */
export class EspeakVoice implements Voice {
  readonly name = 'espeak';
  readonly key: string;
  readonly timeout: number;
  private readonly speaker: ProcessSpeaker;

  /** Throws `CALLCHART_VOICE_FAILED` when the package is not there, or the language is none of its own. */
  constructor(private readonly options: EspeakVoiceOptions) {
    const { voice, language, rate = 1, pitch = USUAL_PITCH, timeout = 20_000 } = options;
    const program = findEspeak(options.searchFrom);
    if (program === undefined) throw voiceFailed(ESPEAK_MISSING);
    if (voice === undefined && language !== undefined && espeakVoice(language) === undefined) {
      throw voiceFailed(
        `espeak-ng does not speak "${language}": choose another language or voice.`,
      );
    }
    this.timeout = timeout;
    this.key = JSON.stringify(['espeak', engineVersion(program), voice ?? null, rate, pitch]);
    this.speaker = new ProcessSpeaker({
      clock: options.clock,
      logger: options.logger ?? silentLogger,
      title: 'The voice espeak',
      script: 'espeak-process',
      args: () => [program],
      temporaryFolder: options.temporaryFolder ?? tmpdir(),
      timeout,
      idleTimeout: options.idleTimeout ?? 60_000,
    });
  }

  get processId(): number | undefined {
    return this.speaker.processId;
  }

  dialect(language: string | undefined): string | undefined {
    const { voice, language: own } = this.options;
    const spoken = voice ?? (own === undefined ? undefined : espeakVoice(own));
    if (language === undefined) return spoken ?? 'en-us';
    const asked = espeakVoice(language);
    if (spoken === undefined || asked === undefined) return asked;
    return primary(asked) === primary(spoken) ? spoken : undefined;
  }

  knows(speaker: string): boolean {
    return isEspeakVoice(speaker);
  }

  check(request: SpeechRequest): string | undefined {
    if (request.speaker !== undefined && !this.knows(request.speaker)) {
      return `espeak-ng has no speaker "${request.speaker}": name a voice and a variant, such as "de+f3".`;
    }
    const text = request.ssml ?? request.text;
    if (text.length > MAX_TEXT) {
      return `The text has ${text.length} characters, more than the ${MAX_TEXT} that can be spoken at once: make it a list of shorter ones.`;
    }
    return request.ssml === undefined ? undefined : ssmlProblem(request.ssml);
  }

  async *speak(request: SpeechRequest): AsyncGenerator<SpeechChunk, void> {
    const dialect = this.dialect(request.language) ?? this.dialect(undefined);
    const problem = this.check(request);
    if (problem !== undefined) throw voiceFailed(problem);
    const { rate = 1, pitch = USUAL_PITCH } = this.options;
    const requestOf = (text: string): Omit<EspeakRequest, 'id'> => ({
      voice: request.speaker ?? dialect ?? 'en-us',
      text,
      rate: Math.round(Math.min(FASTEST, Math.max(SLOWEST, rate * USUAL_RATE))),
      pitch,
    });
    const utterances: Utterance[] =
      request.ssml === undefined
        ? sentencesOf(tidyText(request.text), MAX_UTTERANCE, request.language).map(
            ({ text, rest }) => ({ request: requestOf(escapeText(text)), rest }),
          )
        : [{ request: requestOf(speakDocument(request.ssml)) }];
    yield* this.speaker.speak(utterances, request.signal);
  }

  close(): Promise<void> {
    return this.speaker.close();
  }
}

/** What somebody reads who has not installed it. */
export const ESPEAK_MISSING = `The voice espeak is not installed: run "npm install ${ESPEAK_PACKAGE}". It is free software under the GPL, version 3, which is why it does not come with Callchart.`;

/** Its main file; undefined when it is not installed. */
export function findEspeak(
  searchFrom: readonly string[] = [process.cwd(), __dirname],
): string | undefined {
  try {
    return require.resolve(ESPEAK_PACKAGE, { paths: [...searchFrom] });
  } catch {
    return undefined;
  }
}

function primary(voice: string): string {
  return voice.split(/[-+]/)[0] ?? voice;
}
