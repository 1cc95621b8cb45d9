import { callInfo } from '../../runtime/call/info';
import { FakeIncomingSession } from '../support/fake-session';

function info(requestUri: string, headers: readonly (readonly [string, string])[]) {
  return callInfo(new FakeIncomingSession({ requestUri, headers }), 'own-id', 42);
}

describe('what a flow knows of its call', () => {
  it('is taken from the INVITE', () => {
    const call = info('sip:+4420%2012@pbx.example;user=phone', [
      ['f', '"Bob \\"B\\" Builder" <sip:bob@example.com:5070>;tag=1'],
      ['t', 'Reception <sips:reception@pbx.example>'],
      ['X-Queue', 'sales'],
      ['x-queue', 'night'],
    ]);
    expect(call).toMatchObject({
      id: 'own-id',
      callId: 'call-1@192.0.2.10',
      from: { uri: 'sip:bob@example.com:5070', user: 'bob', displayName: 'Bob "B" Builder' },
      to: { uri: 'sips:reception@pbx.example', user: 'reception', displayName: 'Reception' },
      dialled: '+4420 12',
      remoteAddress: '192.0.2.10:5062',
      started: 42,
    });
    expect(call.headers).toMatchObject({
      'x-queue': 'sales, night',
      from: expect.any(String) as unknown,
    });
  });

  it('takes the number of a tel URI', () => {
    const call = info('tel:+1-201-555-0123', [
      ['From', '<tel:7042;phone-context=example.com>;tag=1'],
      ['To', '<tel:+1-201-555-0123>'],
    ]);
    expect(call.dialled).toBe('+1-201-555-0123');
    expect(call.from.user).toBe('7042');
  });

  it.each([
    ['http://example.com/', '<ftp://x>;tag=1'],
    ['sip:', '<sip:>;tag=1'],
    ['sip:@@@', 'sip:%zz@;;;'],
    ['urn:service:sos', '"unclosed <sip:a@b>'],
    ['sip:pbx.example', 'Anonymous <sip:anonymous.invalid>;tag=1'],
  ])('is empty where %s and %s say nothing, and never throws', (requestUri, from) => {
    const call = info(requestUri, [['From', from]]);
    expect(call.dialled).toBe('');
    expect(call.from.user).toBe('');
    // There is no To at all.
    expect(call.to).toEqual({ uri: '', user: '', displayName: '' });
  });

  it('is serialisable, without credentials and without harm to prototypes', () => {
    const call = info('sip:a@b', [
      ['From', '<sip:c@d>;tag=1'],
      ['Proxy-Authorization', 'Digest username="c", response="secret"'],
      ['Authorization', 'Digest username="c", response="secret"'],
      ['__proto__', 'evil'],
    ]);
    const copy = JSON.parse(JSON.stringify(call)) as { headers: object };
    expect(copy.headers).toEqual({ from: '<sip:c@d>;tag=1' });
    expect(structuredClone({ ...call }).headers).toEqual(copy.headers);
  });
});

describe('a call of a trunk', () => {
  test('has its numbers in our own form, and what the trunk says of the caller', () => {
    const session = new FakeIncomingSession({ requestUri: 'sip:030123@server.example' });
    const info = callInfo(session, 'id', 0, {
      trunk: 'carrier',
      rewriteNumber: (number) => number.replace(/^0/, '+49'),
      identity: {
        asserted: { uri: 'tel:+4989', displayName: 'Bob' },
        anonymous: true,
        divertedFrom: ['sip:1@carrier.example'],
      },
    });
    expect(info).toMatchObject({
      direction: 'inbound',
      trunk: 'carrier',
      dialled: '+4930123',
      asserted: { uri: 'tel:+4989', displayName: 'Bob' },
      anonymous: true,
      divertedFrom: ['sip:1@carrier.example'],
    });
  });

  test('says nothing of it where nobody is trusted to', () => {
    const info = callInfo(new FakeIncomingSession(), 'id', 0);
    expect(info).not.toHaveProperty('asserted');
    expect(info).not.toHaveProperty('anonymous');
    expect(info).not.toHaveProperty('trunk');
  });
});
