import crypto from 'node:crypto';
import fc from 'fast-check';
import { SeededRandom } from '../../../runtime/core/random';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import {
  DigestAuthenticator,
  type DigestAuthenticatorOptions,
} from '../../../runtime/sip/auth/authenticator';
import { createClientAuthentication } from '../../../runtime/sip/auth/client-authentication';
import { hashSecret } from '../../../runtime/sip/auth/digest';
import type { ClientAuthentication, DigestSecret } from '../../../runtime/sip/auth/port';
import { formatCredentials, parseAuth } from '../../../runtime/sip/message/auth-params';
import type { SipRequest } from '../../../runtime/sip/message/message';
import { credentialsIn, digestChallenge, newRequest, refusal } from './support';

const realm = 'example.com';

class Users {
  readonly asked: string[] = [];
  readonly secrets = new Map<string, DigestSecret>([
    ['alice', hashSecret('alice', realm, 'wonderland')],
  ]);

  find(username: string, asked: string): DigestSecret | undefined {
    this.asked.push(username);
    return asked === realm ? this.secrets.get(username) : undefined;
  }
}

function setup(options: Partial<DigestAuthenticatorOptions> = {}) {
  const clock = new VirtualClock();
  const users = new Users();
  const authenticator = new DigestAuthenticator({
    clock,
    random: new SeededRandom(1),
    realm,
    secrets: users,
    algorithms: ['SHA-256', 'MD5'],
    ...options,
  });
  /** A client who was challenged. */
  const client = (
    username = 'alice',
    password = 'wonderland',
    kind: 'www' | 'proxy' = 'www',
  ): ClientAuthentication => {
    const authentication = createClientAuthentication(
      [{ username, password }],
      new SeededRandom(2),
    );
    const status = kind === 'www' ? 401 : 407;
    expect(authentication.take(refusal(status, ...authenticator.challenge(kind)))).toBe(true);
    return authentication;
  };
  const authorized = (authentication: ClientAuthentication, request = newRequest()): SipRequest => {
    authentication.authorize(request);
    return request;
  };
  return { clock, users, authenticator, client, authorized };
}

/** The request with its credentials changed. */
function tampered(
  request: SipRequest,
  changes: Readonly<Record<string, string | undefined>>,
): SipRequest {
  const { scheme, params } = parseAuth(request.headers.get('Authorization') ?? '');
  const changed = new Map(params);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
  }
  request.headers.set('Authorization', formatCredentials({ scheme, params: changed }));
  return request;
}

