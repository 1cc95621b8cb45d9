import type { Clock, TimerHandle } from '../core/clock';
import { HANGOVER, ONSET } from '../media/detect/speech';
import type { DetectedTone, DetectOptions } from '../media/port';

type SpeechOptions = NonNullable<DetectOptions['speech']>;

/** What is told to the flow of a call that is listened to. */
export type HearingEvent =
  | { readonly type: 'speech.started' }
  /** Milliseconds since `speech.started`: the hangover is included. */
  | { readonly type: 'speech.ended'; readonly duration: number }
  | { readonly type: 'tone.detected'; readonly tone: DetectedTone };

/** The call that is listened to. */
export interface HearingOwner {
  /** What its audio is to look for from now on, as {@link MediaSession.detect}. */
  detect(options: DetectOptions | undefined): void;
  emit(event: HearingEvent): void;
}

/**
 * Who listens to a caller, any number at once. The audio can look for one thing only, so it looks for what serves
 * all of them: speech by the shortest onset and hangover of all, and who asked for longer ones is told later.
 */
export class Hearing {
  private readonly speakers = new Set<SpeechListener>();
  private readonly flows = new Set<DetectOptions>();
  private looked: string | undefined;
  /** By the shortest onset and hangover. */
  private speaking = false;
  /** What the flow was told last: since when somebody speaks. */
  private since: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly owner: HearingOwner,
  ) {}

  /** Tells when the caller begins and ceases to speak, at once when he speaks already. */
  onSpeech(options: SpeechOptions, tell: (speaking: boolean) => void): () => void {
    const listener = new SpeechListener(this.clock, options, tell);
    this.speakers.add(listener);
    this.look();
    if (this.speaking) listener.hear(true, this.merged());
    return () => {
      if (!this.speakers.delete(listener)) return;
      listener.close();
      this.look();
    };
  }

  /** Tells the flow; whatever it has asked for twice it is told once. */
  listen(options: DetectOptions): () => void {
    const { speech } = options;
    this.flows.add(options);
    const forget =
      speech === undefined ? undefined : this.onSpeech(speech, (speaking) => this.tell(speaking));
    this.look();
    return () => {
      if (!this.flows.delete(options)) return;
      forget?.();
      this.look();
      // Whoever listens next is told anew.
      if (![...this.flows].some((each) => each.speech !== undefined)) this.since = undefined;
    };
  }

  /** The audio says so. */
  hearSpeech(speaking: boolean): void {
    this.speaking = speaking;
    const merged = this.merged();
    for (const listener of [...this.speakers]) listener.hear(speaking, merged);
  }

  /** The audio says so. */
  hearTone(tone: DetectedTone): void {
    if ([...this.flows].some(({ tones }) => tones === true)) {
      this.owner.emit({ type: 'tone.detected', tone });
    }
  }

  /** The call is over: nobody is told anything any more. */
  close(): void {
    for (const listener of this.speakers) listener.close();
    this.speakers.clear();
    this.flows.clear();
  }

  private tell(speaking: boolean): void {
    const { clock, owner, since } = this;
    if (speaking === (since !== undefined)) return;
    this.since = speaking ? clock.now() : undefined;
    if (since === undefined) owner.emit({ type: 'speech.started' });
    else owner.emit({ type: 'speech.ended', duration: Math.round(clock.now() - since) });
  }

  private look(): void {
    const speech = this.speakers.size > 0;
    const tones = [...this.flows].some((each) => each.tones === true);
    if (!speech) this.speaking = false;
    const options = {
      ...(speech ? { speech: this.merged() } : {}),
      ...(tones ? { tones } : {}),
    };
    const wanted = speech || tones ? options : undefined;
    const looked = JSON.stringify(wanted);
    if (looked === this.looked) return;
    this.looked = looked;
    this.owner.detect(wanted);
  }

  private merged(): Required<SpeechOptions> {
    const all = [...this.speakers];
    return {
      onset: Math.min(...all.map(({ onset }) => onset)),
      hangover: Math.min(...all.map(({ hangover }) => hangover)),
    };
  }
}

/** One who listens for speech, by an onset and a hangover of his own. */
class SpeechListener {
  readonly onset: number;
  readonly hangover: number;
  private told = false;
  private timer: TimerHandle | undefined;

  constructor(
    private readonly clock: Clock,
    { onset = ONSET, hangover = HANGOVER }: SpeechOptions,
    private readonly tell: (speaking: boolean) => void,
  ) {
    this.onset = onset;
    this.hangover = hangover;
  }

  /** @param by the onset and hangover, no longer than its own, that this was found by */
  hear(speaking: boolean, by: Required<SpeechOptions>): void {
    this.close();
    if (speaking === this.told) return;
    const delay = speaking ? this.onset - by.onset : this.hangover - by.hangover;
    if (delay <= 0) this.say(speaking);
    else this.timer = this.clock.setTimeout(() => this.say(speaking), delay);
  }

  close(): void {
    this.clock.clearTimeout(this.timer);
  }

  private say(speaking: boolean): void {
    this.told = speaking;
    this.tell(speaking);
  }
}
