import type { MediaNetwork, MediaReceiver, MediaSockets } from '../../../runtime/media/port';

/** RFC 3551 §6. */
const COMFORT_NOISE = 13;
/** dBov below full scale (RFC 3389 §3.1). */
const NOISE_LEVEL = 70;
/** What silence is in each law of G.711. */
const SILENT: Readonly<Record<number, number>> = { 0: 0xff, 8: 0xd5 };

/**
 * A network whose hosts, those that are told to, send no packets of silence, as phones with silence suppression do: one packet
 * of comfort noise in place of the first, nothing for the others, and a marker on what comes next (RFC 3551 §4.1).
 */
export class SuppressingNetwork implements MediaNetwork {
  /** Of packets that were not sent. */
  suppressed = 0;
  readonly hosts = new Set<string>();

  constructor(private readonly inner: MediaNetwork) {}

  get open(): number {
    return this.inner.open;
  }

  async allocate(localHost: string): Promise<MediaSockets> {
    const sockets = await this.inner.allocate(localHost);
    return new SuppressingSockets(sockets, this);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

class SuppressingSockets implements MediaSockets {
  readonly local: MediaSockets['local'];
  private silent = false;
  /** Numbers that were left out: the stream shows no gap. */
  private left = 0;

  constructor(
    private readonly inner: MediaSockets,
    private readonly network: SuppressingNetwork,
  ) {
    this.local = inner.local;
  }

  get receiver(): MediaReceiver | undefined {
    return this.inner.receiver;
  }

  set receiver(receiver: MediaReceiver | undefined) {
    this.inner.receiver = receiver;
  }

  sendRtp(packet: Uint8Array, host: string, port: number): void {
    const sent = this.network.hosts.has(this.local.host) ? this.thinned(packet) : packet;
    if (sent === undefined) this.network.suppressed += 1;
    else this.inner.sendRtp(sent, host, port);
  }

  sendRtcp(packet: Uint8Array, host: string, port: number): void {
    this.inner.sendRtcp(packet, host, port);
  }

  release(): void {
    this.inner.release();
  }

  private thinned(packet: Uint8Array): Uint8Array | undefined {
    const second = packet[1] ?? 0;
    if (second >= 200 && second <= 204) return packet;
    const silence = SILENT[second & 0x7f];
    const isSilent =
      silence !== undefined && packet.subarray(12).every((octet) => octet === silence);
    const before = this.silent;
    this.silent = isSilent;
    if (isSilent && before) {
      this.left += 1;
      return undefined;
    }
    const copy = Buffer.from(isSilent ? packet.subarray(0, 13) : packet);
    copy.writeUInt16BE((copy.readUInt16BE(2) - this.left) & 0xffff, 2);
    if (isSilent) {
      copy[1] = COMFORT_NOISE;
      copy[12] = NOISE_LEVEL;
    } else if (before) {
      copy[1] = second | 0x80;
    }
    return copy;
  }
}
