import type { Clock, TimerHandle } from '../core/clock';
import type {
  ConferenceEvent,
  ConferencePartyControl,
  ConferenceRequest,
  ConferenceResult,
} from '../call/conference/port';
import type { Prompt } from '../prompt/port';
import type { ConferenceScene } from './port';
import type { SimulatedPlayback } from './simulated-playback';
import type { SimulatedRecording } from './simulated-recording';
import { SpeechOnLine } from './speech-on-line';
import type { Transcript } from './transcript';

/** The call that takes part. */
export interface ConferringCall {
  readonly id: string;
  /** The caller speaks now. */
  readonly speaking: boolean;
  emit(event: ConferenceEvent): void;
  onEnd(listener: () => void): () => void;
  divertKeys(listener: (digit: string) => void): () => void;
  /** Tells the flow of a key, which nobody keeps. */
  tellKey(digit: string): void;
  loop(prompt: Prompt): SimulatedPlayback;
  recordBoth(options: { readonly name?: string }): SimulatedRecording;
}

type EndedBy = Extract<ConferenceResult, { readonly type: 'left' }>['endedBy'];

/** A call in a conference with others who do what the test says, after `call/conference/`. */
export class SimulatedConference implements ConferencePartyControl {
  readonly done: Promise<ConferenceResult>;
  private resolve: (result: ConferenceResult) => void = () => undefined;
  private readonly timers: TimerHandle[] = [];
  private readonly cleanups: (() => void)[] = [];
  private readonly speech: SpeechOnLine;
  private readonly entered: number;
  private parties: number;
  private started: boolean;
  private guests = 0;
  private muted: boolean;
  private speaking = false;
  private waiting = false;
  private music: SimulatedPlayback | undefined;
  private readonly recording: SimulatedRecording | undefined;
  private over = false;

  constructor(
    private readonly call: ConferringCall,
    private readonly request: ConferenceRequest,
    scene: ConferenceScene,
    private readonly parts: { readonly clock: Clock; readonly transcript: Transcript },
    signal?: AbortSignal,
  ) {
    const { clock, transcript } = parts;
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    const { others = 1 } = scene;
    this.parties = others + 1;
    this.started = others > 0;
    this.muted = request.muted;
    this.entered = clock.now();
    this.speech = new SpeechOnLine(clock, (speaking) =>
      this.tell({ type: speaking ? 'conference.speaking' : 'conference.silent', call: call.id }),
    );
    const remove = (): void => this.leave('removed');
    signal?.addEventListener('abort', remove, { once: true });
    this.cleanups.push(
      () => signal?.removeEventListener('abort', remove),
      call.onEnd(() => this.leave('caller')),
      call.divertKeys((digit) => {
        this.press(digit);
        call.tellKey(digit);
      }),
    );
    transcript.call(`enters the conference ${request.name}: ${this.parties} there`);
    if (request.record !== undefined) this.recording = call.recordBoth(request.record);
    this.speech.detect({});
    this.speak(call.speaking);
    if (request.startOnEnter) this.start();
    // The flow may have left when it heard of that.
    if (this.over) return;
    this.updateMusic();
    for (const at of scene.joins ?? []) this.after(at, () => this.guest(1));
    for (const at of scene.leaves ?? []) this.after(at, () => this.guest(-1));
    if (scene.ends !== undefined) this.after(scene.ends, () => this.leave('ended'));
    if (scene.kicks !== undefined) this.after(scene.kicks, () => this.leave('kicked'));
    if (request.timeLimit !== undefined)
      this.after(request.timeLimit, () => this.leave('timeLimit'));
  }

  mute(muted: boolean): void {
    if (muted === this.muted) return;
    this.muted = muted;
    this.updateSpeech();
    this.parts.transcript.call(muted ? 'the caller is muted' : 'the caller is heard again');
  }

  deafen(): void {
    // What the caller hears of the others is no prompt.
  }

  /** The caller begins or ceases to speak. */
  speak(speaking: boolean): void {
    this.speaking = speaking;
    this.updateSpeech();
  }

  /** Who is muted, or waits for the start, is not heard. */
  private updateSpeech(): void {
    const heard = this.speaking && this.started && !this.muted;
    if (heard !== this.speech.speaking) this.speech.speak(heard);
  }

  private press(digit: string): void {
    const { leaveKey, muteKey } = this.request;
    if (digit === leaveKey) this.leave('leaveKey');
    else if (digit === muteKey) this.mute(!this.muted);
  }

  private start(): void {
    if (this.started) return;
    this.started = true;
    this.updateSpeech();
    this.tell({ type: 'conference.started', parties: this.parties });
  }

  /** Somebody else comes or goes. */
  private guest(change: 1 | -1): void {
    if (change < 0 && this.parties === 1) return;
    this.parties += change;
    this.guests += change > 0 ? 1 : 0;
    const { parties, parts } = this;
    parts.transcript.call(`somebody ${change > 0 ? 'comes' : 'goes'}: ${parties} there`);
    if (change > 0) this.start();
    const type = change > 0 ? 'conference.joined' : 'conference.left';
    this.tell({ type, call: `guest-${this.guests}`, parties });
    this.updateMusic();
  }

  /** Music for whoever waits for the start, or is alone. */
  private updateMusic(): void {
    if (this.over) return;
    const { waitMusic } = this.request;
    const waiting = !this.started || this.parties === 1;
    if (waitMusic === false && waiting !== this.waiting) {
      this.tell({ type: 'conference.waiting', waiting });
    }
    this.waiting = waiting;
    if (!waiting) {
      this.music?.stop();
      this.music = undefined;
    } else if (waitMusic !== undefined && waitMusic !== false) {
      this.music ??= this.call.loop(waitMusic);
    }
  }

  private tell(event: DistributiveOmit<ConferenceEvent, 'conference'>): void {
    this.call.emit({ ...event, conference: this.request.name });
  }

  private after(duration: number, then: () => void): void {
    this.timers.push(this.parts.clock.setTimeout(then, duration));
  }

  private leave(endedBy: EndedBy): void {
    if (this.over) return;
    this.over = true;
    const { clock, transcript } = this.parts;
    for (const timer of this.timers) clock.clearTimeout(timer);
    for (const cleanup of this.cleanups.splice(0)) cleanup();
    this.speech.close();
    this.music?.stop();
    this.recording?.stop();
    if (endedBy !== 'caller' && endedBy !== 'removed') {
      transcript.call(`leaves the conference: ${endedBy}`);
    }
    void this.finish(endedBy, clock.now() - this.entered);
  }

  private async finish(endedBy: EndedBy, duration: number): Promise<void> {
    const recorded = await this.recording?.done;
    const conference = `${this.call.id}.conference`;
    const result = { type: 'left', conference, endedBy, duration } as const;
    if (recorded?.path === undefined) this.resolve(result);
    else {
      const { path } = recorded;
      this.resolve({ ...result, recording: { path, duration: recorded.duration } });
    }
  }
}

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;
