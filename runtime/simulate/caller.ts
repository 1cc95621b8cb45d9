import type { Clock, TimerHandle } from '../core/clock';
import type { Prompt } from '../prompt/port';
import type { CallerStep } from './port';
import { isHeardIn, promptName } from './prompt-sound';
import type { SimulatedLine } from './simulated-line';
import type { Transcript } from './transcript';

/** Milliseconds between two keys. */
const keyDistance = 200;
/** How long `hears` and `reaches` wait, where they do not say. */
const usualTimeout = 60_000;
const usualSpeech = 2_000;
const keys = '0123456789*#ABCD';

/** What the caller needs to know of the flow. */
export interface FlowView {
  /** Whether the flow is in this state now. */
  isIn(state: string): boolean;
  /** What it was in, and what was heard, for messages. */
  readonly path: readonly string[];
  readonly heard: readonly string[];
}

export interface CallerOptions {
  readonly clock: Clock;
  readonly line: SimulatedLine;
  readonly flow: FlowView;
  readonly transcript: Transcript;
  /** Called once when a step cannot happen, with what is wrong. */
  onImpossible(problem: string): void;
}

/** Follows a script, step by step. */
export class ScriptedCaller {
  private index = 0;
  /** Set while a step waits for its time. */
  private timer: TimerHandle | undefined;
  /** The step waits for something that is to come, which has come. */
  private expecting = false;
  private met = false;
  /** The number of the last prompt that a step has heard. */
  private lastHeard = 0;
  private lastKey = -Infinity;
  private digit = 0;
  private speaking = false;

  constructor(
    private readonly steps: readonly CallerStep[],
    private readonly options: CallerOptions,
  ) {}

  /** Does what can be done now; false when it waits, or has nothing left to do. */
  advance(): boolean {
    const step = this.steps[this.index];
    if (step === undefined || this.timer !== undefined) return false;
    const { line } = this.options;
    if (line.end !== undefined && !this.met) return this.afterTheEnd(step);
    switch (step.type) {
      case 'hears':
      case 'reaches':
        return this.expect(step);
      case 'presses':
        return this.press(step.digits);
      case 'says':
        return this.say(step.text, step.duration ?? usualSpeech);
      case 'waits':
        return this.wait(step.duration, () => this.next());
      case 'holds':
      case 'resumes':
        if (!this.mustBeAnswered(step)) return true;
        this.options.transcript.caller(step.type === 'holds' ? 'holds' : 'resumes');
        line.hold(step.type === 'holds');
        return this.next();
      case 'hangsUp':
        this.next();
        this.hangUp('hangs up');
        return true;
    }
  }

  /** The end of the script, or of patience. */
  hangUp(did: string): void {
    const { line, transcript } = this.options;
    if (line.end !== undefined) return;
    transcript.caller(did);
    line.callerHangsUp();
  }

  /** A prompt begins. */
  heard(prompt: Prompt, number: number): void {
    const step = this.steps[this.index];
    if (!this.expecting || this.met || step?.type !== 'hears') return;
    if (step.prompt !== undefined && !isHeardIn(prompt, step.prompt)) return;
    this.lastHeard = number;
    this.meet();
  }

  /** The flow is in another state. */
  reached(): void {
    const step = this.steps[this.index];
    if (!this.expecting || this.met || step?.type !== 'reaches') return;
    if (this.options.flow.isIn(step.state)) this.meet();
  }

  /** The call is over: nothing is left of what was planned. */
  close(): void {
    this.clearTimer();
    const step = this.steps[this.index];
    if (step?.type === 'says' && this.speaking) this.next();
  }

  /** What the script still had to do when all was over; undefined when nothing. */
  get unfinished(): string | undefined {
    const rest = this.steps.slice(this.index).find(({ type }) => !isIdle(type));
    return rest === undefined ? undefined : this.endProblem(rest);
  }

