import fc from 'fast-check';
import {
  MAX_RTCP_SIZE,
  parseRtcp,
  ReportBlock,
  SenderInfo,
  writeBye,
  writeCname,
  writeReport,
  type RtcpHandler,
  type RtcpVerdict,
} from '../../../runtime/media/rtp/rtcp';

type Seen =
  | { type: 'sr'; ssrc: number; info: SenderInfo }
  | { type: 'block'; reporter: number; block: ReportBlock }
  | { type: 'cname'; ssrc: number; cname: string }
  | { type: 'bye'; ssrc: number; reason: string };

function parse(bytes: Uint8Array): { verdict: RtcpVerdict; seen: Seen[] } {
  const seen: Seen[] = [];
  const handler: RtcpHandler = {
    onSenderReport: (ssrc, info) =>
      seen.push({ type: 'sr', ssrc, info: Object.assign(new SenderInfo(), info) }),
    onReportBlock: (reporter, block) =>
      seen.push({ type: 'block', reporter, block: Object.assign(new ReportBlock(), block) }),
    onCname: (ssrc, cname) => seen.push({ type: 'cname', ssrc, cname }),
    onBye: (ssrc, reason) => seen.push({ type: 'bye', ssrc, reason }),
  };
  return { verdict: parseRtcp(bytes, handler), seen };
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('RTCP', () => {
  it('writes a sender report with a block, bit by bit as RFC 3550 §6.4.1 draws it', () => {
    const info = Object.assign(new SenderInfo(), {
      ntpSeconds: 0x01020304,
      ntpFraction: 0x05060708,
      rtpTimestamp: 0x090a0b0c,
      packets: 0x11,
      octets: 0x22,
    });
    const block = Object.assign(new ReportBlock(), {
      ssrc: 0xbbbbbbbb,
      fractionLost: 0x40,
      cumulativeLost: -2,
      extendedHighestSequence: 0x00011234,
      jitter: 9,
      lastSenderReport: 0xaabbccdd,
      delaySinceLastSenderReport: 0x00010000,
    });
    const target = new Uint8Array(64);
    const end = writeReport(target, 0, 0xaaaaaaaa, info, block);
    expect(target.subarray(0, end)).toEqual(
      hex(
        '81c8000c aaaaaaaa 01020304 05060708 090a0b0c 00000011 00000022' +
          'bbbbbbbb 40fffffe 00011234 00000009 aabbccdd 00010000',
      ),
    );
  });

  it('writes a CNAME chunk that ends with a null and fills its word', () => {
    const target = new Uint8Array(32);
    expect(target.subarray(0, writeCname(target, 0, 1, utf8('ab')))).toEqual(
      hex('81ca0003 00000001 01026162 00000000'),
    );
    expect(target.subarray(0, writeCname(target, 0, 1, utf8('a')))).toEqual(
      hex('81ca0002 00000001 01016100'),
    );
  });

  it('writes BYE with and without a reason', () => {
    const target = new Uint8Array(32);
    expect(target.subarray(0, writeBye(target, 0, 7, utf8('')))).toEqual(hex('81cb0001 00000007'));
    expect(target.subarray(0, writeBye(target, 0, 7, utf8('end')))).toEqual(
      hex('81cb0002 00000007 03656e64'),
    );
  });

  it('puts the NTP time of 1900 from the milliseconds of 1970', () => {
    const info = new SenderInfo();
    info.setTime(500);
    expect(info.ntpSeconds).toBe(2_208_988_800);
    expect(info.ntpFraction).toBe(0x8000_0000);
    expect(info.middle).toBe((((2_208_988_800 & 0xffff) << 16) | 0x8000) >>> 0);
  });

  it('reads back every compound that it writes, and the longest one fits its bound', () => {
    const uint32 = fc.nat(0xffff_ffff);
    const infos = fc.record({
      ntpSeconds: uint32,
      ntpFraction: uint32,
      rtpTimestamp: uint32,
      packets: uint32,
      octets: uint32,
    });
    const blocks = fc.record({
      ssrc: uint32,
      fractionLost: fc.nat(255),
      cumulativeLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
      extendedHighestSequence: uint32,
      jitter: uint32,
      lastSenderReport: uint32,
      delaySinceLastSenderReport: uint32,
    });
    const text = fc.string({ unit: 'grapheme-ascii', maxLength: 255 });
    fc.assert(
      fc.property(
        uint32,
        fc.option(infos, { nil: undefined }),
        fc.option(blocks, { nil: undefined }),
        text.filter((name) => name.length > 0),
        text,
        (ssrc, plainInfo, plainBlock, cname, reason) => {
          const info = plainInfo && Object.assign(new SenderInfo(), plainInfo);
          const block = plainBlock && Object.assign(new ReportBlock(), plainBlock);
          const target = new Uint8Array(MAX_RTCP_SIZE);
          let end = writeReport(target, 0, ssrc, info, block);
          end = writeCname(target, end, ssrc, utf8(cname));
          end = writeBye(target, end, ssrc, utf8(reason));
          expect(end).toBeLessThanOrEqual(MAX_RTCP_SIZE);
          const expected: Seen[] = [];
          if (info) expected.push({ type: 'sr', ssrc, info });
          if (block) expected.push({ type: 'block', reporter: ssrc, block });
          expected.push({ type: 'cname', ssrc, cname }, { type: 'bye', ssrc, reason });
          expect(parse(target.subarray(0, end))).toEqual({ verdict: 'ok', seen: expected });
        },
      ),
    );
  });

  it('reads other items and chunks beside the CNAME', () => {
    // Chunk 1: TOOL "x", CNAME "ab"; chunk 2: CNAME "cd".
    const bytes = hex('82ca0006 00000001 06017801 02616200 00000002 01026364 00000000');
    expect(parse(bytes).seen).toEqual([
      { type: 'cname', ssrc: 1, cname: 'ab' },
      { type: 'cname', ssrc: 2, cname: 'cd' },
    ]);
  });

  it('skips packet types that it does not know, such as feedback and XR', () => {
    const bytes = hex('80cd0002 00000001 00000002 80cf0001 00000001 81cb0001 00000009');
    expect(parse(bytes)).toEqual({ verdict: 'ok', seen: [{ type: 'bye', ssrc: 9, reason: '' }] });
  });

  it('reads a packet that does not begin with a report (RFC 5506)', () => {
    expect(parse(hex('81ca0003 00000001 01026162 00000000')).seen).toHaveLength(1);
  });

  it('takes padding off the last packet', () => {
    expect(parse(hex('a1cb0002 00000007 00000004'))).toEqual({
      verdict: 'ok',
      seen: [{ type: 'bye', ssrc: 7, reason: '' }],
    });
  });

  it('reads as many blocks as are there when the count says more', () => {
    const bytes = hex(
      '9fc90007 00000001 00000002 00ffffff 00000000 00000000 00000000 00000000'.replaceAll(' ', ''),
    );
    const { verdict, seen } = parse(bytes);
    expect(verdict).toBe('ok');
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ type: 'block', block: { cumulativeLost: -1 } });
  });

  it.each([
    ['nothing', '', 'rtcp-too-short'],
    ['three bytes', '80c800', 'rtcp-too-short'],
    ['another version', '40c90001 00000001', 'rtcp-version'],
    ['a length beyond the datagram', '80c90002 00000001', 'rtcp-length'],
    ['bytes behind the last packet', '80c90001 00000001 80c9', 'rtcp-length'],
    ['padding of nothing', 'a0c90001 00000000', 'rtcp-padding'],
    ['padding that is no whole word', 'a0c90001 00000003', 'rtcp-padding'],
    ['padding longer than its packet', 'a0c90001 00000008', 'rtcp-padding'],
  ])('refuses %s whole', (_, text, verdict) => {
    expect(parse(hex(text))).toEqual({ verdict, seen: [] });
  });

  it('delivers nothing of a compound whose last packet is bad', () => {
    expect(parse(hex('81cb0001 00000007 81cb0009 00000007'))).toEqual({
      verdict: 'rtcp-length',
      seen: [],
    });
  });
});
