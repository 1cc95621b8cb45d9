import type { CallControl, CallRecognition } from '../call/port';
import type { Clock, TimerHandle } from '../core/clock';
import { CallchartError } from '../core/errors';
import type { GatherInput } from './outcomes';

/** Milliseconds. Of silence that ends what is said where the recogniser does not: `speechTimeout` of `auto`. */
const AUTO_SILENCE = 2_000;
/** Until the ear says that a voice has ceased, which counts as part of the silence. */
const HANGOVER = 500;
/** The longest that is listened to what one caller says, from his first sound. */
const LONGEST_SPEECH = 60_000;
/** How long a recogniser may take with its last result. */
const LAST_RESULT = 5_000;
/** A recogniser that ends again and again before anybody has spoken is broken. */
const MOST_ROUNDS = 20;

/** What listening needs of its call. */
export type SpeechCall = Pick<CallControl, 'recognize' | 'detectSpeech'>;

/** Nothing is told after {@link GatherSpeech.stop}. */
export interface SpeechHandler {
  /** The caller says words, whichever: told once each time that it begins to listen. */
  onWords(): void;
  onSpeech(text: string, confidence: number | undefined): void;
  /** What was listened to is over, and nothing was understood. {@link GatherSpeech.listen} goes on, or nobody does. */
  onNothing(): void;
  onFailure(error: unknown): void;
}

/** What a gather asks a recogniser for. */
export type SpeechRules = Pick<
  GatherInput,
  'bargeIn' | 'hints' | 'language' | 'speechTimeout' | 'speechModel' | 'profanityFilter' | 'partial'
>;

/**
 * Listens to what a caller says in one attempt of a gather. Two ears hear him: a recogniser, which knows words, and the
 * call's own, which knows a voice from silence. Words alone count; the voice tells when to wait for them.
 *
 *     listens --words, voice--> hears --final result, or silence--> finishes --last result--> text, or nothing
 */
export class GatherSpeech {
  /** A voice was heard behind the prompt. */
  heard = false;
  private prompted = true;
  private voice = false;
  /** A voice was heard since it listens: then the ear, and no late result, says how long the silence is. */
  private voiced = false;
  private words = false;
  private finishing = false;
  private over = false;
  private finals: { readonly text: string; readonly confidence: number | undefined }[] = [];
  private recognition: CallRecognition | undefined;
  private forgetVoice: (() => void) | undefined;
  /** What an earlier recognition still has to say is not wanted any more. */
  private round = 0;
  private silence: TimerHandle | undefined;
  private longest: TimerHandle | undefined;

  constructor(
    private readonly call: SpeechCall,
    private readonly clock: Clock,
    private readonly rules: SpeechRules,
    private readonly handler: SpeechHandler,
  ) {}

  start(): void {
    this.listenForVoice();
    this.listen();
  }

  /** Begins to listen, or anew after {@link SpeechHandler.onNothing}. */
  listen(): void {
    const { call } = this;
    if (this.over) return;
    if (call.recognize === undefined) {
      this.fail(noRecognizer());
      return;
    }
    this.round += 1;
    if (this.round > MOST_ROUNDS) {
      this.fail(new CallchartError('CALLCHART_RECOGNIZER_FAILED', 'the recogniser ends at once'));
      return;
    }
    if (this.voice && !this.prompted) this.begin();
    const { round } = this;
    const current = (): boolean => !this.over && round === this.round;
    const options = this.options();
    const listening = call.recognize(options, {
      onPartial: ({ text }) => {
        if (current()) this.understand(text);
      },
      onFinal: ({ text, confidence }) => {
        if (current()) this.take(text, confidence);
      },
      onEnd: (error) => {
        if (current()) this.ended(error);
      },
    });
    listening.then(
      (recognition) => {
        if (!current()) {
          recognition.close();
          return;
        }
        this.recognition = recognition;
        if (this.finishing) recognition.finish();
      },
      (error: unknown) => {
        if (current()) this.fail(error);
      },
    );
  }

  /** From now on silence counts. */
  promptEnded(): void {
    if (!this.prompted) return;
    this.prompted = false;
    if (this.voice) this.begin();
  }

  /** Whether the caller speaks, or what he has said is not understood yet: it ends by itself. */
  get busy(): boolean {
    if (this.over) return false;
    return this.voice || this.words || this.finishing || this.silence !== undefined;
  }

