import { derive, deriveSessionKeys, masterSize } from '../../../runtime/media/srtp/session-keys';

const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex').toUpperCase();

describe('session keys', () => {
  const key = bytes('E1F97A0D3E018BE0D64FA32C06DE4139');
  const salt = bytes('0EC675AD498AFEEBB6960B3AABE6');

  it('are those of RFC 3711 B.3', () => {
    const keys = deriveSessionKeys('AES_CM_128_HMAC_SHA1_80', Buffer.concat([key, salt]), 'rtp');
    expect(hex(keys.encryption)).toBe('C61E7A93744F39EE10734AFE3FF7A087');
    expect(hex(keys.salt)).toBe('30CBBC08863D8C85D49DB34A9AE1');
    expect(hex(keys.authentication)).toBe('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4');
  });

  it('go on over many blocks, as the 94 bytes of RFC 3711 B.3 do', () => {
    expect(hex(derive(key, salt, 1, 94))).toBe(
      'CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCE' +
        'E049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC25' +
        '6D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2',
    );
  });

  it('of 256 bits are those of RFC 6188 §7.2', () => {
    const master = bytes(
      'f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6' +
        '3b04803de51ee7c96423ab5b78d2',
    );
    const keys = deriveSessionKeys('AES_256_CM_HMAC_SHA1_80', master, 'rtp');
    expect(hex(keys.encryption)).toBe(
      '5BA1064E30EC51613CAD926C5A28EF731EC7FB397F70A960653CAF06554CD8C4',
    );
    expect(hex(keys.salt)).toBe('FA31791685CA444A9E07C6C64E93');
    expect(hex(keys.authentication)).toBe('FD9C32D39ED5FBB5A9DC96B30818454D1313DC05');
  });

  it('of RTCP are others than those of RTP (RFC 3711 §4.3.2: labels 3, 4, 5)', () => {
    const master = Buffer.concat([key, salt]);
    const keys = deriveSessionKeys('AES_CM_128_HMAC_SHA1_32', master, 'rtcp');
    expect(keys.encryption).toEqual(derive(key, salt, 3, 16));
    expect(keys.authentication).toEqual(derive(key, salt, 4, 20));
    expect(keys.salt).toEqual(derive(key, salt, 5, 14));
    const others = [0, 1, 2, 4, 5].map((label) => hex(derive(key, salt, label, 14)));
    expect(others).not.toContain(hex(derive(key, salt, 3, 14)));
  });

  it('want 30 bytes of key and salt with 128 bits, 46 with 256, and no others', () => {
    expect(masterSize('AES_CM_128_HMAC_SHA1_32')).toBe(30);
    expect(masterSize('AES_256_CM_HMAC_SHA1_32')).toBe(46);
    expect(() => deriveSessionKeys('AES_CM_128_HMAC_SHA1_80', new Uint8Array(29), 'rtp')).toThrow(
      RangeError,
    );
    expect(() => deriveSessionKeys('AES_256_CM_HMAC_SHA1_80', new Uint8Array(30), 'rtp')).toThrow(
      RangeError,
    );
  });
});
