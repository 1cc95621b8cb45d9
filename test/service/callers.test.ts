import { SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { type CallerSources, identifyCaller } from '../../runtime/service/callers';
import { DigestAuthenticator } from '../../runtime/sip/auth/authenticator';
import { createClientAuthentication } from '../../runtime/sip/auth/client-authentication';
import { hashSecret } from '../../runtime/sip/auth/digest';
import type { ChallengeKind } from '../../runtime/sip/auth/port';
import { createResponse } from '../../runtime/sip/message/create';
import type { SipRequest } from '../../runtime/sip/message/message';
import { channelFrom, requestOf } from './support/requests';

const realm = 'example.com';
const passwords: Readonly<Record<string, string>> = { alice: 'wonderland', office: 'of the trunk' };

function setup() {
  const clock = new VirtualClock();
  const authenticator = new DigestAuthenticator({
    clock,
    random: new SeededRandom(1),
    realm,
    secrets: {
      find: (username) => {
        const password = passwords[username];
        return password === undefined ? undefined : hashSecret(username, realm, password);
      },
    },
  });
  const sources: CallerSources = {
    trunks: {
      identify: (_request, { remote, peerNames }) =>
        remote.host === '203.0.113.7' || peerNames?.includes('carrier.example') === true
          ? 'carrier'
          : undefined,
      byInboundUser: (username) => (username === 'office' ? 'the office' : undefined),
      inboundNumber: (_trunk, number) => number,
    },
    authenticator,
    aorOfUser: (username) => (username === 'alice' ? `sip:alice@${realm}` : undefined),
  };

  /** The request again, with what answers a challenge of ours. */
  function proven(username: string, password: string, kind: ChallengeKind = 'proxy'): SipRequest {
    const request = requestOf();
    const status = kind === 'proxy' ? 407 : 401;
    const challenge = createResponse(request, status, { headers: authenticator.challenge(kind) });
    const client = createClientAuthentication([{ username, password }], new SeededRandom(2));
    expect(client.take(challenge)).toBe(true);
    const again = requestOf();
    client.authorize(again);
    return again;
  }

  return { clock, sources, proven };
}

const anywhere = channelFrom('198.51.100.1');

test('a trunk is known by its address or its certificate, before anything that it says', () => {
  const { sources, proven } = setup();
  const caller = { type: 'caller', caller: { type: 'trunk', name: 'carrier' } };
  for (const channel of [
    channelFrom('203.0.113.7'),
    channelFrom('198.51.100.1', ['carrier.example']),
  ]) {
    expect(identifyCaller(requestOf(), channel, sources)).toEqual(caller);
    expect(identifyCaller(proven('alice', 'wrong'), channel, sources)).toEqual(caller);
  }
});

test.each(['proxy', 'www'] as const)('a user is known by his password (%s)', (kind) => {
  const { sources, proven } = setup();
  expect(identifyCaller(proven('alice', 'wonderland', kind), anywhere, sources)).toEqual({
    type: 'caller',
    caller: { type: 'user', username: 'alice', aor: 'sip:alice@example.com' },
  });
});

test('a trunk that logs in is a trunk, and no user', () => {
  const { sources, proven } = setup();
  expect(identifyCaller(proven('office', 'of the trunk'), anywhere, sources)).toEqual({
    type: 'caller',
    caller: { type: 'trunk', name: 'the office' },
  });
});

test('a user who was removed since, or is no user of ours, is unknown', () => {
  const { sources, proven } = setup();
  const gone = { ...sources, aorOfUser: () => undefined };
  expect(identifyCaller(proven('alice', 'wonderland'), anywhere, gone)).toEqual({
    type: 'caller',
    caller: { type: 'unknown' },
  });
});

test.each([
  ['a wrong password', 'alice', 'guess'],
  ["another user's password", 'alice', 'of the trunk'],
  ['an unknown user', 'mallory', 'wonderland'],
])('%s is refused, and asked for again', (_what, username, password) => {
  const { sources, proven } = setup();
  for (const kind of ['proxy', 'www'] as const) {
    const identified = identifyCaller(proven(username, password, kind), anywhere, sources);
    expect(identified).toMatchObject({ type: 'refused', kind });
  }
});

test('the same credentials a second time are refused; late ones are stale', () => {
  const { clock, sources, proven } = setup();
  const request = proven('alice', 'wonderland');
  expect(identifyCaller(request, anywhere, sources).type).toBe('caller');
  expect(identifyCaller(request, anywhere, sources)).toMatchObject({ type: 'refused' });
  const late = proven('alice', 'wonderland');
  clock.advance(300_001);
  expect(identifyCaller(late, anywhere, sources)).toEqual({ type: 'stale', kind: 'proxy' });
});

test('nothing that a request says of itself counts, nor credentials for somebody else', () => {
  const { sources } = setup();
  const caller = { type: 'caller', caller: { type: 'unknown' } };
  const elsewhere =
    'Digest username="alice", realm="example.org", nonce="n", uri="u", response="r"';
  for (const headers of [
    [['P-Asserted-Identity', '<sip:alice@example.com>']],
    [['Remote-Party-ID', '<sip:alice@example.com>']],
    [['Proxy-Authorization', elsewhere]],
    [['Authorization', elsewhere]],
    [['Authorization', 'Basic YWxpY2U6d29uZGVybGFuZA==']],
  ] as const) {
    const identified = identifyCaller(requestOf({ headers }), anywhere, sources);
    expect([headers[0][0], identified]).toEqual([headers[0][0], caller]);
  }
});

test('credentials that cannot be read are malformed', () => {
  const { sources } = setup();
  for (const value of [
    'Digest',
    `Digest realm="${realm}"`,
    `Digest username="alice", realm="${realm}", nonce="n`,
  ]) {
    const request = requestOf({ headers: [['Proxy-Authorization', value]] });
    expect([value, identifyCaller(request, anywhere, sources).type]).toEqual([value, 'malformed']);
  }
});