  /** Idempotent. */
  stop(): void {
    if (this.over) return;
    this.over = true;
    this.rest();
    this.forgetVoice?.();
  }

  private options(): Parameters<NonNullable<SpeechCall['recognize']>>[0] {
    const { bargeIn, hints = [], language, speechModel, profanityFilter, partial } = this.rules;
    return {
      language,
      hints,
      // Words in a prompt are to be known before they are final.
      partial: partial === true || (this.prompted && bargeIn !== false),
      tell: partial === true,
      singleUtterance: this.isAuto,
      model: speechModel,
      profanityFilter,
    };
  }

  private get isAuto(): boolean {
    return typeof this.rules.speechTimeout !== 'number';
  }

  private get patience(): number {
    const { speechTimeout } = this.rules;
    return typeof speechTimeout === 'number' ? speechTimeout : AUTO_SILENCE;
  }

  private get hangover(): number {
    return Math.min(HANGOVER, this.patience);
  }

  private listenForVoice(): void {
    void this.call
      .detectSpeech?.({ hangover: this.hangover }, (speaking) => this.hear(speaking))
      .then(
        (forget) => {
          if (this.over) forget();
          else this.forgetVoice = forget;
        },
        // The call is over, which ends the gather.
        () => undefined,
      );
  }

  private hear(speaking: boolean): void {
    if (this.over) return;
    this.voice = speaking;
    this.voiced = true;
    if (this.finishing) return;
    this.setSilence(undefined);
    if (speaking && !this.prompted) this.begin();
    // A noise in the prompt is none of a caller who answers.
    if (!speaking && !this.prompted) this.setSilence(this.patience - this.hangover);
  }

  private begin(): void {
    this.heard = true;
    this.longest ??= this.clock.setTimeout(() => this.finish(), LONGEST_SPEECH);
  }

  private understand(text: string): void {
    if (!hasWords(text)) return;
    if (!this.words) {
      this.words = true;
      this.begin();
      this.handler.onWords();
    }
    // Of a voice so low that only the recogniser has heard it, its words tell when it ends.
    if (this.voice || this.finishing || this.over) return;
    if (!this.voiced || this.silence === undefined) this.setSilence(this.patience);
  }

  private take(text: string, confidence: number | undefined): void {
    if (!hasWords(text)) return;
    this.finals.push({ text: text.trim(), confidence });
    this.understand(text);
    if (this.isAuto && !this.over) this.settle();
  }

  private ended(error: Error | undefined): void {
    if (error !== undefined && this.finals.length === 0) this.fail(error);
    else this.settle();
  }

  /** The caller has said all: what the recogniser still has to say is waited for. */
  private finish(): void {
    if (this.finishing) return;
    this.finishing = true;
    this.setSilence(undefined);
    this.silence = this.clock.setTimeout(() => this.settle(), LAST_RESULT);
    this.recognition?.finish();
  }

  private settle(): void {
    const { finals, handler } = this;
    this.rest();
    if (finals.length === 0) {
      handler.onNothing();
      return;
    }
    this.stop();
    const certain = finals.flatMap(({ confidence }) => confidence ?? []);
    const text = finals.map((each) => each.text).join(' ');
    handler.onSpeech(text, certain.length === 0 ? undefined : Math.min(...certain));
  }

  private fail(error: unknown): void {
    this.stop();
    this.handler.onFailure(error);
  }

  /** What was listened to is over. */
  private rest(): void {
    const { recognition } = this;
    this.recognition = undefined;
    this.finals = [];
    this.words = this.finishing = this.voiced = false;
    this.setSilence(undefined);
    this.clock.clearTimeout(this.longest);
    this.longest = undefined;
    recognition?.close();
  }

  private setSilence(duration: number | undefined): void {
    this.clock.clearTimeout(this.silence);
    this.silence =
      duration === undefined ? undefined : this.clock.setTimeout(() => this.finish(), duration);
  }
}

function hasWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** For whoever is asked to understand speech without being able to. */
export function noRecognizer(): CallchartError {
  return new CallchartError(
    'CALLCHART_NO_RECOGNIZER',
    "speech cannot be understood: no recogniser is configured. Set `recognizer` in callchart.config.ts, or take 'speech' out of the input of gather",
  );
}
