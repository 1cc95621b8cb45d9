import { ScenePhone } from '../call/scene-phone';
import { WebApp } from '../support/web-app';
import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';
import { SpeakingPrompts } from './support/prompts';
import { World } from './support/world';
import type { CallHandle } from '../../runtime/service/live-control';

const open = oneWorld();

async function inReception(): Promise<{
  world: World;
  app: WebApp;
  alice: SimulatedPhone;
  call: CallHandle;
}> {
  const app = new WebApp(() => '<Response><Say>Elsewhere.</Say><Pause length="60"/></Response>');
  const world = await open({
    config: { flows: { directory: 'flows', default: 'reception' } },
    parts: { web: app, prompts: new SpeakingPrompts() },
  });
  const alice = await SimulatedPhone.open(world, { flow: 'reception' });
  alice.hear();
  alice.dial();
  await world.run(2_000);
  const [status] = world.server.liveCalls();
  const call = world.server.call(status?.id ?? '');
  if (call === undefined) throw new Error('there is no call');
  return { world, app, alice, call };
}

describe('a live call, from outside of its flow', () => {
  it('is given to a web app, and back to a flow; the record has all of them', async () => {
    const { world, app, alice, call } = await inReception();
    await call.redirect({ document: { url: 'https://app.example/elsewhere' } });
    await world.run(3_000);
    expect(app.told('/elsewhere')).toEqual([
      expect.objectContaining({ CallStatus: 'in-progress' }),
    ]);
    await call.redirect({ flow: 'echo' });
    await world.run(5_000);
    expect(call.status).toMatchObject({ flow: 'echo', state: 'answered' });
    call.hangup('enough');
    await world.run(1_000);
    expect(alice.end).toMatchObject({ by: 'remote' });
    expect(world.record(alice.callId)).toMatchObject({
      flow: { name: 'reception' },
      laterFlows: [{ name: 'document' }, { name: 'echo' }],
      end: { by: 'flow', cause: 'bye', reason: 'enough' },
    });
    await expect(call.redirect({ flow: 'echo' })).rejects.toMatchObject({
      code: 'CALLCHART_CALL_ENDED',
    });
  });

  it('stays where it is when there is no such flow, or no such URL', async () => {
    const { world, alice, call } = await inReception();
    await expect(call.redirect({ flow: 'recption' })).rejects.toThrow(
      'there is no flow "recption": did you mean "reception"?',
    );
    await expect(call.redirect({ document: { url: 'ftp://app.example/' } })).rejects.toMatchObject({
      code: 'CALLCHART_BAD_URL',
    });
    expect(call.status).toMatchObject({ flow: 'reception' });
    alice.hangUp();
    await world.run(2_000);
  });

  it('is given to a document that is there already', async () => {
    const { world, app, alice, call } = await inReception();
    await call.redirect({
      content: '<Response><Say>Good bye.</Say></Response>',
      contentType: 'application/xml',
    });
    await world.run(10_000);
    expect(app.requests).toEqual([]);
    expect(alice.end).toMatchObject({ by: 'remote', cause: 'bye' });
  });

  it('is sent events, which its machine takes or has no use for', async () => {
    const { world, alice, call } = await inReception();
    expect(call.send({ type: 'no.such.event' })).toBe(false);
    alice.hangUp();
    await world.run(2_000);
    expect(call.send({ type: 'call.held' })).toBe(false);
  });

  it('is played to, held, muted, recorded and sent keys', async () => {
    const { world, alice, call } = await inReception();
    await Promise.all([call.play({ say: 'One moment.' }), world.run(500)]);
    call.stopPlaying();
    await Promise.all([call.hold(true), world.run(500)]);
    expect(call.held).toBe(true);
    await Promise.all([call.hold(false), world.run(500)]);
    expect(call.held).toBe(false);
    call.mute(true);
    expect(call.muted).toBe(true);
    const recording = await call.startRecording({ channels: 'mixed' });
    await Promise.all([call.sendDigits('12'), world.run(1_000)]);
    expect(call.recordings).toHaveLength(1);
    await Promise.all([recording.stop(), world.run(100)]);
    expect(recording.state).toBe('completed');
    expect(call.recordings).toEqual([]);
    alice.hangUp();
    await world.run(2_000);
    expect(world.record(alice.callId).recordings).toHaveLength(1);
  });
});

describe('a call that is placed for a web app', () => {
  it('asks the app once somebody has answered, and may be given elsewhere before', async () => {
    const app = new WebApp(() => '<Response><Say>Hello.</Say></Response>');
    const world = await World.open({
      config: { outbound: { hosts: ['10.1.9.9'] } },
      parts: { web: app, prompts: new SpeakingPrompts() },
    });
    const { clock, network, phoneMedia: engine } = world;
    const bob = await ScenePhone.open({
      clock,
      network,
      engine,
      host: '10.1.9.9',
      voice: 'callee',
    });
    world.onClose(() => bob.close());
    const placed = world.server.place({
      to: 'sip:bob@10.1.9.9',
      target: { document: { url: 'https://app.example/first' } },
    });
    if ('refused' in placed) throw new Error('it was refused');
    await world.run(1_000);
    expect(app.requests).toEqual([]);
    await world.server
      .call(placed.id)
      ?.redirect({ document: { url: 'https://app.example/second', method: 'GET' } });
    bob.call.answer();
    await world.run(10_000);
    expect(app.requests).toMatchObject([
      { path: '/second', parameters: { Direction: 'outbound-api', CallStatus: 'in-progress' } },
    ]);
    await expect(placed.done).resolves.toMatchObject({ type: 'answered', endedBy: 'flow' });
    expect(world.server.call(placed.id)).toBeUndefined();
    expect(world.server.open).toMatchObject({ calls: 0, flows: 0, sessions: 0, mediaSessions: 0 });
    // What it would find are the messages, of which it knows those of calls that come alone.
    await world.finish();
  });
});
