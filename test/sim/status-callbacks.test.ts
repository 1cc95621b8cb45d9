import { answeredByApp, callee, caller } from './support/answered-by-app';
import { oneWorld } from './support/one-world';

const open = oneWorld();
const every = 'statusCallback="/status" statusCallbackEvent="initiated ringing answered completed"';

describe('a party that a document dials', () => {
  it('is told of as it is initiated, rings, answers and is over', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': `<Response><Dial action="/after"><Sip ${every}>sip:bob@10.1.9.9</Sip></Dial></Response>`,
      '/after': '<Response><Hangup/></Response>',
      '/status': { status: 204 },
    });
    const bob = await callee(world, '10.1.9.9');
    const alice = await caller(world);
    await world.run(1_000);
    bob.call.answer();
    await world.run(3_000);
    bob.call.hangUp();
    await world.run(5_000);
    expect(alice.end).toBeDefined();
    const [first] = app.told('/voice');
    const told = app.told('/status');
    expect(told.map(({ CallStatus, SequenceNumber }) => [CallStatus, SequenceNumber])).toEqual([
      ['initiated', '0'],
      ['ringing', '1'],
      ['in-progress', '2'],
      ['completed', '3'],
    ]);
    const [after] = app.told('/after');
    for (const each of told) {
      expect(each).toMatchObject({
        ...{ ParentCallSid: first?.['CallSid'], CallSid: after?.['DialCallSid'] },
        ...{ Direction: 'outbound-dial', To: 'sip:bob@10.1.9.9' },
      });
    }
    expect(told[3]).toMatchObject({ CallDuration: '3', SipResponseCode: '200' });
    expect(app.requests.map(({ path }) => path).slice(-2)).toEqual(['/status', '/after']);
  });
});