describe('a digest authenticator', () => {
  it.each(['www', 'proxy'] as const)('accepts a user with the right password (%s)', (kind) => {
    const { authenticator, client, authorized } = setup();
    const request = authorized(client('alice', 'wonderland', kind));
    expect(authenticator.verify(request, kind)).toEqual({ type: 'accepted', username: 'alice' });
  });

  it('misses credentials where there are none, for another kind, realm, scheme or algorithm', () => {
    const { authenticator, client, authorized } = setup();
    expect(authenticator.verify(newRequest(), 'www')).toEqual({ type: 'missing' });
    const request = authorized(client());
    expect(authenticator.verify(request, 'proxy')).toEqual({ type: 'missing' });
    for (const changes of [
      { realm: 'elsewhere' },
      { algorithm: 'SHA-1' },
      { algorithm: 'SHA-512-256' },
    ]) {
      const other = tampered(authorized(client()), changes);
      expect(authenticator.verify(other, 'www')).toEqual({ type: 'missing' });
    }
    const basic = newRequest();
    basic.headers.append('Authorization', 'Basic realm="example.com"');
    expect(authenticator.verify(basic, 'www')).toEqual({ type: 'missing' });
  });

  it('finds its credentials among those for other realms, whatever shape these have', () => {
    const { authenticator, client, authorized } = setup();
    const request = authorized(client());
    request.headers.prepend('Authorization', 'Digest');
    request.headers.prepend('Authorization', 'Digest realm="elsewhere", username="x"');
    expect(authenticator.verify(request, 'www').type).toBe('accepted');
  });

  it('refuses wrong password and unknown user alike, after the same work', () => {
    const { authenticator, client, authorized } = setup();
    expect(authenticator.verify(authorized(client('alice', 'wrong')), 'www')).toEqual({
      type: 'refused',
      username: 'alice',
      reason: 'wrong digest',
    });
    expect(authenticator.verify(authorized(client('mallory')), 'www')).toEqual({
      type: 'refused',
      username: 'mallory',
      reason: 'unknown user',
    });
    const hashes = (request: SipRequest): number => {
      const made = jest.spyOn(crypto, 'hash');
      authenticator.verify(request, 'www');
      const { length } = made.mock.calls;
      made.mockRestore();
      return length;
    };
    const work = hashes(authorized(client('alice', 'wrong')));
    expect(work).toBeGreaterThan(0);
    expect(hashes(authorized(client('mallory')))).toBe(work);
  });

  it('protects method, URI, nonce and count', () => {
    const { authenticator, client, authorized } = setup();
    for (const changes of [
      { uri: 'sip:other.example' },
      { nc: '00000002' },
      { nonce: 'x' },
      { cnonce: 'y' },
      { qop: 'auth-int' },
      { response: 'é'.repeat(64) },
      { response: '0'.repeat(64) },
      { response: '' },
    ]) {
      const request = tampered(authorized(client()), changes);
      expect(authenticator.verify(request, 'www')).toMatchObject({
        type: 'refused',
        reason: 'wrong digest',
      });
    }
    const request = authorized(client());
    request.method = 'INVITE';
    expect(authenticator.verify(request, 'www').type).toBe('refused');
  });

  it('accepts credentials whose URI a proxy has replaced on the request line (RFC 8760 §2.6)', () => {
    const { authenticator, client, authorized } = setup();
    const request = authorized(client());
    request.requestUri = 'sip:192.0.2.1';
    expect(authenticator.verify(request, 'www').type).toBe('accepted');
  });

  it('challenges with each algorithm, the strongest on top, one nonce and qop (RFC 8760 §2.3)', () => {
    const { authenticator } = setup({ algorithms: ['MD5', 'SHA-512-256', 'SHA-256'] });
    const challenges = authenticator.challenge('proxy', true);
    expect(challenges.map(([name]) => name)).toEqual(Array(3).fill('Proxy-Authenticate'));
    const params = challenges.map(([, value]) => Object.fromEntries(parseAuth(value).params));
    expect(params.map(({ algorithm }) => algorithm)).toEqual(['SHA-512-256', 'SHA-256', 'MD5']);
    expect(new Set(params.map(({ nonce }) => nonce)).size).toBe(1);
    for (const one of params) expect(one).toMatchObject({ realm, qop: 'auth', stale: 'true' });
    const [[, first] = ['', '']] = setup().authenticator.challenge('www');
    expect(first).toMatch(/algorithm=SHA-256(,|$)/);
    expect(first).not.toContain('stale');
  });

  it('offers MD5 alone where nothing is said, for phones that stumble over the rest', () => {
    const authenticator = new DigestAuthenticator({
      clock: new VirtualClock(),
      random: new SeededRandom(1),
      realm,
      secrets: new Users(),
    });
    expect(authenticator.challenge('www').map(([, value]) => value)).toEqual([
      expect.stringMatching(/algorithm=MD5(,|$)/),
    ]);
  });

  it.each(['MD5', 'SHA-256', 'SHA-512-256'] as const)('verifies %s', (algorithm) => {
    const { authenticator, client, authorized } = setup({ algorithms: [algorithm] });
    const request = authorized(client());
    expect(credentialsIn(request)[0]?.params.get('algorithm')).toBe(algorithm);
    expect(authenticator.verify(request, 'www').type).toBe('accepted');
  });

  it('refuses an algorithm that the user has no secret for, and one that it does not offer', () => {
    const { authenticator, users, client, authorized } = setup();
    const { 'SHA-256': sha = '' } = users.secrets.get('alice') ?? {};
    users.secrets.set('alice', { 'SHA-256': sha });
    expect(authenticator.verify(authorized(client()), 'www').type).toBe('accepted');
    const md5 = setup({ algorithms: ['MD5'] });
    md5.users.secrets.set('alice', { 'SHA-256': sha });
    expect(md5.authenticator.verify(md5.authorized(md5.client()), 'www').type).toBe('refused');
    const strict = setup({ algorithms: ['SHA-256'] });
    const weak = createClientAuthentication(
      [{ username: 'alice', password: 'wonderland' }],
      new SeededRandom(3),
    );
    const nonce = parseAuth(strict.authenticator.challenge('www')[0]?.[1] ?? '').params.get(
      'nonce',
    );
    weak.take(
      refusal(401, [
        'WWW-Authenticate',
        digestChallenge({ realm, nonce: nonce ?? '', algorithm: 'MD5', qop: 'auth' }),
      ]),
    );
    expect(strict.authenticator.verify(strict.authorized(weak), 'www')).toEqual({
      type: 'missing',
    });
  });

  it('accepts -sess, which it never offers', () => {
    const { authenticator, authorized } = setup();
    const nonce = parseAuth(authenticator.challenge('www')[0]?.[1] ?? '').params.get('nonce') ?? '';
    const authentication = createClientAuthentication(
      [{ username: 'alice', password: 'wonderland' }],
      new SeededRandom(2),
    );
    const challenge = digestChallenge({ realm, nonce, algorithm: 'SHA-256-sess', qop: 'auth' });
    authentication.take(refusal(401, ['WWW-Authenticate', challenge]));
    expect(authenticator.verify(authorized(authentication), 'www').type).toBe('accepted');
    expect(authenticator.verify(authorized(authentication), 'www').type).toBe('accepted');
  });

  it('accepts auth-int, over the body', () => {
    const { authenticator } = setup();
    const nonce = parseAuth(authenticator.challenge('www')[0]?.[1] ?? '').params.get('nonce') ?? '';
    const authentication = createClientAuthentication(
      [{ username: 'alice', password: 'wonderland' }],
      new SeededRandom(2),
    );
    authentication.take(
      refusal(401, [
        'WWW-Authenticate',
        digestChallenge({ realm, nonce, algorithm: 'SHA-256', qop: 'auth-int' }),
      ]),
    );
    const message = (): SipRequest => {
      const request = newRequest('MESSAGE', 'sip:bob@example.com', 'hello');
      authentication.authorize(request);
      return request;
    };
    expect(authenticator.verify(message(), 'www').type).toBe('accepted');
    const changed = message();
    changed.body = Buffer.from('hellp');
    expect(authenticator.verify(changed, 'www').type).toBe('refused');
  });

  it('knows a user who logs in with the domain', () => {
    const { authenticator, client, authorized } = setup();
    const request = authorized(client('alice@example.com'));
    expect(authenticator.verify(request, 'www')).toEqual({ type: 'accepted', username: 'alice' });
    for (const [username, password] of [
      ['alice@example.com', 'wrong'],
      ['mallory@example.com', 'wonderland'],
      ['alice@elsewhere', 'wonderland'],
      ['@example.com', 'wonderland'],
    ] as const) {
      expect(authenticator.verify(authorized(client(username, password)), 'www').type).toBe(
        'refused',
      );
    }
  });

  describe('with nonces', () => {
    it('refuses a replayed request', () => {
      const { authenticator, client, authorized } = setup();
      const request = authorized(client());
      expect(authenticator.verify(request, 'www').type).toBe('accepted');
      expect(authenticator.verify(request, 'www')).toEqual({
        type: 'refused',
        username: 'alice',
        reason: 'nonce count used before',
      });
    });

    it('accepts the same nonce with the next count', () => {
      const { authenticator, client, authorized } = setup();
      const authentication = client();
      for (let i = 0; i < 5; i += 1) {
        expect(authenticator.verify(authorized(authentication), 'www').type).toBe('accepted');
      }
      expect(authenticator.noncesInUse).toBe(1);
    });

    it('calls an old nonce stale only where the digest is right, and the client recovers', () => {
      const { authenticator, clock, client, authorized } = setup({ nonceLifetime: 1000 });
      const good = client();
      const bad = client('alice', 'wrong');
      clock.advance(1001);
      expect(authenticator.verify(authorized(bad), 'www').type).toBe('refused');
      expect(authenticator.verify(authorized(good), 'www')).toEqual({ type: 'stale' });
      expect(good.take(refusal(401, ...authenticator.challenge('www', true)))).toBe(true);
      expect(authenticator.verify(authorized(good), 'www').type).toBe('accepted');
    });

    it('calls a nonce of an earlier process stale where the digest is right', () => {
      const { client, authorized } = setup();
      const restarted = setup({ random: new SeededRandom(99) }).authenticator;
      expect(restarted.verify(authorized(client()), 'www')).toEqual({ type: 'stale' });
      expect(restarted.verify(authorized(client('alice', 'wrong')), 'www').type).toBe('refused');
    });

    it('remembers none for those who do not know a password', () => {
      const { authenticator, client, authorized } = setup();
      for (let i = 0; i < 20; i += 1) {
        authenticator.verify(authorized(client('alice', `guess ${i}`)), 'www');
      }
      expect(authenticator.noncesInUse).toBe(0);
    });

    it('remembers a bounded number', () => {
      const { authenticator, clock, client, authorized } = setup({ maxNonces: 8 });
      for (let i = 0; i < 50; i += 1) {
        clock.advance(1);
        expect(authenticator.verify(authorized(client()), 'www').type).toBe('accepted');
      }
      expect(authenticator.noncesInUse).toBe(8);
    });

    it('takes a client that knows no qop, one request a nonce', () => {
      const { authenticator } = setup({ algorithms: ['MD5'] });
      const nonce =
        parseAuth(authenticator.challenge('www')[0]?.[1] ?? '').params.get('nonce') ?? '';
      const old = createClientAuthentication(
        [{ username: 'alice', password: 'wonderland' }],
        new SeededRandom(2),
      );
      old.take(refusal(401, ['WWW-Authenticate', digestChallenge({ realm, nonce })]));
      const request = newRequest();
      old.authorize(request);
      expect(authenticator.verify(request, 'www').type).toBe('accepted');
      expect(authenticator.verify(request, 'www').type).toBe('stale');
    });
  });

  describe('with credentials that are not whole', () => {
    it.each([
      [{ username: undefined }, 'username'],
      [{ nonce: undefined }, 'nonce'],
      [{ uri: undefined }, 'uri'],
      [{ response: undefined }, 'response'],
      [{ cnonce: undefined }, 'cnonce'],
      [{ nc: undefined }, 'nonce count'],
      [{ nc: '1' }, 'nonce count'],
      [{ nc: '0000000g' }, 'nonce count'],
      [{ qop: 'none' }, 'qop'],
    ])('calls %j malformed', (changes, what) => {
      const { authenticator, client, authorized } = setup();
      const verdict = authenticator.verify(tampered(authorized(client()), changes), 'www');
      expect(verdict.type === 'malformed' ? verdict.reason : verdict.type).toContain(what);
    });

    it('calls a header that is none malformed', () => {
      const { authenticator } = setup();
      const request = newRequest();
      request.headers.append('Authorization', 'Digest username="x');
      expect(authenticator.verify(request, 'www').type).toBe('malformed');
    });

    it('never throws, and never accepts, whatever stands in the header', () => {
      const { authenticator } = setup();
      const name = fc.constantFrom(
        ...['username', 'realm', 'nonce', 'uri', 'response', 'qop', 'nc', 'cnonce', 'algorithm'],
      );
      const value = fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        fc.constantFrom(realm, 'alice', 'auth', '00000001', 'MD5', 'SHA-256'),
      );
      const header = fc.oneof(
        fc.string(),
        fc
          .array(fc.tuple(name, value))
          .map((pairs) =>
            formatCredentials({ scheme: 'Digest', params: new Map([['realm', realm], ...pairs]) }),
          ),
      );
      fc.assert(
        fc.property(header, (text) => {
          const request = newRequest();
          request.headers.append('Authorization', text.replace(/[\r\n]/g, ' '));
          expect(authenticator.verify(request, 'www').type).not.toBe('accepted');
        }),
      );
    });
  });
});
