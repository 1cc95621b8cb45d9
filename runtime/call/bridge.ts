import type { PlayItem } from '../core/audio';
import { DefectError } from '../core/errors';
import type {
  MediaBridge,
  MediaEngine,
  MediaSession,
  Recording,
  RecordingOptions,
} from '../media/port';
import { LoopedSound } from './dial/looped-sound';
import type { Leg, LegBridge } from './leg';

export interface BridgeOptions {
  /** What a side hears while the other holds; without it the hold is passed across. */
  readonly holdMusic?: () => Promise<readonly PlayItem[]>;
  /** Told of music that cannot be had. */
  readonly onError: (error: unknown) => void;
}

type BridgeFile = Pick<RecordingOptions, 'path' | 'format' | 'channels'>;

/** The longest recording of both sides, in milliseconds: a WAV file counts its octets in 32 bits. */
const longestRecording = 24 * 3_600_000;

/**
 * Two legs whose peers hear each other: sound and keys go across in the media, a hold goes across in SIP. A new
 * address or codec of one peer is a matter of its own leg.
 */
export class Bridge implements LegBridge {
  private sound: MediaBridge | undefined;
  private music: LoopedSound | undefined;
  private recording:
    { readonly file: BridgeFile; readonly follow: (recording: Recording) => void } | undefined;
  private recorded: Recording | undefined;
  private closed = false;

  constructor(
    private readonly media: MediaEngine,
    private legs: readonly [Leg, Leg],
    private readonly options: BridgeOptions,
  ) {
    this.connect();
  }

  /**
   * Both sides into one file, from now until the bridge closes: stereo, where nothing else is said, the first leg
   * left, the second right.
   */
  record(file: BridgeFile, follow: (recording: Recording) => void): void {
    this.recording = { file, follow };
    this.startRecording();
  }

  /** Resolves when the recording's file is closed: with what became of it, undefined when there was none. */
  get recordingDone(): Recording['done'] | undefined {
    return this.recorded?.done;
  }

  /**
   * Puts another leg in the place of one of the two, as a transfer does; the one that goes is left to its owner.
   * A recording ends here: its other side is another's.
   */
  replaceLeg(old: Leg, next: Leg): void {
    const [first, second] = this.legs;
    if (old !== first && old !== second) throw new DefectError('the leg is not of this bridge');
    if (this.closed) return;
    this.disconnect();
    this.legs = old === first ? [next, second] : [first, next];
    this.connect();
  }

  /** The legs hear each other no more; both live on. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.disconnect();
  }

  onHold(leg: Leg, held: boolean): void {
    const other = this.otherOf(leg);
    if (this.options.holdMusic === undefined) {
      // What the holding side may still send, its own music perhaps, the other may hear (RFC 3264 §8.4).
      const sends = leg.media.direction === 'recvonly' || leg.media.direction === 'sendrecv';
      other.direct(held ? (sends ? 'sendonly' : 'inactive') : 'sendrecv');
      return;
    }
    this.music?.stop();
    this.music = undefined;
    const { sound } = other;
    if (held && sound !== undefined) {
      this.music = new LoopedSound(this.options.holdMusic(), sound, this.options.onError);
    }
  }

  private connect(): void {
    const [first, second] = this.legs;
    const { sound: left } = first;
    const { sound: right } = second;
    if (left === undefined || right === undefined) throw new DefectError('a leg without media');
    if (this.media.bridge === undefined) throw new DefectError('this engine bridges nothing');
    this.sound = this.media.bridge(left, right, {
      onUnsentDigit: (to, digit, duration) => this.legOf(to)?.sendInfoDigit(digit, duration),
    });
    for (const leg of this.legs) leg.bridge = this;
    // One may have begun to hold while the other still rang.
    // One that comes after another who held may be waiting still.
    for (const leg of this.legs) {
      if (leg.media.held) this.onHold(leg, true);
      else this.otherOf(leg).direct('sendrecv');
    }
  }

  private disconnect(): void {
    this.recorded?.stop();
    this.music?.stop();
    this.music = undefined;
    for (const leg of this.legs) if (leg.bridge === this) leg.bridge = undefined;
    this.sound?.close();
    this.sound = undefined;
  }

  private startRecording(): void {
    const { sound, recording } = this;
    if (sound === undefined || recording === undefined) return;
    const options = { endSilence: 0, finishOn: '', beep: false, maxDuration: longestRecording };
    this.recorded = sound.record({ ...options, ...recording.file });
    recording.follow(this.recorded);
  }

  private otherOf(leg: Leg): Leg {
    const [first, second] = this.legs;
    return leg === first ? second : first;
  }

  private legOf(media: MediaSession): Leg | undefined {
    return this.legs.find((leg) => leg.sound === media);
  }
}
