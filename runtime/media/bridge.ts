import type { Clock } from '../core/clock';
import type { CodecFormat } from './codec/port';
import type { BridgeEnd } from './bridge-end';
import type { HeldKey } from './dtmf/event-sender';
import type { PressSource } from './dtmf/press-filter';
import type { BridgeOptions, CodecName, MediaBridge, Recording, RecordingOptions } from './port';
import { recordSides } from './recorded-sides';
import type { RtpPacket } from './rtp/packet';
import type { SequenceVerdict } from './rtp/receiver-statistics';
import type { RtpSession } from './session';
import type { RecordingFiles } from './recording-files';
import type { Recorder } from './recorder';

/** What a bridge gets from its engine. */
export interface BridgeContext {
  readonly clock: Clock;
  readonly files: RecordingFiles;
  onRecording(recording: Recording): void;
}

/** Two sessions whose peers hear each other. It owns no timer and keeps no packet. */
export class SessionBridge implements MediaBridge {
  private readonly ways: readonly Way[];
  private open: boolean;
  private recorder: Recorder | undefined;

  constructor(
    private readonly context: BridgeContext,
    private readonly first: RtpSession,
    private readonly second: RtpSession,
    options: BridgeOptions = {},
  ) {
    const close = (): void => this.close();
    const there = new Way(first, second, options, close);
    const back = new Way(second, first, options, close);
    this.ways = [there, back];
    this.open = !first.closed && !second.closed;
    if (!this.open) return;
    first.joinBridge(there);
    second.joinBridge(back);
  }

  record(options: RecordingOptions): Recording {
    this.recorder?.stop();
    const { context, first, second, open } = this;
    const channels = options.channels === 'mixed' ? 'mixed' : 'stereo';
    const none = { finishOn: '', startSilence: 0, endSilence: 0 };
    const recorder = recordSides(
      context,
      { ...options, ...none, channels, beep: options.beep && open },
      {
        left: first,
        right: second,
        beep: () => Promise.all([first.beep(), second.beep()]),
        onEnded: (ended) => {
          if (this.recorder === ended) this.recorder = undefined;
        },
      },
    );
    if (open) this.recorder = recorder;
    else recorder.stop();
    return recorder;
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.recorder?.stop();
    for (const way of this.ways) way.close();
    this.first.leaveBridge();
    this.second.leaveBridge();
  }
}

/** One direction of a bridge: what the peer of one leg sends, on its way to the peer of the other. */
class Way implements BridgeEnd {
  /** The key of {@link from} that is down, as its telephone events tell. */
  private key: RelayedKey | undefined;
  private readonly relayDigits: boolean;

  constructor(
    private readonly from: RtpSession,
    private readonly to: RtpSession,
    private readonly options: BridgeOptions,
    readonly onClose: () => void,
  ) {
    this.relayDigits = options.relayDigits ?? true;
  }

  onAudio(
    packet: RtpPacket,
    kind: CodecName | 'comfort-noise',
    verdict: SequenceVerdict,
    now: number,
    _format: CodecFormat,
    units: number,
  ): void {
    if (this.key !== undefined) {
      // Some phones send audio beside their events: the tone in it would be a second press. When the
      // events have stopped without an end, this notices.
      this.from.pollKeys(now);
      this.to.leaveOut();
      return;
    }
    this.to.sendOn(packet, kind, verdict, now, units);
  }

  onOther(packet: RtpPacket, verdict: SequenceVerdict): void {
    if (verdict === 'in-order') this.to.leaveOut(packet);
  }

  onPress(source: PressSource, digit: string, duration: number): void {
    // A tone that the other leg takes no event for is in the sound that it gets.
    if (!this.relayDigits || (source === 'inband' && !this.to.takesDigits)) return;
    const key = new RelayedKey(digit, duration, (unsent) => this.unsent(unsent));
    // INFO reports a press when it is over.
    if (source !== 'info') this.key = key;
    else key.release(Math.max(duration, SHORTEST_PRESS));
    if (this.to.takesDigits) this.to.holdDigit(digit, key).catch(key.refuse);
    else key.refuse();
  }

  onHold(duration: number): void {
    if (this.key !== undefined) this.key.duration = duration;
  }

  onRelease(duration: number): void {
    this.key?.release(duration);
    this.key = undefined;
  }

  /** A key that is down now ends with the bridge. */
  close(): void {
    if (this.key !== undefined) this.onRelease(this.key.duration);
  }

  private unsent(key: RelayedKey): void {
    if (this.to.closed) return;
    this.to.notify(() => this.options.onUnsentDigit?.(this.to, key.digit, key.duration));
  }
}

/** A press of one leg, sent to the other for as long as it lasts, or handed to the owner when it is over. */
class RelayedKey implements HeldKey {
  released = false;
  private refused = false;

  constructor(
    readonly digit: string,
    public duration: number,
    private readonly onUnsent: (key: RelayedKey) => void,
  ) {}

  release(duration: number): void {
    this.duration = duration;
    this.released = true;
    if (this.refused) this.onUnsent(this);
  }

  /** It cannot be sent. Its owner is told once it is known how long it was down. */
  readonly refuse = (): void => {
    this.refused = true;
    if (this.released) this.onUnsent(this);
  };
}

/** Milliseconds; ITU-T Q.24: what every receiver has to recognise. */
const SHORTEST_PRESS = 40;
