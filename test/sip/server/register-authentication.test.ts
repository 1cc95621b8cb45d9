import { SeededRandom } from '../../../runtime/core/random';
import { DigestAuthenticator } from '../../../runtime/sip/auth/authenticator';
import { createClientAuthentication } from '../../../runtime/sip/auth/client-authentication';
import { hashSecret } from '../../../runtime/sip/auth/digest';
import type { ClientAuthentication } from '../../../runtime/sip/auth/port';
import type { SipRequest, SipResponse } from '../../../runtime/sip/message/message';
import { RegistrarBench, registerRequest, type RegisterOptions } from './support/registrar-bench';

const realm = 'example.com';
const contact = 'Contact: <sip:alice@192.0.2.9:5062>';
const passwords = new Map([
  ['alice', 'wonderland'],
  ['bob', 'builder'],
]);

let bench: RegistrarBench;

beforeEach(() => {
  bench = new RegistrarBench();
  const authenticator = new DigestAuthenticator({
    clock: bench.clock,
    random: new SeededRandom(3),
    realm,
    nonceLifetime: 300_000,
    secrets: {
      find: (username) => {
        const password = passwords.get(username);
        return password === undefined ? undefined : hashSecret(username, realm, password);
      },
    },
  });
  bench.setOptions({ authenticator });
});

afterEach(() => {
  bench.close();
  expect(bench.clock.pending).toBe(0);
});

function send(request: SipRequest): SipResponse {
  const { response } = bench.handle(request);
  if (response === undefined) throw new Error('not answered');
  return response;
}

function clientOf(username: string, password: string): ClientAuthentication {
  return createClientAuthentication([{ username, password }], new SeededRandom(5));
}

/** A REGISTER with credentials, after the challenge that it gets without. */
function authorized(client: ClientAuthentication, options: RegisterOptions = {}): SipRequest {
  const lines = options.lines ?? [contact];
  client.take(send(registerRequest({ ...options, lines })));
  const request = registerRequest({ ...options, lines, cseq: 2 });
  client.authorize(request);
  return request;
}

describe('authentication of a REGISTER (RFC 3261 §10.3 step 3, §22)', () => {
  it('challenges who shows nothing, which is no failure, and keeps nothing', () => {
    const response = send(registerRequest({ lines: [contact] }));
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toContain('realm="example.com"');
    expect(bench.failures).toEqual([]);
    expect(bench.location.size).toBe(0);
  });

  it('takes the user with the right password', () => {
    expect(send(authorized(clientOf('alice', 'wonderland'))).status).toBe(200);
    expect(bench.contactsOf()).toEqual(['sip:alice@192.0.2.9:5062']);
  });

  it('takes a user for an alias of hers, under her own address', () => {
    const request = authorized(clientOf('alice', 'wonderland'), { to: 'sip:100@example.com' });
    expect(send(request).status).toBe(200);
    expect(bench.contactsOf()).toHaveLength(1);
  });

  it('answers a wrong password and an unknown user alike, and reports both', () => {
    const wrong = send(authorized(clientOf('alice', 'looking-glass')));
    const unknown = send(authorized(clientOf('eve', 'apple')));
    for (const response of [wrong, unknown]) {
      expect(response.status).toBe(401);
      expect(response.headers.get('WWW-Authenticate')).not.toContain('stale=true');
    }
    const namesOf = (response: SipResponse): string[] =>
      Array.from(response.headers.entries(), ([name]) => name);
    expect(namesOf(wrong)).toEqual(namesOf(unknown));
    expect(bench.failures.map(({ kind, username }) => [kind, username])).toEqual([
      ['credentials', 'alice'],
      ['credentials', 'eve'],
    ]);
    expect(bench.location.size).toBe(0);
  });

  it.each(['sip:bob@example.com', 'sip:eve@example.com'])(
    'forbids to register %s with the password of alice (step 4), and reports it',
    (to) => {
      const response = send(authorized(clientOf('alice', 'wonderland'), { to }));
      expect(response.status).toBe(403);
      expect(bench.failures).toMatchObject([{ kind: 'forbidden', status: 403, username: 'alice' }]);
      expect(bench.location.size).toBe(0);
    },
  );

  it('forbids to ask for the contacts of somebody else', () => {
    bench.setOptions({});
    bench.register({ to: 'sip:bob@example.com', lines: [contact] });
    const authenticator = { realm, verify: () => accepted, challenge: () => [] };
    const accepted = { type: 'accepted', username: 'alice' } as const;
    bench.setOptions({ authenticator });
    const response = bench.register({ to: 'sip:bob@example.com' });
    expect(response.status).toBe(403);
    expect(response.headers.has('Contact')).toBe(false);
  });

  it('refuses credentials that were used before: a replay', () => {
    const request = authorized(clientOf('alice', 'wonderland'));
    expect(send(request).status).toBe(200);
    expect(send(request).status).toBe(401);
    expect(bench.failures).toMatchObject([{ kind: 'credentials', username: 'alice' }]);
  });

  it('says stale of a nonce that has become too old, and takes the answer to the new one', () => {
    const client = clientOf('alice', 'wonderland');
    const request = authorized(client);
    bench.clock.advance(300_001);
    const response = send(request);
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toContain('stale=true');
    expect(bench.failures).toEqual([]);
    expect(client.take(response)).toBe(true);
    const again = registerRequest({ cseq: 3, lines: [contact] });
    client.authorize(again);
    expect(send(again).status).toBe(200);
  });

  it('does not take a nonce that is not ours', () => {
    const request = authorized(clientOf('alice', 'wonderland'));
    const value = request.headers.get('Authorization') ?? '';
    request.headers.set('Authorization', value.replace(/nonce="[^"]*"/, 'nonce="made-up"'));
    expect(send(request).status).toBe(401);
    expect(bench.failures).toHaveLength(1);
    expect(bench.location.size).toBe(0);
  });

  it('answers 400 to credentials that cannot be read, and reports them', () => {
    const line = `Authorization: Digest realm="${realm}", username="alice"`;
    expect(send(registerRequest({ lines: [contact, line] })).status).toBe(400);
    expect(bench.failures).toMatchObject([{ kind: 'malformed', status: 400 }]);
  });

  it('looks at the domain and at required extensions before it (steps 1 and 2)', () => {
    expect(send(registerRequest({ uri: 'sip:example.net' })).status).toBe(404);
    expect(send(registerRequest({ lines: ['Require: gruu'] })).status).toBe(420);
  });
});
