import type { BridgeEnd } from './bridge-end';
import type { PressSource } from './dtmf/press-filter';
import type { BridgeOptions, CodecName, MediaBridge, Recording, RecordingOptions } from './port';
import type { RtpPacket } from './rtp/packet';
import type { SequenceVerdict } from './rtp/receiver-statistics';
import type { RtpSession } from './session';

/** Two sessions whose peers hear each other. It owns no timer and keeps no packet. */
export class SessionBridge implements MediaBridge {
  private open = true;

  constructor(
    private readonly first: RtpSession,
    private readonly second: RtpSession,
    options: BridgeOptions = {},
  ) {
    const close = (): void => this.close();
    first.joinBridge(new Way(first, second, options, close));
    second.joinBridge(new Way(second, first, options, close));
  }

  record(options: RecordingOptions): Recording {
    throw new Error(`not yet: ${options.path}`);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.first.leaveBridge();
    this.second.leaveBridge();
  }
}

/** One direction of a bridge: what the peer of one leg sends, on its way to the peer of the other. */
class Way implements BridgeEnd {
  constructor(
    protected readonly from: RtpSession,
    private readonly to: RtpSession,
    protected readonly options: BridgeOptions,
    readonly onClose: () => void,
  ) {}

  onAudio(
    packet: RtpPacket,
    kind: CodecName | 'comfort-noise',
    verdict: SequenceVerdict,
    now: number,
  ): void {
    this.to.sendOn(packet, kind, verdict, now);
  }

  onEvent(packet: RtpPacket, verdict: SequenceVerdict): void {
    if (verdict === 'in-order') this.to.skip(packet);
  }

  onPress(_source: PressSource, _digit: string, _duration: number): void {}

  onHold(_duration: number): void {}

  onRelease(_duration: number): void {}
}
