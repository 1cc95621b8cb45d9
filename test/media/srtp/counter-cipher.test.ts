import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { CounterCipher } from '../../../runtime/media/srtp/counter-cipher';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** The salt of RFC 3711 B.2 without its two zero bytes. */
const SALT = bytes('F0F1F2F3F4F5F6F7F8F9FAFBFCFD');

function keyStream(key: Buffer, size: number): Buffer {
  const zeros = new Uint8Array(size);
  expect(new CounterCipher(key, SALT).apply(zeros, zeros, 0, size, 0, 0)).toBe(true);
  return Buffer.from(zeros);
}

describe('AES in counter mode', () => {
  it('makes the key stream of RFC 3711 B.2, to its very end', () => {
    const stream = keyStream(bytes('2B7E151628AED2A6ABF7158809CF4F3C'), 1_044_512);
    expect(stream.subarray(0, 48).toString('hex').toUpperCase()).toBe(
      'E03EAD0935C95E80E166B16DD92B4EB4' +
        'D23513162B02D0F72A43A2FE4A5F97AB' +
        '41E95B3BB0A2E8DD477901E4FCA894C0',
    );
    expect(stream.subarray(-48).toString('hex').toUpperCase()).toBe(
      'EC8CDF7398607CB0F2D21675EA9EA1E4' +
        '362B7C3C6773516318A077D7FC5073AE' +
        '6A2CC3787889374FBEB4C81B17BA6C44',
    );
  });

  it('makes the key stream of RFC 6188 §7.1 with 256 bits', () => {
    const key = bytes('57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98');
    expect(keyStream(key, 48).toString('hex')).toBe(
      '92bdd28a93c3f52511c677d08b5515a4' +
        '9da71b2378a854f67050756ded165bac' +
        '63c4868b7096d88421b563b8c94c9a31',
    );
  });

  it('refuses what is longer than its counter', () => {
    const cipher = new CounterCipher(Buffer.alloc(16), SALT);
    const long = new Uint8Array(0x10_0001);
    expect(cipher.apply(long, long, 0, long.length, 1, 0)).toBe(false);
  });

  /** RFC 3711 §4.1.1, the slow way. */
  function reference(key: Uint8Array, ssrc: number, index: number, plain: Uint8Array): Buffer {
    let iv = BigInt(`0x${SALT.toString('hex')}`) << 16n;
    iv ^= BigInt(ssrc) << 64n;
    iv ^= BigInt(index) << 16n;
    const counter = bytes(iv.toString(16).padStart(32, '0'));
    return createCipheriv('aes-128-ctr', key, counter).update(plain);
  }

  it('encrypts each packet under its own index, in whatever order, size and source they come', () => {
    const key = Buffer.alloc(16, 9);
    const packet = fc.record({
      ssrc: fc.constantFrom(0, 1, 0xffff_ffff),
      step: fc.integer({ min: -20, max: 20 }),
      size: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 60 }), fc.nat(0x7fff_ffff), (packets, turns) => {
        const cipher = new CounterCipher(key, SALT);
        let index = turns * 0x1_0000 + 0xfff0;
        for (const { ssrc, step, size } of packets) {
          index += step === 0 ? 1 : step;
          const plain = new Uint8Array(12 + size).fill(step);
          const out = new Uint8Array(12 + size);
          cipher.apply(plain, out, 12, 12 + size, ssrc, index);
          expect(Buffer.from(out.subarray(12))).toEqual(
            reference(key, ssrc, index, plain.subarray(12)),
          );
        }
      }),
    );
  });
});
