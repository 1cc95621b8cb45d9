import { DefectError } from '../../core/errors';
import type { EncodedClips } from '../encoded-clips';
import type { Pacer, PacerSeat } from '../pacer';
import { PacketCoder } from '../packet-coder';
import { Player } from '../player';
import type { PlaybackOptions } from '../port';
import type { PlayItem } from '../../core/audio';
import { StreamResampler } from '../resampler';
import type { Mixer, Voice } from './mixer';

/** Gets 20 ms of all that is said, and the tick at which it is heard. */
export type MixListener = (frame: Int16Array, time: number) => void;

/** What a conference says and hears itself: what is played to all, and the whole mix for whoever records it. */
export class ConferenceSound {
  private seat: PacerSeat | undefined;
  private player: Player | undefined;
  private voice: Voice | undefined;
  private coder: PacketCoder | undefined;
  private listeners: readonly MixEar[] = [];
  /** Says nothing, and so hears everything. */
  private ear: Voice | undefined;
  private mix: Int16Array;

  constructor(
    private readonly context: { readonly pacer: Pacer; readonly clips: EncodedClips },
    private readonly roundAt: (time: number) => number,
    private mixer: Mixer,
  ) {
    this.mix = new Int16Array(mixer.frameSize);
  }

  /** Goes on in the mix of another rate. */
  attach(mixer: Mixer): void {
    // What spoke and heard in the mix before goes with it.
    this.voice = this.ear = undefined;
    this.coder?.close();
    this.coder = undefined;
    this.mixer = mixer;
    this.mix = new Int16Array(mixer.frameSize);
    for (const ear of this.listeners) ear.tune(mixer.sampleRate);
  }

  play(items: readonly PlayItem[], options?: PlaybackOptions): Player {
    this.player?.stop();
    this.player = new Player(items, options, this.context.clips);
    this.sit();
    return this.player;
  }

  /** The whole mix at any sample rate. */
  hear(sampleRate: number, listener: MixListener): () => void {
    const ear = new MixEar(sampleRate, listener);
    ear.tune(this.mixer.sampleRate);
    this.listeners = [...this.listeners, ear];
    this.sit();
    return () => {
      this.listeners = this.listeners.filter((other) => other !== ear);
    };
  }

  close(): void {
    this.player?.stop();
    this.player = undefined;
    this.listeners = [];
    this.coder?.close();
    this.coder = undefined;
    this.seat?.leave();
    this.seat = undefined;
  }

  private sit(): void {
    this.seat ??= this.context.pacer.join({ onTick: (time) => this.tick(time) });
  }

  private tick(time: number): void {
    const round = this.roundAt(time);
    if (this.player !== undefined) this.say(this.player, round);
    if (this.listeners.length > 0) {
      // Of the round before, as the parties hear it: that one is whole.
      this.mixer.mix((this.ear ??= this.mixer.add()), round - 1, this.mix);
      for (const ear of this.listeners) ear.take(this.mix, time);
    }
    if (this.player !== undefined || this.listeners.length > 0) return;
    this.seat?.leave();
    this.seat = undefined;
  }

  /** A player makes payloads; those of L16 are the samples themselves (RFC 3551 §4.5.11). */
  private say(player: Player, round: number): void {
    const { mixer } = this;
    const coder = (this.coder ??= new PacketCoder(
      { name: 'L16', clockRate: mixer.sampleRate },
      20,
    ));
    const verdict = player.next(coder);
    if (player.ended) this.player = undefined;
    if (verdict !== 'packet') return;
    const { bytes, from, length } = player;
    if (length !== 2 * this.mix.length) throw new DefectError('a frame of another length');
    for (let i = 0; i < this.mix.length; i += 1) {
      const high = bytes[from + 2 * i] as number;
      this.mix[i] = (high << 8) | (bytes[from + 2 * i + 1] as number);
    }
    mixer.put((this.voice ??= mixer.add()), this.mix, round);
  }
}

/** A listener at a rate of its own. */
class MixEar {
  private resampler: StreamResampler | undefined;
  private readonly frame: Int16Array;

  constructor(
    private readonly sampleRate: number,
    private readonly listener: MixListener,
  ) {
    this.frame = new Int16Array(sampleRate / 50);
  }

  tune(from: number): void {
    this.resampler =
      from === this.sampleRate ? undefined : new StreamResampler(from, this.sampleRate);
  }

  take(mix: Int16Array, time: number): void {
    const { frame, resampler } = this;
    if (resampler === undefined) frame.set(mix);
    else resampler.process(mix, 0, mix.length, frame, 0);
    this.listener(frame, time);
  }
}
