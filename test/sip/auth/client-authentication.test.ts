import fc from 'fast-check';
import { SeededRandom } from '../../../runtime/core/random';
import { createClientAuthentication } from '../../../runtime/sip/auth/client-authentication';
import { digestResponse, passwordHash } from '../../../runtime/sip/auth/digest';
import type { ClientAuthentication, Credentials } from '../../../runtime/sip/auth/port';
import { credentialsIn, digestChallenge, newRequest, refusal } from './support';

const alice: Credentials = { username: 'alice', password: 'wonderland' };
const realm = 'example.com';

function client(...credentials: Credentials[]): ClientAuthentication {
  return createClientAuthentication(
    credentials.length === 0 ? [alice] : credentials,
    new SeededRandom(1),
  );
}

/** A 401 with one challenge. */
function challenged(params: Readonly<Record<string, string>> = {}): ReturnType<typeof refusal> {
  return refusal(401, [
    'WWW-Authenticate',
    digestChallenge({ realm, nonce: 'n1', qop: 'auth', algorithm: 'SHA-256', ...params }),
  ]);
}

function paramOf(request: ReturnType<typeof newRequest>, name: string): string | undefined {
  return credentialsIn(request)[0]?.params.get(name);
}

describe('a digest client', () => {
  it('puts nothing into a request before it was challenged', () => {
    const request = newRequest();
    client().authorize(request);
    expect(request.headers.has('Authorization')).toBe(false);
    expect(request.headers.has('Proxy-Authorization')).toBe(false);
  });

  it('answers a 401 with a digest over method and URI, and gives algorithm, opaque and realm back', () => {
    const authentication = client();
    expect(authentication.take(challenged({ opaque: 'o"1' }))).toBe(true);
    const request = newRequest('REGISTER', 'sip:example.com');
    authentication.authorize(request);
    const [{ scheme, params } = { scheme: '', params: new Map<string, string>() }] =
      credentialsIn(request);
    expect(scheme).toBe('Digest');
    expect(Object.fromEntries(params)).toMatchObject({
      username: 'alice',
      realm,
      nonce: 'n1',
      uri: 'sip:example.com',
      algorithm: 'SHA-256',
      qop: 'auth',
      nc: '00000001',
      opaque: 'o"1',
    });
    expect(params.get('response')).toBe(
      digestResponse({
        algorithm: 'SHA-256',
        session: false,
        secret: passwordHash('SHA-256', 'alice', realm, 'wonderland'),
        nonce: 'n1',
        method: 'REGISTER',
        uri: 'sip:example.com',
        qop: 'auth',
        nonceCount: '00000001',
        cnonce: params.get('cnonce'),
      }),
    );
  });

  it('writes algorithm, qop and nc bare and the rest in quotes (RFC 7616 §3.4)', () => {
    const authentication = client();
    authentication.take(challenged({ opaque: 'x' }));
    const request = newRequest();
    authentication.authorize(request);
    const text = request.headers.get('Authorization') ?? '';
    expect(text).toMatch(/algorithm=SHA-256(,|$)/);
    expect(text).toMatch(/qop=auth(,|$)/);
    expect(text).toMatch(/nc=00000001(,|$)/);
    for (const name of ['username', 'realm', 'nonce', 'uri', 'response', 'cnonce', 'opaque']) {
      expect(text).toContain(`${name}="`);
    }
  });

  it('counts the requests of each nonce from one', () => {
    const authentication = client();
    authentication.take(challenged());
    const counts = [1, 2, 3].map(() => {
      const request = newRequest();
      authentication.authorize(request);
      return paramOf(request, 'nc');
    });
    expect(counts).toEqual(['00000001', '00000002', '00000003']);
    authentication.take(challenged({ nonce: 'n2', stale: 'true' }));
    const request = newRequest();
    authentication.authorize(request);
    expect(paramOf(request, 'nonce')).toBe('n2');
    expect(paramOf(request, 'nc')).toBe('00000001');
  });

  it('gives up when the same credentials are refused again', () => {
    const authentication = client();
    expect(authentication.take(challenged())).toBe(true);
    authentication.authorize(newRequest());
    expect(authentication.take(challenged({ nonce: 'n2' }))).toBe(false);
  });

  it('tries again with the new nonce when the old one is stale', () => {
    const authentication = client();
    authentication.take(challenged());
    authentication.authorize(newRequest());
    expect(authentication.take(challenged({ nonce: 'n2', stale: 'TRUE' }))).toBe(true);
  });

  it('gives up when a stale nonce is offered again', () => {
    const authentication = client();
    authentication.take(challenged());
    authentication.authorize(newRequest());
    expect(authentication.take(challenged({ nonce: 'n1', stale: 'true' }))).toBe(false);
  });

  it('answers a new nonce where the old one had served before, though nobody said stale', () => {
    const authentication = client();
    authentication.take(challenged());
    authentication.authorize(newRequest());
    authentication.authorize(newRequest());
    expect(authentication.take(challenged({ nonce: 'n2' }))).toBe(true);
    authentication.authorize(newRequest());
    expect(authentication.take(challenged({ nonce: 'n3' }))).toBe(false);
  });

  it('ends an endless row of stale nonces, and begins anew with the next request', () => {
    const authentication = client();
    let serial = 1;
    const rounds = (): number => {
      for (let round = 1; ; round += 1) {
        authentication.authorize(newRequest());
        const nonce = `n${(serial += 1)}`;
        if (!authentication.take(challenged({ nonce, stale: 'true' }))) return round;
        if (round > 100) throw new Error('never gives up');
      }
    };
    expect(rounds()).toBe(9);
    expect(rounds()).toBe(9);
  });

  it('replaces what a request carried for the realm and keeps what it carried for another', () => {
    const authentication = client();
    authentication.take(challenged());
    const request = newRequest();
    request.headers.append('Authorization', 'Digest username="x", realm="elsewhere", nonce="1"');
    authentication.authorize(request);
    authentication.authorize(request);
    expect(credentialsIn(request).map(({ params }) => params.get('realm'))).toEqual([
      'elsewhere',
      realm,
    ]);
    expect(credentialsIn(request)[1]?.params.get('nc')).toBe('00000002');
  });

  describe('with several challenges', () => {
    it('takes the topmost of a realm that it knows (RFC 8760 §2.4)', () => {
      const authentication = client();
      const response = refusal(
        401,
        ['WWW-Authenticate', 'Basic realm="example.com"'],
        ['WWW-Authenticate', digestChallenge({ realm, nonce: 'a', algorithm: 'AKAv2-SHA-256' })],
        [
          'WWW-Authenticate',
          digestChallenge({ realm, nonce: 'b', algorithm: 'SHA-512-256', qop: 'auth' }),
        ],
        ['WWW-Authenticate', digestChallenge({ realm, nonce: 'c', algorithm: 'MD5', qop: 'auth' })],
      );
      expect(authentication.take(response)).toBe(true);
      const request = newRequest();
      authentication.authorize(request);
      expect(credentialsIn(request)).toHaveLength(1);
      expect(paramOf(request, 'algorithm')).toBe('SHA-512-256');
      expect(paramOf(request, 'nonce')).toBe('b');
      expect(paramOf(request, 'response')).toHaveLength(64);
    });

    it('answers WWW and proxy challenges of one response, and every realm (RFC 3261 §16.7 step 7)', () => {
      const authentication = client(
        { username: 'alice', password: 'a', realm: 'one' },
        { username: 'bob', password: 'b', realm: 'two' },
        { username: 'carol', password: 'c' },
      );
      const one = digestChallenge({ realm: 'one', nonce: '1', qop: 'auth' });
      const two = digestChallenge({ realm: 'two', nonce: '2', qop: 'auth' });
      const three = digestChallenge({ realm: 'three', nonce: '3', qop: 'auth' });
      const response = refusal(
        407,
        ['Proxy-Authenticate', one],
        ['WWW-Authenticate', two],
        ['Proxy-Authenticate', three],
      );
      expect(authentication.take(response)).toBe(true);
      const request = newRequest();
      authentication.authorize(request);
      const pairs = (header: string): (string | undefined)[][] =>
        credentialsIn(request, header).map(({ params }) => [
          params.get('realm'),
          params.get('username'),
        ]);
      expect(pairs('Authorization')).toEqual([['two', 'bob']]);
      expect(pairs('Proxy-Authorization')).toEqual([
        ['one', 'alice'],
        ['three', 'carol'],
      ]);
    });

    it('answers what it can where it lacks credentials for a realm, once', () => {
      const authentication = client({ ...alice, realm: 'one' });
      const one = digestChallenge({ realm: 'one', nonce: '1', qop: 'auth' });
      const two = digestChallenge({ realm: 'two', nonce: '2', qop: 'auth' });
      expect(
        authentication.take(refusal(407, ['Proxy-Authenticate', two], ['Proxy-Authenticate', one])),
      ).toBe(true);
      const request = newRequest();
      authentication.authorize(request);
      expect(credentialsIn(request, 'Proxy-Authorization')).toHaveLength(1);
      expect(authentication.take(refusal(407, ['Proxy-Authenticate', two]))).toBe(false);
    });

    it('goes on when the next proxy on the way asks, and sends the credentials of the first again', () => {
      const authentication = client();
      const ask = (name: string): boolean =>
        authentication.take(
          refusal(407, [
            'Proxy-Authenticate',
            digestChallenge({ realm: name, nonce: name, qop: 'auth' }),
          ]),
        );
      expect(ask('first')).toBe(true);
      authentication.authorize(newRequest());
      expect(ask('second')).toBe(true);
      const request = newRequest();
      authentication.authorize(request);
      expect(
        credentialsIn(request, 'Proxy-Authorization').map(({ params }) => params.get('nc')),
      ).toEqual(['00000002', '00000001']);
    });
  });

  it('has no answer without credentials, without a challenge, and to one that it cannot read', () => {
    expect(client({ ...alice, realm: 'elsewhere' }).take(challenged())).toBe(false);
    expect(client().take(refusal(401))).toBe(false);
    expect(client().take(refusal(401, ['WWW-Authenticate', 'Digest']))).toBe(false);
    expect(client().take(refusal(401, ['WWW-Authenticate', 'Digest realm="x']))).toBe(false);
    expect(client().take(refusal(401, ['WWW-Authenticate', 'Digest realm="x"']))).toBe(false);
    expect(client().take(challenged({ algorithm: 'SHA-3' }))).toBe(false);
    expect(client().take(challenged({ qop: 'privacy' }))).toBe(false);
    expect(client().take(refusal(486))).toBe(false);
  });

  it('answers a challenge without qop as RFC 2617 has it, without cnonce and count', () => {
    const authentication = client();
    const challenge = digestChallenge({ realm, nonce: 'n' });
    expect(authentication.take(refusal(401, ['WWW-Authenticate', challenge]))).toBe(true);
    const request = newRequest();
    authentication.authorize(request);
    const params = credentialsIn(request)[0]?.params;
    expect([...(params?.keys() ?? [])].sort()).toEqual([
      'nonce',
      'realm',
      'response',
      'uri',
      'username',
    ]);
    expect(params?.get('response')).toBe(
      digestResponse({
        algorithm: 'MD5',
        session: false,
        secret: passwordHash('MD5', 'alice', realm, 'wonderland'),
        nonce: 'n',
        method: 'REGISTER',
        uri: 'sip:example.com',
      }),
    );
  });

  it('prefers auth, and hashes the body where only auth-int is offered', () => {
    const authentication = client();
    authentication.take(challenged({ qop: 'auth-int, auth' }));
    const plain = newRequest();
    authentication.authorize(plain);
    expect(paramOf(plain, 'qop')).toBe('auth');

    const strict = client();
    strict.take(challenged({ qop: 'auth-int' }));
    const responses = ['one', 'two'].map((body) => {
      const request = newRequest('MESSAGE', 'sip:bob@example.com', body);
      strict.authorize(request);
      const params = credentialsIn(request)[0]?.params;
      expect(params?.get('qop')).toBe('auth-int');
      expect(params?.get('response')).toBe(
        digestResponse({
          algorithm: 'SHA-256',
          session: false,
          secret: passwordHash('SHA-256', 'alice', realm, 'wonderland'),
          nonce: 'n1',
          method: 'MESSAGE',
          uri: 'sip:bob@example.com',
          qop: 'auth-int',
          nonceCount: params?.get('nc'),
          cnonce: params?.get('cnonce'),
          body: Buffer.from(body),
        }),
      );
      return params?.get('response');
    });
    expect(responses[0]).not.toBe(responses[1]);
  });

  it('answers -sess with a key of nonce and cnonce, the same for the whole nonce', () => {
    const authentication = client();
    authentication.take(challenged({ algorithm: 'MD5-sess' }));
    const cnonces = [1, 2].map(() => {
      const request = newRequest();
      authentication.authorize(request);
      const params = credentialsIn(request)[0]?.params;
      expect(params?.get('algorithm')).toBe('MD5-sess');
      expect(params?.get('response')).toBe(
        digestResponse({
          algorithm: 'MD5',
          session: true,
          secret: passwordHash('MD5', 'alice', realm, 'wonderland'),
          nonce: 'n1',
          method: 'REGISTER',
          uri: 'sip:example.com',
          qop: 'auth',
          nonceCount: params?.get('nc'),
          cnonce: params?.get('cnonce'),
        }),
      );
      return params?.get('cnonce');
    });
    expect(cnonces[0]).toBe(cnonces[1]);
  });

  it('uses the nonce that Authentication-Info names next (RFC 7616 §3.5)', () => {
    const authentication = client();
    authentication.take(challenged());
    const first = newRequest();
    authentication.authorize(first);
    const info = `nextnonce="n2", qop=auth, nc=00000001, cnonce="${paramOf(first, 'cnonce') ?? ''}"`;
    expect(authentication.take(refusal(200, ['Authentication-Info', info]))).toBe(false);
    const second = newRequest();
    authentication.authorize(second);
    expect(paramOf(second, 'nonce')).toBe('n2');
    expect(paramOf(second, 'nc')).toBe('00000001');
    expect(authentication.take(challenged({ nonce: 'n3' }))).toBe(true);
  });

  it('remembers a bounded number of realms', () => {
    const authentication = client();
    const answered = Array.from({ length: 40 }, (_, index) => {
      const challenge = digestChallenge({ realm: `r${index}`, nonce: 'n', qop: 'auth' });
      authentication.authorize(newRequest());
      authentication.authorize(newRequest());
      return authentication.take(refusal(407, ['Proxy-Authenticate', challenge]));
    });
    expect(answered.filter(Boolean)).toHaveLength(16);
  });

  it('never throws, whatever a server challenges with, and writes what can be parsed', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(realm, 'auth', 'auth-int', 'MD5', 'SHA-256-sess', 'true', 'n1', 'a"b\\c'),
    );
    const name = fc.constantFrom('realm', 'nonce', 'opaque', 'qop', 'algorithm', 'stale');
    const challenge = fc.oneof(
      text,
      fc
        .array(fc.tuple(name, text))
        .map((pairs) => digestChallenge({ realm, nonce: 'n', ...Object.fromEntries(pairs) })),
    );
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        const authentication = client();
        const headers = challenges.map(
          (value) => ['WWW-Authenticate', value.replace(/[\r\n]/g, ' ')] as const,
        );
        authentication.take(refusal(401, ...headers));
        const request = newRequest();
        authentication.authorize(request);
        for (const { params } of credentialsIn(request)) {
          expect(params.get('username')).toBe('alice');
          expect(params.get('response')).toMatch(/^[0-9a-f]{32,64}$/);
        }
      }),
    );
  });
});