  private expect(step: Extract<CallerStep, { type: 'hears' | 'reaches' }>): boolean {
    const { line, flow, clock } = this.options;
    if (!this.expecting) {
      this.expecting = true;
      const { playing } = line.sound;
      if (step.type === 'reaches') {
        if (flow.isIn(step.state)) this.met = true;
      } else if (playing !== undefined && playing.number > this.lastHeard) {
        this.heard(playing.prompt, playing.number);
      }
    }
    if (this.met) return this.next();
    const timeout = step.timeout ?? usualTimeout;
    this.timer = clock.setTimeout(() => {
      this.fail(this.lateProblem(step, timeout));
    }, timeout);
    return false;
  }

  private meet(): void {
    this.met = true;
    this.clearTimer();
  }

  private press(digits: string): boolean {
    const { clock, line, transcript } = this.options;
    const step = this.steps[this.index] as CallerStep;
    const bad = Array.from(digits).find((each) => !keys.includes(each));
    if (bad !== undefined || digits === '') {
      return this.fail(`${stepName(step)}: there is no key "${bad ?? ''}", only ${keys}`);
    }
    if (!this.mustBeAnswered(step)) return true;
    const early = this.lastKey + keyDistance - clock.now();
    if (early > 0) return this.wait(early, () => undefined);
    const digit = digits[this.digit] as string;
    this.digit += 1;
    this.lastKey = clock.now();
    transcript.caller(`presses ${digit}`);
    if (this.digit === digits.length) this.next();
    line.press(digit);
    return true;
  }

  private say(text: string, duration: number): boolean {
    const { line, transcript } = this.options;
    if (!this.mustBeAnswered(this.steps[this.index] as CallerStep)) return true;
    transcript.caller(`says "${text}"`);
    this.speaking = true;
    line.speak(true, text);
    this.wait(duration, () => {
      this.speaking = false;
      this.next();
      line.speak(false);
    });
    return true;
  }

  private wait(duration: number, then: () => void): boolean {
    this.timer = this.options.clock.setTimeout(() => {
      this.timer = undefined;
      then();
    }, duration);
    return false;
  }

  private next(): boolean {
    this.index += 1;
    this.digit = 0;
    this.expecting = this.met = false;
    return true;
  }

  private mustBeAnswered(step: CallerStep): boolean {
    if (this.options.line.state !== 'ringing') return true;
    this.fail(
      `${stepName(step)}: the call has not been answered yet: let the caller hear a prompt first`,
    );
    return false;
  }

  private afterTheEnd(step: CallerStep): boolean {
    if (isIdle(step.type)) return this.next();
    return this.fail(this.endProblem(step));
  }

  private fail(problem: string): true {
    this.clearTimer();
    this.index = this.steps.length;
    this.options.onImpossible(problem);
    return true;
  }

  private clearTimer(): void {
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private endProblem(step: CallerStep): string {
    return `${stepName(step)}: the call was over before that. ${this.instead(step)}`;
  }

  private lateProblem(step: CallerStep, timeout: number): string {
    return `${stepName(step)}: that did not come within ${timeout / 1_000} s. ${this.instead(step)}`;
  }

  private instead(step: CallerStep): string {
    const { heard, path } = this.options.flow;
    const [what, list] =
      step.type === 'reaches' ? ['The flow was in', path] : ['The caller heard', heard];
    return `${what}: ${list.length === 0 ? 'nothing' : list.join(', ')}.`;
  }
}

/** Steps that a call which is over already does not contradict. */
function isIdle(type: CallerStep['type']): boolean {
  return type === 'waits' || type === 'hangsUp';
}

/** As it stands in the script. */
export function stepName(step: CallerStep): string {
  switch (step.type) {
    case 'hears':
      return step.prompt === undefined ? 'hears()' : `hears('${promptName(step.prompt)}')`;
    case 'presses':
      return `presses('${step.digits}')`;
    case 'says':
      return `says('${step.text}')`;
    case 'waits':
      return `waits(${step.duration})`;
    case 'reaches':
      return `reaches('${step.state}')`;
    default:
      return `${step.type}()`;
  }
}
