import { SeededRandom } from '../../../runtime/core/random';
import type { VirtualClock } from '../../../runtime/core/virtual-clock';
import { DigestAuthenticator } from '../../../runtime/sip/auth/authenticator';
import { hashSecret } from '../../../runtime/sip/auth/digest';
import type { DigestAlgorithm } from '../../../runtime/sip/auth/port';
import { createResponse } from '../../../runtime/sip/message/create';
import type { RequestGate } from '../../../runtime/sip/ua/port';
import { Registration } from '../../../runtime/sip/ua/registration';
import { AgentPair, RecordingHandler } from '../../support/sip-pair';

const realm = 'example.com';
const target = { to: 'sip:menu@192.0.2.1', from: 'sip:alice@example.com', sdp: 'v=offer' };
const right = [{ username: 'alice', password: 'wonderland' }];

/** Two user agents; the callee challenges every request but ACK and CANCEL, and grants every REGISTER. */
function challengingPair(algorithms: readonly DigestAlgorithm[]): {
  pair: AgentPair;
  refused: () => number;
} {
  let refused = 0;
  const gate = (clock: VirtualClock): RequestGate => {
    const secret = hashSecret('alice', realm, 'wonderland');
    const authenticator = new DigestAuthenticator({
      clock,
      random: new SeededRandom(5),
      realm,
      secrets: { find: (username) => (username === 'alice' ? secret : undefined) },
      algorithms: [...algorithms],
    });
    return {
      onRequest: (transaction) => {
        const { request } = transaction;
        if (request.method === 'CANCEL') return false;
        const verdict = authenticator.verify(request, 'proxy');
        if (verdict.type === 'accepted') {
          if (request.method !== 'REGISTER') return false;
          const headers = [['Contact', request.headers.get('Contact') ?? '']] as const;
          transaction.respond(createResponse(request, 200, { toTag: 'registrar', headers }));
          return true;
        }
        if (verdict.type === 'refused') refused += 1;
        const headers = authenticator.challenge('proxy', verdict.type === 'stale');
        transaction.respond(createResponse(request, 407, { toTag: 'gate', headers }));
        return true;
      },
      onAck: () => false,
    };
  };
  const pair = new AgentPair({}, (clock) => ({ gate: gate(clock) }));
  return { pair, refused: () => refused };
}

describe('a user agent behind one that wants digests (RFC 7616, RFC 8760)', () => {
  it.each<readonly [string, readonly DigestAlgorithm[]]>([
    ['MD5', ['MD5']],
    ['SHA-256', ['SHA-256']],
    ['SHA-512-256', ['SHA-512-256']],
    ['the strongest of several', ['SHA-512-256', 'SHA-256', 'MD5']],
  ])('makes a call with %s, changes it and ends it, challenged once', async (_, algorithms) => {
    const { pair, refused } = challengingPair(algorithms);
    const callee = new RecordingHandler();
    const caller = new RecordingHandler();
    pair.onInvite = (session) => {
      session.handler = callee;
      session.accept('v=answer');
    };
    const session = pair.caller.invite({ ...target, credentials: right, handler: caller });
    await pair.clock.run(1_000);
    expect(session.state).toBe('confirmed');
    const changed = session.reoffer('v=hold');
    const told = session.info('text/plain', 'x');
    await pair.clock.run(1_000);
    expect(await changed).toMatchObject({ response: { status: 200 } });
    expect(await told).toMatchObject({ response: { status: 200 } });
    session.end();
    await pair.clock.run(1_000);
    expect(callee.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(pair.ladder.filter((line) => line.includes('407'))).toEqual(['< 407 INVITE']);
    expect(refused()).toBe(0);
    await pair.expectNothingLeft();
  });

  it('gets no further with a wrong password, and tries it once', async () => {
    const { pair, refused } = challengingPair(['SHA-256', 'MD5']);
    const handler = new RecordingHandler();
    const credentials = [{ username: 'alice', password: 'wrong' }];
    pair.caller.invite({ ...target, credentials, handler });
    await pair.clock.run(1_000);
    expect(handler.end).toMatchObject({ cause: 'rejected', status: 407 });
    expect(refused()).toBe(1);
    expect(pair.sessions).toEqual([]);
    await pair.expectNothingLeft();
  });

  it('stays registered for a day, though nonces age', async () => {
    const { pair, refused } = challengingPair(['SHA-256']);
    const registration = new Registration(pair.caller.elements, {
      aor: 'sip:alice@example.com',
      registrar: 'sip:192.0.2.1',
      credentials: right,
    });
    registration.start();
    const { clock } = pair;
    await clock.run(1_000);
    for (let hour = 0; hour < 24; hour += 1) {
      const { state } = registration;
      expect(state.type === 'registered' && state.until > clock.now()).toBe(true);
      await clock.run(3_600_000);
    }
    expect(refused()).toBe(0);
    const closed = registration.close();
    await clock.run(4_000);
    await closed;
    await pair.expectNothingLeft();
  });
});
