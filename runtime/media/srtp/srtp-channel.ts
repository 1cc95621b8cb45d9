import type { Clock } from '../../core/clock';
import type { SrtpSuite } from '../port';
import { PacketScratch } from './packet-scratch';
import { SrtpReceiver, type SrtpVerdict } from './srtp-receiver';
import { MOST_OVERHEAD, SrtpSender } from './srtp-sender';

/** Milliseconds for which packets under the keys before are still taken: they were on their way. */
const OLD_KEYS = 5_000;

/** Keys of each direction that are remembered: forked answers may go to and fro between a few. */
const MOST_KEYS = 4;

/** What was made of a key. */
interface Keyed<T> {
  readonly suite: SrtpSuite;
  readonly key: Uint8Array;
  readonly used: T;
}

/** Why a packet cannot be opened; `srtp-missing` is one that came before there were keys. */
export type ChannelVerdict = SrtpVerdict | 'srtp-missing';

/** The keys of both directions, as they are agreed on and replaced. Without keys nothing goes through. */
export class SrtpChannel {
  /** With the counters that they have come to, the one in use last. */
  private readonly senders: Keyed<SrtpSender>[] = [];
  private readonly receivers: Keyed<SrtpReceiver>[] = [];
  private sender: SrtpSender | undefined;
  private receiver: SrtpReceiver | undefined;
  private before: { readonly receiver: SrtpReceiver; readonly until: number } | undefined;
  /** Bytes of the packet that was opened last. */
  private size = 0;

  constructor(private readonly clock: Clock) {}

  /** Whether packets can be sent. */
  get ready(): boolean {
    return this.sender !== undefined;
  }

  /**
   * Protects with this key from now on. The counters of a new one begin at zero (RFC 4568 §6.4), those of one that comes
   * back go on: no index may come twice (RFC 3711 §9.1).
   */
  sendUnder(suite: SrtpSuite, key: Uint8Array): void {
    this.sender = keyed(this.senders, suite, key, () => new SrtpSender(suite, key));
  }

  /** Opens with this key from now on, and for a while with the one before. What one has opened it never opens again. */
  receiveUnder(suite: SrtpSuite, key: Uint8Array): void {
    const last = this.receiver;
    this.receiver = keyed(
      this.receivers,
      suite,
      key,
      () => new SrtpReceiver(suite, key, last?.sourcePlaces()),
    );
    if (last === undefined || last === this.receiver) return;
    this.before = { receiver: last, until: this.clock.now() + OLD_KEYS };
  }

  /** The protected packet, valid until the next; undefined when it cannot be sent. */
  protectRtp(packet: Uint8Array): Uint8Array | undefined {
    const size = this.sender?.protectRtp(packet, packet.length, outgoing.bytes) ?? 0;
    return size === 0 ? undefined : outgoing.view(size);
  }

  /** In a buffer of its own each time, as RTCP's sender has: the kernel may keep it for a moment when it is busy. */
  protectRtcp(packet: Uint8Array): Uint8Array | undefined {
    const out = new Uint8Array(packet.length + MOST_OVERHEAD);
    const size = this.sender?.protectRtcp(packet, packet.length, out) ?? 0;
    return size === 0 ? undefined : out.subarray(0, size);
  }

  /** Opens an RTP packet, or with `control` an RTCP packet; after `ok` it is {@link opened}. */
  open(packet: Uint8Array, control: boolean): ChannelVerdict {
    const { receiver, before } = this;
    if (receiver === undefined) return 'srtp-missing';
    if (packet.length > incoming.bytes.length) return 'srtp-malformed';
    const verdict = this.openWith(receiver, packet, control);
    if (verdict !== 'srtp-auth' || before === undefined) return verdict;
    if (this.clock.now() >= before.until) {
      this.before = undefined;
      return verdict;
    }
    const earlier = this.openWith(before.receiver, packet, control);
    return earlier === 'ok' ? earlier : verdict;
  }

  /** What {@link open} has opened, valid until the next. */
  get opened(): Uint8Array {
    return incoming.view(this.size);
  }

  private openWith(receiver: SrtpReceiver, packet: Uint8Array, control: boolean): SrtpVerdict {
    const verdict = control
      ? receiver.unprotectRtcp(packet, incoming.bytes)
      : receiver.unprotectRtp(packet, incoming.bytes);
    if (verdict === 'ok') this.size = receiver.size;
    return verdict;
  }
}

/** What was made of this key before, or makes it. */
function keyed<T>(known: Keyed<T>[], suite: SrtpSuite, key: Uint8Array, make: () => T): T {
  const place = known.findIndex((each) => each.suite === suite && sameBytes(each.key, key));
  const [one = { suite, key: Uint8Array.from(key), used: make() }] =
    place < 0 ? [] : known.splice(place, 1);
  known.push(one);
  if (known.length > MOST_KEYS) known.shift();
  return one.used;
}

function sameBytes(first: Uint8Array, second: Uint8Array): boolean {
  return first.length === second.length && first.every((byte, index) => byte === second[index]);
}

/** One for all sessions of a thread: a packet is sent, or heard, before the next comes. */
const outgoing = new PacketScratch();
const incoming = new PacketScratch();
