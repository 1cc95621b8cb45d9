import type { PlayItem } from '../core/audio';
import type { Playback, PlaybackOptions } from '../media/port';
import type { Prompt } from '../prompt/port';
import { LoopedSound } from './dial/looped-sound';
import type { CallControl } from './port';
import type { Leg } from './leg';
import type { CallServices } from './services';

/** The call that is put aside; getters, because all of it changes. */
export interface AsideOwner {
  readonly state: CallControl['state'];
  /** Throws `CALLCHART_CALL_ENDED` when the call is over. */
  readonly leg: Leg;
  readonly language: string | undefined;
  reportError(thrown: unknown): void;
}

/** What somebody on hold hears where there is no music. */
const nothing: readonly PlayItem[] = [{ type: 'silence', duration: 1_000 }];

/**
 * What is done to a call's sound from outside of its flow: it is muted, or put on hold, or told something, whatever its
 * flow plays and whomever it is connected with. Those go on beneath it.
 */
export class CallAside {
  private isMuted = false;
  /** What is heard on hold. */
  private items: readonly PlayItem[] | undefined;
  private music: LoopedSound | undefined;
  private announcement: Playback | undefined;
  /** Counts the wishes: music that comes late is not played. */
  private wish = 0;

  constructor(
    private readonly owner: AsideOwner,
    private readonly services: Pick<CallServices, 'prompts' | 'holdMusic'>,
  ) {}

  get muted(): boolean {
    return this.isMuted;
  }

  get held(): boolean {
    return this.items !== undefined;
  }

  mute(muted: boolean): void {
    this.isMuted = muted;
    this.apply();
  }

  /** Rejects when the music cannot be had; then nothing has changed. */
  async hold(held: boolean, prompt = this.services.holdMusic): Promise<void> {
    const wish = (this.wish += 1);
    const items = held ? await this.resolve(prompt) : undefined;
    if (wish !== this.wish || this.owner.state === 'ended') return;
    this.items = items;
    this.music?.stop();
    this.music = undefined;
    // Hold comes before what was to be heard.
    if (this.held) this.announcement = undefined;
    this.apply();
  }

  /** Heard in place of all else; rejects when it cannot be had. Music on hold goes on after it. */
  async announce(prompt: Prompt, options?: PlaybackOptions): Promise<Playback | undefined> {
    const items = await this.resolve(prompt);
    if (this.owner.state === 'ended') return undefined;
    this.music?.stop();
    this.music = undefined;
    const playback = this.owner.leg.sound?.playOver(items, options);
    this.announcement = playback;
    void playback?.done.then(() => {
      if (this.announcement !== playback) return;
      this.announcement = undefined;
      this.apply();
    });
    return playback;
  }

  /** The audio is as it was asked for, also where there was none yet. */
  apply(): void {
    const { owner, items } = this;
    if (owner.state === 'ringing' || owner.state === 'ended') return;
    const { sound } = owner.leg;
    if (sound === undefined) return;
    sound.setMuted(this.isMuted || this.held);
    if (items === undefined || this.music !== undefined || this.announcement !== undefined) return;
    this.music = new LoopedSound(
      Promise.resolve(items),
      { play: (list, options) => sound.playOver(list, options) },
      (error) => owner.reportError(error),
    );
  }

  private async resolve(prompt: Prompt | undefined): Promise<readonly PlayItem[]> {
    if (prompt === undefined) return nothing;
    const { language } = this.owner;
    return this.services.prompts.resolve(prompt, { language });
  }
}
