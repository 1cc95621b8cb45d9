import type { CallControl } from '../call/port';
import type { Clock, TimerHandle } from '../core/clock';
import type { Prompt } from '../prompt/port';
import { GatherEntry } from './gather-entry';
import type { GatherInput, GatherOutcome } from './outcomes';
import { PromptPlayback } from './prompt-playback';

/** What a gather needs of its call. */
export type GatherCall = Pick<CallControl, 'digits' | 'play' | 'note'>;

/** Called once, and not after {@link Gather.stop}. */
export interface GatherHandler {
  onOutcome(outcome: Exclude<GatherOutcome, { type: 'hangup' }>): void;
  /** A prompt cannot be had. */
  onFailure(error: unknown): void;
}

type AttemptOutcome = Exclude<GatherOutcome, { type: 'hangup' }>;

/**
 * Asks for keys: prompts, attempts and timers, as docs/gather.md says them. Knows neither XState nor
 * media: a call and a clock are all it takes, so a simulated call gathers by the same rules.
 */
export class Gather {
  private entry: GatherEntry;
  private attempt = 0;
  private timer: TimerHandle | undefined;
  private prompt: PromptPlayback | undefined;
  private stopListening: (() => void) | undefined;
  private over = false;

  constructor(
    private readonly call: GatherCall,
    private readonly clock: Clock,
    private readonly input: GatherInput,
    private readonly handler: GatherHandler,
  ) {
    this.entry = new GatherEntry(input);
  }

  start(): void {
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
    }
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
    this.setTimer(this.input.firstDigitTimeout ?? 5_000, () => this.ended({ type: 'noInput' }));
  }

  private listen(): void {
    this.stopListening ??= this.call.digits.listen((digit) => this.press(digit));
  }

  private press(digit: string): boolean {
    this.prompt?.stop();
    this.prompt = undefined;
    if (this.entry.press(digit) === 'complete') this.ended(this.entry.outcome());
    else this.awaitNextDigit();
    return true;
  }

  /** Type-ahead: takes what waits, and no more than the entry needs. */
  private takeWaiting(): 'open' | 'complete' {
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
    if (outcome.type === 'digits' || this.attempt >= (this.input.attempts ?? 1)) {
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

  private note(outcome: { readonly type: string; readonly digits: string }): void {
    const digits = this.input.sensitive === true ? '***' : outcome.digits;
    this.call.note({ type: 'digits', digits, valid: outcome.type === 'digits' });
  }

  private rest(): void {
    this.stopListening?.();
    this.stopListening = undefined;
    this.prompt?.stop();
    this.prompt = undefined;
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}
