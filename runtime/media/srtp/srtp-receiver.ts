import type { SrtpSuite } from '../port';
import { CounterCipher } from './counter-cipher';
import { HmacSha1 } from './hmac-sha1';
import { estimateIndex, rollOverCounter, SourceTable, type SourcePlace } from './packet-index';
import { deriveSessionKeys, RTCP_TAG_SIZE, suiteShape } from './session-keys';
import {
  copy,
  RTCP_CLEAR_SIZE,
  RTCP_INDEX_SIZE,
  RTCP_MOST_INDEX,
  RTCP_SSRC,
  rtpPayloadOffset,
  rtpSequence,
  rtpSsrc,
  uint32,
} from './srtp-packet';

/**
 * What became of a packet; all but `ok` are reasons to drop it. `srtp-replay` is one that was there before, or is
 * too old to know.
 */
export type SrtpVerdict = 'ok' | 'srtp-malformed' | 'srtp-auth' | 'srtp-replay';

const TURN = 0x1_0000;

/** Opens what one peer sends under one master key (RFC 3711 §3.3). */
export class SrtpReceiver {
  /** Bytes of the packet that was opened last. */
  size = 0;
  private readonly tagSize: number;
  private readonly cipher: CounterCipher;
  private readonly hmac: HmacSha1;
  private readonly sources = new SourceTable();
  private rtcp:
    | {
        readonly cipher: CounterCipher;
        readonly hmac: HmacSha1;
        readonly sources: SourceTable;
      }
    | undefined;

  /**
   * @param master key and salt (RFC 4568 §6.1); throws a RangeError when it has not the suite's length.
   * @param places where the sources stand under the key before this one.
   */
  constructor(
    private readonly suite: SrtpSuite,
    private readonly master: Uint8Array,
    private readonly places: readonly SourcePlace[] = [],
  ) {
    const keys = deriveSessionKeys(suite, master, 'rtp');
    this.tagSize = suiteShape(suite).tagSize;
    this.cipher = new CounterCipher(keys.encryption, keys.salt);
    this.hmac = new HmacSha1(keys.authentication);
  }

  /**
   * Writes the plain form of `packet` at the start of `out`, which may be the same bytes and must be as long, and its
   * size into {@link size}. After anything but `ok` nothing has been written.
   */
  unprotectRtp(packet: Uint8Array, out: Uint8Array): SrtpVerdict {
    const size = packet.length - this.tagSize;
    const payload = rtpPayloadOffset(packet, size);
    if (payload < 0 || size > out.length) return 'srtp-malformed';
    const sequence = rtpSequence(packet);
    const ssrc = rtpSsrc(packet);
    const source = this.sources.find(ssrc);
    let index: number;
    if (source === undefined) {
      index = this.firstIndex(packet, size, ssrc, sequence);
      if (index < 0) return 'srtp-auth';
    } else {
      index = estimateIndex(source.window.highest, sequence);
      // RFC 3711 §3.3: known ones are sorted out before they cost a tag.
      if (index < 0 || source.window.seen(index)) return 'srtp-replay';
      if (!this.authentic(packet, size, index)) return 'srtp-auth';
    }
    if (packet !== out) copy(packet, out, 0, payload);
    if (!this.cipher.apply(packet, out, payload, size, ssrc, index)) return 'srtp-malformed';
    this.sources.take(ssrc, index);
    this.size = size;
    return 'ok';
  }

  /** As {@link unprotectRtp}, for a compound RTCP packet. */
  unprotectRtcp(packet: Uint8Array, out: Uint8Array): SrtpVerdict {
    const covered = packet.length - RTCP_TAG_SIZE;
    const size = covered - RTCP_INDEX_SIZE;
    if (size < RTCP_CLEAR_SIZE || (packet[0] as number) >>> 6 !== 2 || size > out.length) {
      return 'srtp-malformed';
    }
    const { cipher, hmac, sources } = (this.rtcp ??= this.rtcpKeys());
    const flagAndIndex = uint32(packet, size);
    const encrypted = flagAndIndex > RTCP_MOST_INDEX;
    const index = flagAndIndex & RTCP_MOST_INDEX;
    const ssrc = uint32(packet, RTCP_SSRC);
    if (sources.find(ssrc)?.window.seen(index) === true) return 'srtp-replay';
    if (!hmac.matches(packet, covered, undefined, covered, RTCP_TAG_SIZE)) return 'srtp-auth';
    if (packet !== out) copy(packet, out, 0, encrypted ? RTCP_CLEAR_SIZE : size);
    // RFC 3711 §3.4: without the E flag the payload is as it was, and authentic all the same.
    if (encrypted && !cipher.apply(packet, out, RTCP_CLEAR_SIZE, size, ssrc, index)) {
      return 'srtp-malformed';
    }
    sources.take(ssrc, index);
    this.size = size;
    return 'ok';
  }

  /** Where the sources stand, for the key that follows. */
  sourcePlaces(): readonly SourcePlace[] {
    const places = this.sources.places();
    return places.length > 0 ? places : this.places;
  }

  /**
   * The index of the first packet of a source, or -1 when it is not authentic. The counter is zero by RFC 4568 §6.4. But
   * it is one when all before the first turn were lost or sent before we listened, and some peers let it
   * go on under a new key (RFC 3711 §3.3.1). The tag tells; a stranger's packet costs two or three of them.
   */
  private firstIndex(packet: Uint8Array, size: number, ssrc: number, sequence: number): number {
    if (this.authentic(packet, size, sequence)) return sequence;
    if (sequence < TURN / 2 && this.authentic(packet, size, TURN + sequence)) {
      return TURN + sequence;
    }
    const before = this.places.find((each) => each.ssrc === ssrc);
    if (before === undefined) return -1;
    const continued = estimateIndex(before.highest, sequence);
    return continued >= 0 && this.authentic(packet, size, continued) ? continued : -1;
  }

  private authentic(packet: Uint8Array, size: number, index: number): boolean {
    return this.hmac.matches(packet, size, rollOverCounter(index), size, this.tagSize);
  }

  private rtcpKeys(): NonNullable<SrtpReceiver['rtcp']> {
    const keys = deriveSessionKeys(this.suite, this.master, 'rtcp');
    return {
      cipher: new CounterCipher(keys.encryption, keys.salt),
      hmac: new HmacSha1(keys.authentication),
      sources: new SourceTable(),
    };
  }
}
