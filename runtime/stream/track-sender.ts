import type { MediaTap } from '../media/port';
import type { MessageWriter } from './messages';
import type { SoundFormat } from './sound';

/** One direction of a call, frame by frame as messages. */
export class TrackSender {
  sent = 0;
  private readonly frame: Int16Array;
  private readonly bytes: Buffer;

  constructor(
    readonly tap: MediaTap,
    private readonly track: 'inbound' | 'outbound',
    private readonly format: SoundFormat,
    private readonly writer: MessageWriter,
  ) {
    this.frame = new Int16Array(tap.frameSize);
    this.bytes = Buffer.alloc(tap.frameSize * format.sampleBytes);
  }

  /** Frames that gave way because the app was too slow. */
  get lost(): number {
    return this.tap.lost;
  }

  /** The next message; undefined when there is no more sound now. What was lost shows as a gap in the times. */
  next(): string | undefined {
    const { tap, frame, bytes } = this;
    if (!tap.read(frame)) return undefined;
    const timestamp = (this.sent + tap.lost) * 20;
    this.sent += 1;
    this.format.encode(frame, bytes);
    return this.writer.media(this.track, this.sent, timestamp, bytes.toString('base64'));
  }
}
