import type { PlayItem } from '../../core/audio';
import type { TimerHandle } from '../../core/clock';
import { describeError } from '../../core/errors';
import type { LegEnd, LegFacts } from '../call-record';
import type { OutgoingLeg } from '../outgoing-leg';
import type { CallEnd, DialOptions, DialTarget } from '../port';
import type { CallServices } from '../services';
import { CalleeCall } from './callee';
import type { DialCaller } from './caller';
import { Screening } from './screening';

export interface PreparationParts {
  readonly caller: DialCaller;
  readonly services: CallServices;
  /** What everybody is asked, and the question as it is played; undefined when it cannot be had. */
  readonly screening?: NonNullable<DialOptions['screening']> | undefined;
  readonly question: Promise<readonly PlayItem[] | undefined>;
  /** Told once, unless it is stopped before; never before the constructor has returned. */
  onVerdict(verdict: 'accepted' | LegEnd): void;
}

/** Milliseconds of each key that is sent, and between two. */
const keyTime = 100;
/** Milliseconds that a `w` waits, and a `W`. */
const waits: Readonly<Record<string, number>> = { w: 500, W: 1_000 };

const hungUp: LegEnd = { by: 'caller', cause: 'bye', status: 200, reason: '' };
const declined: LegEnd = { ...hungUp, cause: 'screening' };
const taken: CallEnd = { by: 'system', cause: 'connected', status: 200, reason: '' };

/** Whether a callee who has answered is put through only after something else. */
export function needsPreparation(
  { onAnswered, sendDigits }: DialTarget,
  { screening }: Pick<DialOptions, 'screening'>,
): boolean {
  return (onAnswered ?? sendDigits ?? screening) !== undefined;
}

/** What comes between the answer of a callee and the conversation: keys for his side, his own flow, the question. */
export class Preparation {
  private screening: Screening | undefined;
  private callee: CalleeCall | undefined;
  private timer: TimerHandle | undefined;
  private over = false;

  constructor(
    private readonly leg: OutgoingLeg,
    private readonly parts: PreparationParts,
  ) {
    void this.prepare();
  }

  press(digit: string, duration: number): void {
    if (this.screening !== undefined) this.screening.press(digit);
    else this.callee?.press(digit, duration);
  }

  /** The callee has gone. */
  ended({ end: { cause, status, reason } }: LegFacts): void {
    // Towards the callee's flow he is the caller.
    this.close({ by: 'caller', cause, status, reason });
  }

  /** The call is another's, or is over. Idempotent. */
  stop(): void {
    this.close(taken);
  }

  private async prepare(): Promise<void> {
    const { leg, parts } = this;
    const { onAnswered, sendDigits } = leg.options.asked;
    try {
      if (sendDigits !== undefined) await this.send(sendDigits);
      if (this.over) return;
      if (onAnswered !== undefined) {
        this.callee = new CalleeCall(leg, {
          ...{ caller: parts.caller, services: parts.services },
          onDeclined: (why) => this.decide(why),
        });
        const verdict = await onAnswered(this.callee);
        if (verdict === 'decline') this.decide(declined);
        this.callee.over(taken);
        this.callee = undefined;
      }
      await this.ask();
    } catch (error) {
      if (this.over) return;
      const { caller, services } = parts;
      services.logger.warn(
        { call: caller.info.id, leg: leg.id, error: describeError(error) },
        'a callee could not be prepared for the call',
      );
      caller.reportError(error);
      this.decide(hungUp);
    }
  }

  private async ask(): Promise<void> {
    const { leg, parts } = this;
    const { screening, services, question } = parts;
    // Whoever made this is told only when it has it.
    const items = await question;
    if (this.over) return;
    if (screening === undefined) this.decide('accepted');
    else if (items === undefined) this.decide(hungUp);
    else {
      const { accept, timeout } = screening;
      const options = { items, accept, timeout };
      this.screening = new Screening(services.clock, leg, options, (accepted) =>
        this.decide(accepted ? 'accepted' : declined),
      );
    }
  }

  private async send(keys: string): Promise<void> {
    const { clock } = this.parts.services;
    for (const part of keys.split(/([wW])/)) {
      const wait = waits[part];
      if (wait !== undefined) {
        await new Promise<void>((resolve) => {
          this.timer = clock.setTimeout(resolve, wait);
        });
      } else if (part !== '') await this.leg.leg.sound?.sendDigits(part, keyTime, keyTime);
      if (this.over) return;
    }
  }

  private decide(verdict: 'accepted' | LegEnd): void {
    if (this.over) return;
    this.close(taken);
    this.parts.onVerdict(verdict);
  }

  private close(end: CallEnd): void {
    this.over = true;
    this.parts.services.clock.clearTimeout(this.timer);
    this.screening?.stop();
    this.callee?.over(end);
  }
}
