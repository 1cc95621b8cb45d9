import type { PlayItem } from '../../core/audio';
import type { Prompt, PromptLibrary } from '../../prompt/port';
import type { Bridge } from '../bridge';
import type { OutgoingLeg } from '../outgoing-leg';
import type { DialOptions } from '../port';
import type { DialCaller } from './caller';
import { LoopedSound } from './looped-sound';

export interface RingbackOwner {
  /** Lets caller and callee hear each other. */
  bridge(leg: OutgoingLeg): Bridge;
  onError(error: unknown): void;
}

/**
 * What the caller hears until somebody answers. A 180 lets the caller's phone ring by itself; sound before the
 * answer goes out with a 183 (RFC 3960 §3), and to a caller who cannot have that, not at all.
 */
export class Ringback {
  /** The callee whose sound the caller hears before the answer. */
  private heard: { readonly leg: OutgoingLeg; readonly bridge: Bridge } | undefined;
  private sound: LoopedSound | undefined;
  private wantsTone = false;
  private over = false;

  constructor(
    private readonly caller: DialCaller,
    private readonly prompts: PromptLibrary,
    private readonly mode: DialOptions['ringback'],
    private readonly owner: RingbackOwner,
  ) {}

  /** Dialling begins: a tone or a prompt need not wait for the callee's phone. */
  start(): void {
    if (this.mode !== 'pass') this.attempt(() => this.playOwn());
  }

  /** A callee's phone rings. */
  ringing(): void {
    if (this.mode === 'pass') this.attempt(() => this.passRinging());
  }

  /** A callee sends sound before its answer: the first who does is heard. */
  earlyMedia(leg: OutgoingLeg): void {
    if (this.mode === 'pass') this.attempt(() => this.passSound(leg));
  }

  /** This callee has gone, or has answered and is not put through yet. */
  lost(leg: OutgoingLeg): void {
    if (this.heard?.leg !== leg) return;
    this.heard.bridge.close();
    this.heard = undefined;
    if (!this.over) this.attempt(() => this.playOwn());
  }

  /** Silence; a bridge that passed the sound of this leg goes on, and is the caller's of this method. */
  end(leg?: OutgoingLeg): Bridge | undefined {
    this.over = true;
    this.sound?.stop();
    this.sound = undefined;
    const { heard } = this;
    this.heard = undefined;
    if (heard === undefined || heard.leg === leg) return heard?.bridge;
    heard.bridge.close();
    return undefined;
  }

  private async passRinging(): Promise<void> {
    const { caller } = this;
    if (this.heard !== undefined) return;
    if (caller.state === 'ringing') await caller.ring({ earlyMedia: false });
    else await this.playOwn();
  }

  private async passSound(leg: OutgoingLeg): Promise<void> {
    const { caller } = this;
    if (this.heard !== undefined) return;
    if (caller.state === 'ringing') {
      caller.leg.media.prefer(leg.leg.media.codec);
      await caller.ring({ earlyMedia: true });
    }
    // Meanwhile another may be heard, or this one be gone; and some callers can only have a 180.
    if (this.over || this.heard !== undefined || leg.state !== 'calling') return;
    if (caller.state !== 'early' && caller.state !== 'answered') return;
    this.sound?.stop();
    this.sound = undefined;
    this.heard = { leg, bridge: this.owner.bridge(leg) };
  }

  /** The tone, or the prompt, as soon as the caller can hear it; once. */
  private async playOwn(): Promise<void> {
    const { caller, mode } = this;
    if (this.sound !== undefined || this.wantsTone) return;
    this.wantsTone = true;
    try {
      if (caller.state === 'ringing') await caller.ring({ earlyMedia: mode !== 'pass' });
      if (this.over || this.heard !== undefined || caller.state === 'ringing') return;
      const { sound } = caller.leg;
      if (sound === undefined) return;
      const prompt: Prompt = typeof mode === 'object' ? mode.prompt : { tone: 'ringback' };
      this.sound = new LoopedSound(this.resolve(prompt), sound, this.fail);
    } finally {
      this.wantsTone = false;
    }
  }

  private async resolve(prompt: Prompt): Promise<readonly PlayItem[]> {
    const { language } = this.caller;
    return this.prompts.resolve(prompt, { language });
  }

  /** A caller who hangs up meanwhile ends all this from another side. */
  private attempt(step: () => Promise<void>): void {
    step().catch((error: unknown) => {
      if (this.caller.state !== 'ended') this.fail(error);
    });
  }

  private readonly fail = (error: unknown): void => {
    if (!this.over) this.owner.onError(error);
  };
}
