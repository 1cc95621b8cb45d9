import {
  algorithmNamed,
  digestResponse,
  formatNonceCount,
  hashOf,
  hashSecret,
  passwordHash,
} from '../../../runtime/sip/auth/digest';
import type { DigestAlgorithm } from '../../../runtime/sip/auth/port';

describe('the digest of RFC 7616', () => {
  const example = {
    session: false,
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    method: 'GET',
    uri: '/dir/index.html',
    qop: 'auth',
    nonceCount: '00000001',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  } as const;

  it.each<[DigestAlgorithm, string]>([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('is that of §3.9.1 with %s', (algorithm, response) => {
    const secret = passwordHash(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life');
    expect(digestResponse({ ...example, algorithm, secret })).toBe(response);
  });

  it('is that of §3.9.2 with SHA-512-256 and UTF-8, as erratum 4897 corrects it', () => {
    // The text of the RFC shows what a truncated SHA-512 gives, which is not SHA-512/256.
    const algorithm = 'SHA-512-256';
    const username = 'J\u00e4s\u00f8n Doe';
    const realm = 'api@example.org';
    expect(hashOf(algorithm, `${username}:${realm}`)).toBe(
      '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
    );
    expect(
      digestResponse({
        algorithm,
        session: false,
        secret: passwordHash(algorithm, username, realm, 'Secret, or not?'),
        nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
        method: 'GET',
        uri: '/doe.json',
        qop: 'auth',
        nonceCount: '00000001',
        cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
      }),
    ).toBe('3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5');
  });

  it('is that of RFC 2617 §3.5', () => {
    expect(
      digestResponse({
        ...example,
        algorithm: 'MD5',
        secret: passwordHash('MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life'),
        nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
        cnonce: '0a4f113b',
      }),
    ).toBe('6629fae49393a05397450978507c4ef1');
  });

  it('leaves nonce count, cnonce and qop out where there is no qop', () => {
    const secret = passwordHash('MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life');
    const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093';
    expect(
      digestResponse({
        algorithm: 'MD5',
        session: false,
        secret,
        nonce,
        method: 'GET',
        uri: '/dir/index.html',
      }),
    ).toBe(hashOf('MD5', `${secret}:${nonce}:${hashOf('MD5', 'GET:/dir/index.html')}`));
  });

  it('covers the body with auth-int, and the hash of nothing where there is none (RFC 8760 §2.6)', () => {
    const secret = passwordHash('SHA-256', 'Mufasa', 'http-auth@example.org', 'Circle of Life');
    const input = { ...example, algorithm: 'SHA-256', secret, qop: 'auth-int' } as const;
    const { nonce, nonceCount, cnonce } = example;
    const expected = (bodyHash: string): string =>
      hashOf(
        'SHA-256',
        `${secret}:${nonce}:${nonceCount}:${cnonce}:auth-int:${hashOf('SHA-256', `GET:/dir/index.html:${bodyHash}`)}`,
      );
    expect(digestResponse(input)).toBe(
      expected('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'),
    );
    expect(digestResponse({ ...input, body: Buffer.from('v=0\r\n') })).toBe(
      expected(hashOf('SHA-256', 'v=0\r\n')),
    );
  });

  it('makes the key of -sess from nonce and cnonce (RFC 7616 §3.4.2)', () => {
    const secret = passwordHash('MD5', 'Mufasa', 'http-auth@example.org', 'Circle of Life');
    const { nonce, cnonce } = example;
    const key = hashOf('MD5', `${secret}:${nonce}:${cnonce}`);
    const input = { ...example, algorithm: 'MD5' } as const;
    expect(digestResponse({ ...input, session: true, secret })).toBe(
      digestResponse({ ...input, session: false, secret: key }),
    );
  });
});

describe('names of algorithms', () => {
  it('are compared without case, -sess included, and MD5 where there is none', () => {
    expect(algorithmNamed(undefined)).toEqual({ algorithm: 'MD5', session: false });
    expect(algorithmNamed('md5')).toEqual({ algorithm: 'MD5', session: false });
    expect(algorithmNamed('SHA-256-sess')).toEqual({ algorithm: 'SHA-256', session: true });
    expect(algorithmNamed('sha-512-256')).toEqual({ algorithm: 'SHA-512-256', session: false });
    expect(algorithmNamed('AKAv1-MD5')).toBeUndefined();
    expect(algorithmNamed('')).toBeUndefined();
  });
});

describe('a nonce count', () => {
  it('has eight digits', () => {
    expect(formatNonceCount(1)).toBe('00000001');
    expect(formatNonceCount(0xbeef)).toBe('0000beef');
  });
});

describe('a stored secret', () => {
  it('holds the hash of each algorithm, for the name alone and with its domain, and no password', () => {
    const secret = hashSecret('alice', 'example.com', 'wonderland');
    expect(secret.MD5).toBe(hashOf('MD5', 'alice:example.com:wonderland'));
    expect(secret['SHA-256']).toBe(hashOf('SHA-256', 'alice:example.com:wonderland'));
    expect(secret['SHA-512-256']).toBe(hashOf('SHA-512-256', 'alice:example.com:wonderland'));
    expect(secret.qualified?.MD5).toBe(hashOf('MD5', 'alice@example.com:example.com:wonderland'));
    expect(JSON.stringify(secret)).not.toContain('wonderland');
  });
});
