import {
  isOpusHead,
  joinPackets,
  opusHead,
  opusTags,
} from '../../../runtime/media/ogg/opus-packets';

describe('the head of an Ogg Opus stream', () => {
  it('is that of RFC 7845 for one channel', () => {
    expect(Buffer.from(opusHead(16_000, 1)).toString('hex')).toBe(
      '4f707573486561640101380 1803e0000 0000 00'.replace(/ /g, ''),
    );
  });

  it('says of two channels that each is a stream', () => {
    expect(Buffer.from(opusHead(8_000, 2)).toString('hex')).toBe(
      '4f7075734865616401023801401f000000000102000001',
    );
  });

  it('is known again, and nothing else is', () => {
    expect(isOpusHead(opusHead(48_000, 1))).toBe(true);
    expect(isOpusHead(opusTags())).toBe(false);
    expect(isOpusHead(opusHead(48_000, 1).subarray(0, 18))).toBe(false);
    const newer = opusHead(48_000, 1);
    newer[8] = 16;
    expect(isOpusHead(newer)).toBe(false);
  });
});

describe('two Opus packets in one', () => {
  it.each([
    [0, '00'],
    [1, '01'],
    [251, 'fb'],
    [252, 'fc00'],
    [255, 'ff00'],
    [256, 'fc01'],
    [1_275, 'ffff'],
  ])('tell the length of the first, of %i bytes, as %s', (length, field) => {
    const first = Buffer.concat([Buffer.from([0x08]), Buffer.alloc(length, 7)]);
    const second = Buffer.from([0x78, 1, 2, 3]);
    expect(Buffer.from(joinPackets(first, second)).toString('hex')).toBe(
      `08${field}${'07'.repeat(length)}78010203`,
    );
  });

  it('cannot be several frames', () => {
    expect(() => joinPackets(Buffer.from([0x09, 1]), Buffer.from([0x08]))).toThrow(
      'several frames',
    );
  });
});
