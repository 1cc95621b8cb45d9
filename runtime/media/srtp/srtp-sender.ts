import type { SrtpSuite } from '../port';
import { CounterCipher } from './counter-cipher';
import { HmacSha1 } from './hmac-sha1';
import { estimateIndex, rollOverCounter, SourceTable } from './packet-index';
import { deriveSessionKeys, RTCP_TAG_SIZE, suiteShape } from './session-keys';
import {
  copy,
  putUint32,
  RTCP_CLEAR_SIZE,
  RTCP_ENCRYPTED,
  RTCP_INDEX_SIZE,
  RTCP_MOST_INDEX,
  RTCP_SSRC,
  rtpPayloadOffset,
  rtpSequence,
  rtpSsrc,
  uint32,
} from './srtp-packet';

/** Bytes that protection adds to an RTCP packet; to an RTP packet it is the tag of the suite. */
export const RTCP_OVERHEAD = RTCP_INDEX_SIZE + RTCP_TAG_SIZE;

/** Bytes that protection adds at most. */
export const MOST_OVERHEAD = RTCP_OVERHEAD;

/** Protects what one side sends under one master key (RFC 3711 §3.3). */
export class SrtpSender {
  private readonly tagSize: number;
  private readonly cipher: CounterCipher;
  private readonly hmac: HmacSha1;
  private readonly sources = new SourceTable();
  private rtcp: { readonly cipher: CounterCipher; readonly hmac: HmacSha1 } | undefined;
  private rtcpIndex = 0;

  /** @param master key and salt (RFC 4568 §6.1); throws a RangeError when it has not the suite's length. */
  constructor(
    private readonly suite: SrtpSuite,
    private readonly master: Uint8Array,
  ) {
    const keys = deriveSessionKeys(suite, master, 'rtp');
    this.tagSize = suiteShape(suite).tagSize;
    this.cipher = new CounterCipher(keys.encryption, keys.salt);
    this.hmac = new HmacSha1(keys.authentication);
  }

  /**
   * Writes the protected form of the first `size` bytes of `packet` at the start of `out`, which may be the same
   * bytes. Returns its size; 0 when it cannot be sent: no RTP, no room, or a number that has been used.
   */
  protectRtp(packet: Uint8Array, size: number, out: Uint8Array): number {
    const { tagSize } = this;
    const payload = rtpPayloadOffset(packet, size);
    if (payload < 0 || size + tagSize > out.length) return 0;
    const sequence = rtpSequence(packet);
    const ssrc = rtpSsrc(packet);
    const source = this.sources.find(ssrc);
    // RFC 4568 §6.4: each source starts with a roll-over counter of zero.
    const index = source === undefined ? sequence : estimateIndex(source.window.highest, sequence);
    // RFC 3711 §9.1: two packets under one index give their difference away.
    if (index < 0 || source?.window.seen(index) === true) return 0;
    if (packet !== out) copy(packet, out, 0, payload);
    if (!this.cipher.apply(packet, out, payload, size, ssrc, index)) return 0;
    this.hmac.write(out, size, rollOverCounter(index), out, size, tagSize);
    this.sources.take(ssrc, index);
    return size + tagSize;
  }

  /** As {@link protectRtp}, for a compound RTCP packet. */
  protectRtcp(packet: Uint8Array, size: number, out: Uint8Array): number {
    if (size < RTCP_CLEAR_SIZE || size + RTCP_OVERHEAD > out.length) return 0;
    // RFC 3711 §9.2: the life of a key ends with its indices.
    if (this.rtcpIndex > RTCP_MOST_INDEX) return 0;
    const index = this.rtcpIndex;
    const { cipher, hmac } = (this.rtcp ??= this.rtcpKeys());
    if (packet !== out) copy(packet, out, 0, RTCP_CLEAR_SIZE);
    const ssrc = uint32(packet, RTCP_SSRC);
    if (!cipher.apply(packet, out, RTCP_CLEAR_SIZE, size, ssrc, index)) return 0;
    putUint32(out, size, RTCP_ENCRYPTED | index);
    const covered = size + RTCP_INDEX_SIZE;
    hmac.write(out, covered, undefined, out, covered, RTCP_TAG_SIZE);
    this.rtcpIndex = index + 1;
    return covered + RTCP_TAG_SIZE;
  }

  /** Made with the first RTCP packet: short calls have none. */
  private rtcpKeys(): { readonly cipher: CounterCipher; readonly hmac: HmacSha1 } {
    const keys = deriveSessionKeys(this.suite, this.master, 'rtcp');
    return {
      cipher: new CounterCipher(keys.encryption, keys.salt),
      hmac: new HmacSha1(keys.authentication),
    };
  }
}
