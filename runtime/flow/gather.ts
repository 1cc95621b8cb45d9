import type { CallControl } from '../call/port';
import type { Clock, TimerHandle } from '../core/clock';
import type { Prompt } from '../prompt/port';
import { describeError } from '../core/errors';
import { GatherEntry } from './gather-entry';
import { GatherSpeech, noRecognizer, type SpeechCall } from './gather-speech';
import type { GatherInput, GatherOutcome } from './outcomes';
import { PromptPlayback } from './prompt-playback';

/** What a gather needs of its call. */
export type GatherCall = Pick<CallControl, 'digits' | 'play' | 'note'> & SpeechCall;

/** Called once, and not after {@link Gather.stop}. */
export interface GatherHandler {
  onOutcome(outcome: Exclude<GatherOutcome, { type: 'hangup' }>): void;
  /** A prompt cannot be had. */
  onFailure(error: unknown): void;
}

type AttemptOutcome = Exclude<GatherOutcome, { type: 'hangup' }>;

/**
 * Asks for keys, or words: prompts, attempts and timers, as docs/gather.md says them. Knows neither XState nor
 * media: a call and a clock are all it takes, so a simulated call gathers by the same rules.
 */
export class Gather {
  private entry: GatherEntry;
  private attempt = 0;
  private timer: TimerHandle | undefined;
  private prompt: PromptPlayback | undefined;
  private stopListening: (() => void) | undefined;
  private speech: GatherSpeech | undefined;
  private readonly wantsDigits: boolean;
  private readonly wantsSpeech: boolean;
  private over = false;

  constructor(
    private readonly call: GatherCall,
    private readonly clock: Clock,
    private readonly input: GatherInput,
    private readonly handler: GatherHandler,
  ) {
    this.entry = new GatherEntry(input);
    this.wantsDigits = input.input?.includes('digits') !== false;
    this.wantsSpeech = input.input?.includes('speech') === true;
  }

  start(): void {
    if (this.wantsSpeech && this.call.recognize === undefined) {
      this.fail(noRecognizer());
      return;
    }
    // Digits pressed before the gather are kept for it unless `clear` says otherwise.
    if (this.input.clear === true) this.call.digits.clear();
    this.begin(this.input.prompt);
  }

  /** Silences the prompt and forgets the timers. Digits not yet taken wait for the next gather. */
  stop(): void {
    this.over = true;
    this.rest();
  }

  private begin(prompt: Prompt | undefined): void {
    this.attempt += 1;
    this.entry = new GatherEntry(this.input);
    if (prompt === undefined) {
      this.promptEnded();
      return;
    }
    // Without barge-in the digits wait in the call's queue until the prompt has been heard.
    if (this.input.bargeIn !== false) {
      if (this.takeWaiting() === 'complete') return;
      this.listen();
      if (this.entry.digits !== '') {
        this.awaitNextDigit();
        return;
      }
      this.listenToSpeech();
    }
    if (this.over) return;
    this.prompt = new PromptPlayback(this.call, prompt, {}, (end) => {
      this.prompt = undefined;
      if (end.type === 'completed') this.promptEnded();
      else this.fail(end.error);
    });
  }

  /** The first-digit timer starts when the prompt has ended, not before, and only if no digit came. */
  private promptEnded(): void {
    if (this.takeWaiting() === 'complete') return;
    this.listen();
    if (this.entry.digits !== '') {
      this.awaitNextDigit();
      return;
    }
    this.listenToSpeech();
    if (this.over) return;
    this.speech?.promptEnded();
    this.setTimer(this.input.firstDigitTimeout ?? 5_000, () => this.nothingCame());
  }

  /** A caller who speaks is heard out. */
  private nothingCame(): void {
    this.timer = undefined;
    if (this.speech?.busy !== true) this.ended(this.silentOutcome());
  }

  /** A voice that nobody understood is an answer, if a wrong one. */
  private silentOutcome(): AttemptOutcome {
    return this.speech?.heard === true ? { type: 'invalid', digits: '' } : { type: 'noInput' };
  }

