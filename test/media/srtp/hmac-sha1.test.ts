import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { HmacSha1 } from '../../../runtime/media/srtp/hmac-sha1';
import { sha1Block, sha1Start } from '../../../runtime/media/srtp/sha1';

function tagOf(key: Uint8Array, message: Uint8Array, suffix?: number): Buffer {
  const tag = new Uint8Array(20);
  new HmacSha1(key).write(message, message.length, suffix, tag, 0, 20);
  return Buffer.from(tag);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

describe('SHA-1', () => {
  it('digests one block as FIPS 180 shows', () => {
    const block = new Uint8Array(64);
    block.set([0x61, 0x62, 0x63, 0x80]);
    block[63] = 24;
    const state = new Int32Array(5);
    sha1Start(state);
    sha1Block(state, block, 0);
    const digest = Buffer.concat([...state].map(word)).toString('hex');
    expect(digest).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
    expect(digest).toBe(createHash('sha1').update('abc').digest('hex'));
  });
});

describe('HMAC-SHA1', () => {
  it('is that of RFC 2202', () => {
    expect(tagOf(Buffer.alloc(20, 0x0b), Buffer.from('Hi There')).toString('hex')).toBe(
      'b617318655057264e28bc0b6fb378c8ef146be00',
    );
    expect(
      tagOf(Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?')).toString('hex'),
    ).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
  });

  it('is the platform’s for every length around the blocks, with a suffix and without', () => {
    const key = Buffer.from('0123456789abcdefghij');
    for (let size = 0; size < 260; size += 1) {
      const message = Buffer.alloc(size, size);
      expect(tagOf(key, message)).toEqual(createHmac('sha1', key).update(message).digest());
      expect(tagOf(key, message, 0xfedcba98)).toEqual(
        createHmac('sha1', key).update(message).update(word(0xfedcba98)).digest(),
      );
    }
  });

  it('is the platform’s for any key and message', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.uint8Array({ maxLength: 1_500 }),
        fc.option(fc.nat(0xffffffff), { nil: undefined }),
        (key, message, suffix) => {
          const expected = createHmac('sha1', key).update(message);
          if (suffix !== undefined) expected.update(word(suffix));
          expect(tagOf(key, message, suffix)).toEqual(expected.digest());
        },
      ),
    );
  });

  it('matches its own tag and none with another bit', () => {
    const hmac = new HmacSha1(Buffer.alloc(20, 3));
    const packet = new Uint8Array(110);
    hmac.write(packet, 100, 7, packet, 100, 10);
    expect(hmac.matches(packet, 100, 7, 100, 10)).toBe(true);
    expect(hmac.matches(packet, 100, 8, 100, 10)).toBe(false);
    for (let bit = 0; bit < 110 * 8; bit += 1) {
      packet[bit >>> 3] = (packet[bit >>> 3] as number) ^ (1 << (bit & 7));
      expect(hmac.matches(packet, 100, 7, 100, 10)).toBe(false);
      packet[bit >>> 3] = (packet[bit >>> 3] as number) ^ (1 << (bit & 7));
    }
  });
});
