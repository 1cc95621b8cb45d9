import type { Socket } from 'node:dgram';
import { RealClock, type TimerHandle } from '../../../runtime/core/clock';
import { writeRtpHeader } from '../../../runtime/media/rtp/packet';
import { bareSocket } from './bare-socket';
import { HOST } from './media-protocol';

const clock = new RealClock();
const PERIOD = 20;
const SILENCE = 0xff;
/** µ-law of a loud square wave. */
const LOUD = 0x00;
/** Packets of a burst. */
const BURST = 10;

/** A phone's sound: 50 packets a second, silent but for bursts, of which it notes how long they take to come back. */
export class BurstPhone {
  /** Milliseconds from the first loud packet that was sent to the first that came. */
  readonly delays: number[] = [];
  lost = 0;
  private readonly packet = new Uint8Array(172);
  private sequence = 0;
  private loud = 0;
  private sentAt: number | undefined;
  private timer: TimerHandle | undefined;
  private nextAt = 0;
  private nextBurst = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly ssrc: number,
    /** Packets from one burst to the next. */
    private readonly distance: number,
  ) {
    socket.on('message', (packet) => this.hear(packet));
  }

  static async open(index: number, distance: number): Promise<BurstPhone> {
    return new BurstPhone(await bareSocket(), 0x3000_0000 + index, distance);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** @param phase milliseconds after which it begins: where in the server's 20 ms its packets come. */
  speak(port: number, phase: number): void {
    this.nextAt = clock.now() + phase;
    this.nextBurst = this.distance;
    const send = (): void => {
      this.send(port);
      this.nextAt += PERIOD;
      this.timer = clock.setTimeout(send, Math.max(0, this.nextAt - clock.now()));
    };
    this.timer = clock.setTimeout(send, phase);
  }

  close(): void {
    clock.clearTimeout(this.timer);
    this.socket.close();
  }

  private send(port: number): void {
    const { packet } = this;
    this.sequence += 1;
    this.nextBurst -= 1;
    if (this.nextBurst === 0) {
      if (this.sentAt !== undefined) this.lost += 1;
      this.nextBurst = this.distance;
      this.loud = BURST;
      this.sentAt = clock.now();
    }
    writeRtpHeader(
      packet,
      false,
      0,
      this.sequence & 0xffff,
      (160 * this.sequence) >>> 0,
      this.ssrc,
    );
    packet.fill(this.loud > 0 ? LOUD : SILENCE, 12);
    this.loud -= 1;
    this.socket.send(packet, port, HOST);
  }

  private hear(packet: Uint8Array): void {
    if (this.sentAt === undefined || packet.length < 172) return;
    // Far from silence in either sign.
    if (((packet[171] as number) & 0x7f) > 0x20) return;
    this.delays.push(clock.now() - this.sentAt);
    this.sentAt = undefined;
  }
}
