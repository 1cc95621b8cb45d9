import type { BridgeEnd } from './bridge-end';
import type { CodecFormat } from './codec/port';
import { codecKind } from './codec/registry';
import type { PressSource } from './dtmf/press-filter';
import { frameRateFor } from './frame-feed';
import { FrameQueue } from './frame-queue';
import type { BridgeOptions, CodecName } from './port';
import { RelayedKey } from './relayed-key';
import type { RtpPacket } from './rtp/packet';
import type { SequenceVerdict } from './rtp/receiver-statistics';
import type { RtpSession } from './session';

/** Milliseconds; ITU-T Q.24: what every receiver has to recognise. */
const SHORTEST_PRESS = 40;
/** Packets in a row that can go on as they are, behind which others no longer come. */
const SETTLED = 3;
/** Frames between the tick of one leg and that of the other. */
const QUEUED = 3;

/** Sound of one leg that is decoded and encoded anew for the other. */
interface Transcoding {
  readonly sampleRate: number;
  stop(): void;
}

/**
 * One direction of a bridge: what the peer of one leg sends, on its way to the peer of the other. Where both speak
 * the same codec its packets go on at once, as they are; otherwise their sound does, from the jitter buffer.
 */
export class BridgeWay implements BridgeEnd {
  /** The key of {@link from} that is down. */
  private key: RelayedKey | undefined;
  private readonly relayDigits: boolean;
  private transcoding: Transcoding | undefined;
  /** What was looked at last, and whether packets of the first go on as the second. */
  private format: CodecFormat | undefined;
  private target: CodecFormat | undefined;
  private alike = true;
  private settled = 0;
  private closed = false;

  constructor(
    private readonly from: RtpSession,
    private readonly to: RtpSession,
    private readonly options: BridgeOptions,
    readonly onClose: () => void,
  ) {
    this.relayDigits = options.relayDigits ?? true;
  }

  /** Offer and answer may change the codec of either leg at any time. */
  onConfigure(): void {
    const { format } = this.from;
    if (format !== undefined && !this.passes(format)) this.transcode(format);
  }

  onAudio(
    packet: RtpPacket,
    kind: CodecName | 'comfort-noise',
    verdict: SequenceVerdict,
    now: number,
    format: CodecFormat,
    units: number,
  ): void {
    if (this.key !== undefined) {
      // Some phones send audio beside their events: the tone in it would be a second press. When the
      // events have stopped without an end, this notices.
      this.from.pollKeys(now);
      this.to.leaveOut();
      return;
    }
    if (!this.passes(format)) {
      this.transcode(format);
      return;
    }
    if (this.transcoding !== undefined) {
      // A stray packet of the codec before must not switch it to and fro.
      if (kind !== 'comfort-noise') this.settled += 1;
      if (this.settled < SETTLED) return;
      this.stopTranscoding();
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
    this.closed = true;
    if (this.key !== undefined) this.onRelease(this.key.duration);
    this.stopTranscoding();
  }

  /** Whether packets in `format` are understood by the other peer, but for the law of G.711. */
  private passes(format: CodecFormat): boolean {
    const target = this.to.format;
    if (format !== this.format || target !== this.target) {
      this.format = format;
      this.target = target;
      this.alike = target === undefined || alike(format, target);
      this.settled = 0;
    }
    return this.alike;
  }

  private transcode(format: CodecFormat): void {
    const target = this.to.format;
    if (target === undefined || this.closed) return;
    const sampleRate = frameRateFor(Math.min(rateOf(format), rateOf(target)));
    if (this.transcoding?.sampleRate === sampleRate) return;
    this.stopTranscoding();
    const queue = new FrameQueue(sampleRate, QUEUED);
    const deafen = this.from.hear(
      sampleRate,
      (frame, _time, kind) => {
        // Where nothing comes in, nothing goes out.
        if (kind !== 'silence' && this.key === undefined) queue.push(frame);
      },
      { withoutKeys: this.relayDigits },
    );
    this.to.leaveOut();
    this.to.feed(queue);
    const stop = (): void => {
      deafen();
      this.to.feed(undefined);
    };
    this.transcoding = { sampleRate, stop };
  }

  private stopTranscoding(): void {
    this.transcoding?.stop();
    this.transcoding = undefined;
  }

  private unsent(key: RelayedKey): void {
    if (this.to.closed) return;
    this.to.notify(() => this.options.onUnsentDigit?.(this.to, key.digit, key.duration));
  }
}

function alike(one: CodecFormat, other: CodecFormat): boolean {
  if (isG711(one.name) && isG711(other.name)) return true;
  if (one.name !== other.name) return false;
  if (one.name !== 'L16') return true;
  return one.clockRate === other.clockRate && (one.channels ?? 1) === (other.channels ?? 1);
}

function isG711(name: CodecName): boolean {
  return name === 'PCMU' || name === 'PCMA';
}

function rateOf(format: CodecFormat): number {
  return codecKind(format.name).sampleRate(format);
}