  private listenToSpeech(): void {
    if (!this.wantsSpeech || this.speech !== undefined) return;
    const speech = new GatherSpeech(this.call, this.clock, this.input, {
      onWords: () => this.wordsCame(),
      onSpeech: (text, confidence) => {
        const certainty = confidence === undefined ? {} : { confidence };
        this.ended({ type: 'speech', text, ...certainty });
      },
      onNothing: () => {
        if (this.prompt !== undefined || this.timer !== undefined) speech.listen();
        else this.ended(this.silentOutcome());
      },
      onFailure: (error) => this.speechFailed(error),
    });
    this.speech = speech;
    speech.start();
  }

  /** Words stop the prompt, and the wait for the first of them. */
  private wordsCame(): void {
    this.prompt?.stop();
    this.prompt = undefined;
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.speech?.promptEnded();
  }

  /** Where keys will do too, the caller has them. */
  private speechFailed(error: unknown): void {
    if (!this.wantsDigits) {
      this.fail(error);
      return;
    }
    this.call.note({ type: 'error', message: describeError(error) });
    if (this.prompt === undefined && this.timer === undefined) this.ended(this.silentOutcome());
  }

  private listen(): void {
    if (!this.wantsDigits) return;
    this.stopListening ??= this.call.digits.listen((digit) => this.press(digit));
  }

  private press(digit: string): boolean {
    this.prompt?.stop();
    this.prompt = undefined;
    // Who has begun to press keys does not speak: what he has said counts no more.
    this.speech?.stop();
    if (this.entry.press(digit) === 'complete') this.ended(this.entry.outcome());
    else this.awaitNextDigit();
    return true;
  }

  /** Type-ahead: takes what waits, and no more than the entry needs. */
  private takeWaiting(): 'open' | 'complete' {
    if (!this.wantsDigits) return 'open';
    for (;;) {
      const digit = this.call.digits.take();
      if (digit === undefined) return 'open';
      if (this.entry.press(digit) === 'complete') {
        this.ended(this.entry.outcome());
        return 'complete';
      }
    }
  }

  /** The inter-digit timer restarts at each digit; what was pressed until it ends is the entry. */
  private awaitNextDigit(): void {
    this.setTimer(this.input.interDigitTimeout ?? 2_000, () => this.ended(this.entry.outcome()));
  }

  private setTimer(duration: number, callback: () => void): void {
    this.clock.clearTimeout(this.timer);
    this.timer = this.clock.setTimeout(callback, duration);
  }

  private ended(outcome: AttemptOutcome): void {
    this.rest();
    if (outcome.type !== 'noInput') this.note(outcome);
    if (
      outcome.type === 'digits' ||
      outcome.type === 'speech' ||
      this.attempt >= (this.input.attempts ?? 1)
    ) {
      this.over = true;
      this.handler.onOutcome(outcome);
    } else {
      this.begin(this.nextPrompt(outcome));
    }
  }

  private nextPrompt(outcome: AttemptOutcome): Prompt | undefined {
    const { prompt, retryPrompt, invalidPrompt, noInputPrompt } = this.input;
    return (outcome.type === 'noInput' ? noInputPrompt : invalidPrompt) ?? retryPrompt ?? prompt;
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.stop();
    this.handler.onFailure(error);
  }

  private note(outcome: Exclude<AttemptOutcome, { readonly type: 'noInput' }>): void {
    const shown = (text: string): string => (this.input.sensitive === true ? '***' : text);
    if (outcome.type === 'speech') {
      const { text, confidence } = outcome;
      this.call.note({ type: 'digits', digits: '', speech: shown(text), confidence, valid: true });
      return;
    }
    const digits = shown(outcome.digits);
    this.call.note({ type: 'digits', digits, valid: outcome.type === 'digits' });
  }

  private rest(): void {
    this.stopListening?.();
    this.stopListening = undefined;
    this.speech?.stop();
    this.speech = undefined;
    this.prompt?.stop();
    this.prompt = undefined;
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}
