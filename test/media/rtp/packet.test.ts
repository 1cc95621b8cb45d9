import fc from 'fast-check';
import {
  isRtcp,
  RTP_HEADER_SIZE,
  RtpPacket,
  writeRtpHeader,
} from '../../../runtime/media/rtp/packet';

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

/** Version 2, marker, payload type 101, sequence 0x1234, timestamp 0xdeadbeef, SSRC 0xcafebabe. */
const HEADER = '80 e5 1234 deadbeef cafebabe';

describe('RtpPacket', () => {
  it('reads the fixed header as RFC 3550 §5.1 draws it', () => {
    const packet = new RtpPacket();
    expect(packet.parse(hex(`${HEADER} 010203`))).toBe('ok');
    expect(packet).toMatchObject({
      marker: true,
      payloadType: 101,
      sequence: 0x1234,
      timestamp: 0xdeadbeef,
      ssrc: 0xcafebabe,
      payloadOffset: 12,
      payloadLength: 3,
    });
  });

  it('skips contributing sources and the extension, and takes padding off', () => {
    const packet = new RtpPacket();
    const bytes = hex(
      'b2 00 0001 00000002 00000003 aaaaaaaa bbbbbbbb bede0002 1111111122222222 7788 000003',
    );
    expect(packet.parse(bytes)).toBe('ok');
    expect(packet.marker).toBe(false);
    expect(packet.payloadOffset).toBe(12 + 8 + 4 + 8);
    expect(packet.payloadLength).toBe(2);
    expect(bytes[packet.payloadOffset]).toBe(0x77);
  });

  it('accepts an empty payload and an extension without words', () => {
    const packet = new RtpPacket();
    expect(packet.parse(hex(HEADER))).toBe('ok');
    expect(packet.payloadLength).toBe(0);
    expect(packet.parse(hex('90 00 0001 00000002 00000003 bede0000'))).toBe('ok');
    expect(packet.payloadOffset).toBe(16);
  });

  it.each([
    ['nothing', '', 'rtp-too-short'],
    ['eleven bytes', '80 00 0001 00000002 000000', 'rtp-too-short'],
    ['version 1', '40 00 0001 00000002 00000003', 'rtp-version'],
    ['a STUN request', '0001 0000 2112a442 000000000000000000000000', 'rtp-version'],
    ['missing contributing sources', '81 00 0001 00000002 00000003', 'rtp-length'],
    ['a missing extension header', '90 00 0001 00000002 00000003 be', 'rtp-length'],
    ['an extension longer than the packet', '90 00 0001 00000002 00000003 bede0001', 'rtp-length'],
    ['an extension of 256 KiB', '90 00 0001 00000002 00000003 bedeffff 00000000', 'rtp-length'],
    ['padding of zero bytes', 'a0 00 0001 00000002 00000003 0000', 'rtp-padding'],
    ['padding that reaches into the header', 'a0 00 0001 00000002 00000003 0003', 'rtp-padding'],
    ['padding without room for it', 'a0 00 0001 00000002 00000003', 'rtp-padding'],
  ])('refuses %s', (_, text, verdict) => {
    expect(new RtpPacket().parse(hex(text))).toBe(verdict);
  });

  it('reads back what was written', () => {
    const packet = new RtpPacket();
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.nat(127),
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        fc.nat(0xffff_ffff),
        fc.uint8Array({ maxLength: 320 }),
        (marker, payloadType, sequence, timestamp, ssrc, payload) => {
          const bytes = new Uint8Array(RTP_HEADER_SIZE + payload.length);
          const offset = writeRtpHeader(bytes, marker, payloadType, sequence, timestamp, ssrc);
          bytes.set(payload, offset);
          expect(packet.parse(bytes)).toBe('ok');
          expect(packet).toMatchObject({ marker, payloadType, sequence, timestamp, ssrc });
          expect(
            bytes.subarray(packet.payloadOffset, packet.payloadOffset + packet.payloadLength),
          ).toEqual(payload);
        },
      ),
    );
  });
});

describe('isRtcp', () => {
  it('tells RTCP from RTP on one port by the ranges of RFC 5761 §4', () => {
    const withType = (type: number): Uint8Array => Uint8Array.of(0x80, type, 0, 0);
    const rtcp = Array.from({ length: 256 }, (_, type) => type).filter((type) =>
      isRtcp(withType(type)),
    );
    expect(rtcp).toEqual(Array.from({ length: 32 }, (_, i) => 192 + i));
  });

  it('takes nothing else for RTCP', () => {
    expect(isRtcp(Uint8Array.of(0x80))).toBe(false);
    expect(isRtcp(Uint8Array.of(0x00, 200))).toBe(false);
  });
});
