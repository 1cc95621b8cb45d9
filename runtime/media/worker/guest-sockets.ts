import type { Decoder, Encoder } from '../codec/port';
import { codecKind } from '../codec/registry';
import type { FrameRing } from '../frame-ring';
import type { MediaParameters, MediaReceiver, MediaSockets } from '../port';

/** An RTP header without contributing sources or an extension (RFC 3550 §5.1). */
const HEADER = 12;
/** Where the guest's packets come from and go to: nowhere outside of this process. */
const HOST = 'guest';
const PORT = 2;
/** Frames of a look: after a delay of its thread the sound comes in a row. */
const MOST_FRAMES = 4;

/** What goes through a guest's packets: a codec in which each sample stands for itself (G.711, L16). */
export type GuestCodec = MediaParameters['codec'];

/**
 * The packets of a session whose peer is elsewhere, in another thread: what it says comes out of one ring, what
 * it hears goes into the other. So it may be bridged and mixed like every session of this thread.
 */
export class GuestSockets implements MediaSockets {
  readonly local = { host: HOST, port: 0 };
  receiver: MediaReceiver | undefined;
  private readonly encoder: Encoder;
  private readonly decoder: Decoder;
  private readonly frame: Int16Array;
  private readonly packet: Uint8Array;
  private sequence = 0;
  private timestamp = 0;

  /**
   * @param heard what the guest's peer says.
   * @param said what it is to hear.
   */
  constructor(
    private readonly codec: GuestCodec,
    private readonly heard: FrameRing,
    private readonly said: FrameRing,
    private readonly onRelease: (sockets: GuestSockets) => void,
  ) {
    const kind = codecKind(codec.name);
    this.encoder = kind.encoder(codec);
    this.decoder = kind.decoder(codec);
    this.frame = new Int16Array(heard.frameSize);
    this.packet = new Uint8Array(HEADER + this.encoder.maxBytes(heard.frameSize));
    this.packet[0] = 0x80;
    this.packet[1] = codec.payloadType;
    this.packet[11] = 1;
  }

  /** How the session speaks through this. */
  get parameters(): MediaParameters {
    return {
      remote: { rtp: { host: HOST, port: PORT } },
      codec: this.codec,
      direction: 'sendrecv',
      ptime: 20,
    };
  }

  /** Every 20 ms: gives the session what its peer has said. */
  poll(): void {
    for (let count = 0; count < MOST_FRAMES && this.heard.takeFrame(this.frame); count += 1) {
      const { packet, frame } = this;
      this.sequence = (this.sequence + 1) & 0xffff;
      this.timestamp = (this.timestamp + frame.length) >>> 0;
      packet[2] = this.sequence >> 8;
      packet[3] = this.sequence & 0xff;
      packet[4] = this.timestamp >>> 24;
      packet[5] = (this.timestamp >>> 16) & 0xff;
      packet[6] = (this.timestamp >>> 8) & 0xff;
      packet[7] = this.timestamp & 0xff;
      this.encoder.encode(frame, 0, frame.length, packet, HEADER);
      this.receiver?.onRtp(packet, HOST, PORT);
    }
  }

  /** What our own session sends: 20 ms as they were agreed on, and nothing else. */
  sendRtp(packet: Uint8Array): void {
    if (((packet[1] as number) & 0x7f) !== this.codec.payloadType) return;
    if (packet.length !== this.packet.length) return;
    this.decoder.decode(packet, HEADER, packet.length - HEADER, this.frame, 0);
    this.said.push(this.frame);
  }

  sendRtcp(): void {
    // The session itself has its peer's reports.
  }

  release(): void {
    this.receiver = undefined;
    this.encoder.close();
    this.decoder.close();
    this.onRelease(this);
  }
}
