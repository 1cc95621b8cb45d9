import type { Clock, TimerHandle } from '../../core/clock';
import type { ConferenceParty, MediaConference, MediaSession, Recording } from '../../media/port';
import type { Prompt } from '../../prompt/port';
import { LoopedSound } from '../dial/looped-sound';
import type {
  ConferenceCaller,
  ConferenceParticipant,
  ConferencePartyControl,
  ConferenceRequest,
  ConferenceResult,
} from './port';
import type { ConferenceRoom } from './room';

export type EndedBy = Extract<ConferenceResult, { readonly type: 'left' }>['endedBy'];

/** The longest recording of a conference, in milliseconds: a WAV file counts its octets in 32 bits. */
const longestRecording = 24 * 3_600_000;

/** A call while it takes part in a conference. */
export class Member implements ConferencePartyControl {
  readonly done: Promise<ConferenceResult>;
  private resolve: (result: ConferenceResult) => void = () => undefined;
  private party: ConferenceParty | undefined;
  private music: LoopedSound | undefined;
  private recording: Recording | undefined;
  private muted: boolean;
  private deaf: boolean;
  private coached: string | undefined;
  /** When it leaves, everybody else has to. */
  endOnExit: boolean;
  private onHold = false;
  private started = true;
  private waiting = false;
  private over = false;
  private readonly entered: number;
  private readonly timer: TimerHandle | undefined;
  private readonly forget: readonly (() => void)[];

  constructor(
    readonly caller: ConferenceCaller,
    readonly request: ConferenceRequest,
    private readonly room: ConferenceRoom,
    private readonly clock: Clock,
  ) {
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.entered = clock.now();
    this.muted = request.muted;
    this.deaf = request.deaf;
    this.coached = request.coach;
    this.endOnExit = request.endOnExit;
    const { timeLimit } = request;
    this.timer =
      timeLimit === undefined
        ? undefined
        : clock.setTimeout(() => this.leave('timeLimit'), timeLimit);
    this.forget = [
      caller.divertKeys((digit) => this.press(digit)),
      caller.onEnd(() => this.leave('caller')),
    ];
  }

  join(sound: MediaConference, coaches: readonly MediaSession[] | undefined): void {
    const { request, caller } = this;
    this.party = sound.join(caller.session, { muted: this.muted, deaf: this.deaf, coaches });
    if (request.record === undefined) return;
    this.recording = sound.record({
      ...caller.newRecording({ name: 'conference', ...request.record, by: 'conference' }),
      maxDuration: longestRecording,
      ...{ endSilence: 0, finishOn: '', beep: false, channels: 'mixed' },
    });
    caller.follow(this.recording);
  }

  /** As those outside see it. */
  get facts(): ConferenceParticipant {
    const { caller, request, muted, deaf, coached, entered, endOnExit } = this;
    const { label, startOnEnter } = request;
    return {
      call: caller.id,
      ...(label === undefined ? {} : { label }),
      ...{ muted, deaf, held: caller.held },
      ...(coached === undefined ? {} : { coach: coached }),
      ...{ startOnEnter, endOnExit, joined: entered },
    };
  }

  /** Whom it coaches, by id or label. */
  get coaching(): string | undefined {
    return this.coached;
  }

  set coaching(whom: string | undefined) {
    this.coached = whom;
  }

  /** Whether this is the party that is meant. */
  is(name: string): boolean {
    const { caller, request, room } = this;
    return caller.id === name || request.label === name || room.isAlias(name, caller.id);
  }

  /** Whom this party is heard by alone. */
  coach(coaches: readonly MediaSession[] | undefined): void {
    this.party?.update({ coaches });
  }

  mute(muted: boolean): void {
    if (muted === this.muted) return;
    this.muted = muted;
    this.update();
    this.room.changed(this, muted ? 'conference.muted' : 'conference.unmuted');
  }

  /** Rejects when the music cannot be had. */
  async hold(held: boolean, music?: Prompt): Promise<void> {
    const before = this.caller.held;
    await this.caller.hold(held, music);
    if (this.over) return;
    this.onHold = held;
    if (held !== before) {
      this.room.changed(this, held ? 'conference.held' : 'conference.resumed');
    }
  }

  deafen(deaf: boolean): void {
    this.deaf = deaf;
    this.update();
  }

  /** Music while this party waits; before the start it neither hears nor is heard. */
  wait(waiting: boolean, before: boolean): void {
    this.started = !before;
    this.update();
    const waitMusic = this.request.waitMusic ?? this.room.holdMusic;
    if (waitMusic === false && waiting !== this.waiting) {
      this.caller.emit({ type: 'conference.waiting', conference: this.room.name, waiting });
    }
    this.waiting = waiting;
    if (!waiting) {
      this.music?.stop();
      this.music = undefined;
    } else if (waitMusic !== undefined && waitMusic !== false && !this.over) {
      this.music ??= new LoopedSound(
        this.room.resolve(waitMusic, this),
        this.caller.session,
        (error) => this.caller.reportError(error),
      );
    }
  }

  /** Idempotent. */
  leave(endedBy: EndedBy): void {
    if (this.over) return;
    this.over = true;
    this.clock.clearTimeout(this.timer);
    for (const forget of this.forget) forget();
    this.music?.stop();
    this.recording?.stop();
    this.party?.leave();
    // Who is taken out is not left alone with the music.
    if (this.onHold && endedBy !== 'caller') {
      this.caller.hold(false).catch((error: unknown) => this.caller.reportError(error));
    }
    const duration = this.clock.now() - this.entered;
    this.room.left(this, endedBy);
    void this.finish(endedBy, duration);
  }

  private async finish(endedBy: EndedBy, duration: number): Promise<void> {
    const recorded = await this.recording?.done;
    const recording =
      recorded?.path === undefined
        ? undefined
        : { path: recorded.path, duration: recorded.duration };
    const conference = this.room.id;
    const result = { type: 'left', conference, endedBy, duration } as const;
    this.resolve(recording === undefined ? result : { ...result, recording });
  }

  private press(digit: string): void {
    const { leaveKey, muteKey } = this.request;
    if (digit === leaveKey) this.leave('leaveKey');
    else if (digit === muteKey) this.mute(!this.muted);
  }

  private update(): void {
    this.party?.update({
      muted: this.muted || !this.started,
      deaf: this.deaf || !this.started,
    });
  }
}
