import { answeredByApp, callee, caller } from './support/answered-by-app';
import { oneWorld } from './support/one-world';

const open = oneWorld();

const paths = (app: { readonly requests: readonly { readonly path: string }[] }): string[] =>
  app.requests.map(({ path }) => path);

/** A key may end the call before it is released. */
const pressed = (press: Promise<unknown>): Promise<unknown> => press.catch(() => undefined);

describe('a party of a conference', () => {
  const room = (more = ''): string =>
    `<Response><Dial><Conference beep="false" ${more}>town</Conference></Dial></Response>`;

  it('hears a document until the conference begins, which is asked for again and again, and never after that', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': room('startConferenceOnEnter="false" waitUrl="/wait"'),
      '/chair': room('waitUrl=""'),
      '/wait': '<Response><Say>Please hold.</Say><Redirect>/more</Redirect></Response>',
      '/more': '<Response><Say>Soon.</Say></Response>',
    });
    const alice = await caller(world);
    await world.run(10_000);
    expect(alice.loudFrames).toBeGreaterThan(50);
    const before = paths(app);
    expect(before.slice(0, 4)).toEqual(['/voice', '/wait', '/more', '/more']);
    const [live] = world.server.liveCalls();
    const chair = await caller(world);
    await world.run(200);
    const other = world.server.liveCalls().find(({ id }) => id !== live?.id);
    await world.server
      .call(other?.id ?? '')
      ?.redirect({ document: { url: 'https://app.example/chair' } });
    await world.run(200);
    const begun = paths(app).length;
    expect(world.server.conferences.get('town')).toMatchObject({ started: true });
    await world.run(20_000);
    expect(paths(app).length).toBe(begun);
    // Alone again, she hears it again.
    chair.hangUp();
    await world.run(5_000);
    expect(paths(app).slice(begun)).toContain('/wait');
    alice.hangUp();
  });

  it('coaches the one whom it names by CallSid', async () => {
    let agent = '';
    const { world } = await answeredByApp(open, {
      '/voice': ({ parameters }) => {
        if (agent === '') {
          agent = parameters['CallSid'] ?? '';
          return room('participantLabel="agent"');
        }
        return room(`coach="${agent}"`);
      },
    });
    const one = await caller(world);
    await world.run(1_000);
    const coach = await caller(world);
    await world.run(1_000);
    const town = world.server.conferences.get('town');
    expect(town?.participants).toMatchObject([{ label: 'agent' }, { coach: agent }]);
    const heard = one.loudFrames;
    coach.speak(2_000);
    await world.run(2_000);
    expect(one.loudFrames).toBeGreaterThan(heard + 50);
    one.hangUp();
    coach.hangUp();
  });
});

describe('a callee who hears a document first', () => {
  const dial =
    '<Response><Dial action="/after"><Sip url="/screen">sip:bob@10.1.9.9</Sip></Dial></Response>';
  const screen = `<Response>
      <Gather numDigits="1" action="/key" timeout="3"><Say>Press one to take the call.</Say></Gather>
      <Redirect>/nobody</Redirect>
    </Response>`;

  it.each([
    ['1', '<Response><Say>You are connected.</Say></Response>', 'completed', 'true'],
    ['2', '<Response><Hangup/></Response>', 'completed', 'false'],
  ])('presses %s, and so decides whether both talk', async (key, answer, status, bridged) => {
    const { world, app } = await answeredByApp(open, {
      '/voice': dial,
      '/screen': screen,
      '/key': answer,
      '/after': '<Response/>',
    });
    const bob = await callee(world, '10.1.9.9');
    const alice = await caller(world);
    await world.run(500);
    bob.call.answer();
    await world.run(2_500);
    await Promise.all([pressed(bob.call.press(key)), world.run(500)]);
    await world.run(5_000);
    if (bob.call.end === undefined) bob.call.hangUp();
    await world.run(1_000);
    const [first] = app.told('/voice');
    expect(app.told('/screen')[0]).toMatchObject({
      ...{ ParentCallSid: first?.['CallSid'], Direction: 'outbound-dial' },
      CallStatus: 'in-progress',
    });
    expect(app.told('/key')[0]).toMatchObject({ Digits: key });
    expect(app.told('/after')[0]).toMatchObject({
      ...{ DialCallStatus: status, DialBridged: bridged },
    });
    await world.run(2_000);
    expect(alice.end).toBeDefined();
  });

  it('is led on by a redirect, and declines by hanging up', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': dial,
      '/screen': screen,
      '/nobody': '<Response><Hangup/></Response>',
      '/after': '<Response/>',
    });
    const bob = await callee(world, '10.1.9.9');
    const alice = await caller(world);
    await world.run(500);
    bob.call.answer();
    await world.run(15_000);
    expect(paths(app)).toEqual(['/voice', '/screen', '/nobody', '/after']);
    expect(bob.call.end).toMatchObject({ by: 'remote' });
    expect(alice.end).toBeDefined();
  });
});

describe('a caller who hangs up', () => {
  it('in a dial has its action told, whose answer changes nothing', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice':
        '<Response><Dial action="/after"><Sip>sip:bob@10.1.9.9</Sip></Dial><Redirect>/never</Redirect></Response>',
      '/after': '<Response><Redirect>/never</Redirect></Response>',
    });
    const bob = await callee(world, '10.1.9.9');
    const alice = await caller(world);
    await world.run(500);
    bob.call.answer();
    await world.run(2_000);
    alice.hangUp();
    await world.run(5_000);
    expect(paths(app)).toEqual(['/voice', '/after']);
    expect(app.told('/after')[0]).toMatchObject({
      ...{ CallStatus: 'completed', DialCallStatus: 'completed' },
    });
  });

  it('in a queue has its action told, by how long he has waited', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': '<Response><Enqueue waitUrl="/wait" action="/after">help</Enqueue></Response>',
      '/wait': '<Response><Say>Please wait.</Say></Response>',
      '/after': '<Response/>',
    });
    const alice = await caller(world);
    await world.run(5_000);
    alice.hangUp();
    await world.run(2_000);
    expect(app.told('/wait')[0]).toMatchObject({ QueuePosition: '1', CurrentQueueSize: '1' });
    expect(app.told('/after')[0]).toMatchObject({ QueueResult: 'hangup', QueueTime: '5' });
  });

  it.each([
    ['while he is asked', '<Response><Gather action="/after"/></Response>'],
    ['while he hears something', '<Response><Say>Hello.</Say></Response>'],
  ])('%s leaves nothing to tell', async (_, document) => {
    const { world, app } = await answeredByApp(open, { '/voice': document });
    const alice = await caller(world);
    await world.run(500);
    alice.hangUp();
    await world.run(5_000);
    expect(paths(app)).toEqual(['/voice']);
  });

  it('has the action told by an app that takes its time, and no longer than it may', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': '<Response><Record action="/after"/></Response>',
    });
    const request = app.request.bind(app);
    let aborted = false;
    app.request = async (asked) => {
      const result = await request(asked);
      if (!asked.url.endsWith('/after')) return result;
      asked.signal?.addEventListener('abort', () => (aborted = true));
      await world.after(12_000);
      return result;
    };
    const alice = await caller(world);
    await world.run(1_000);
    alice.speak(1_000);
    await world.run(2_000);
    alice.hangUp();
    await world.run(11_000);
    expect(world.server.open).toMatchObject({ flows: 1 });
    await world.run(2_000);
    expect(world.server.open).toMatchObject({ flows: 0 });
    expect(aborted).toBe(false);
    expect(world.record(alice.callId)).toMatchObject({ errors: [] });
  });
});

describe('a queue of callers and agents who are led by an app', () => {
  it('brings both together, and tells both how it went', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': ({ parameters }) =>
        parameters['To']?.includes('agent') === true
          ? '<Response><Dial action="/agent"><Queue url="/whisper">help</Queue></Dial></Response>'
          : '<Response><Enqueue waitUrl="/wait" action="/caller">help</Enqueue></Response>',
      '/wait': '<Response><Say>Please wait.</Say></Response>',
      '/whisper': '<Response><Say>You are next.</Say></Response>',
      '/agent': '<Response/>',
      '/caller': '<Response/>',
    });
    const alice = await caller(world);
    await world.run(3_000);
    const agent = await caller(world, 'agent');
    await world.run(8_000);
    const asked = paths(app).length;
    agent.hangUp();
    await world.run(5_000);
    expect(paths(app).slice(asked).sort()).toEqual(['/agent', '/caller']);
    const [first] = app.told('/voice');
    expect(app.told('/agent')[0]).toMatchObject({
      ...{ DequeueResult: 'bridged', DequeuedCallSid: first?.['CallSid'] },
    });
    expect(app.told('/caller')[0]).toMatchObject({ QueueResult: 'bridged' });
    expect(paths(app)).toContain('/whisper');
    expect(alice.end).toBeDefined();
  });

  it('lets go of who leaves it by his document', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': '<Response><Enqueue waitUrl="/wait" action="/left">help</Enqueue></Response>',
      '/wait': `<Response><Gather numDigits="1" action="/key" timeout="5"/></Response>`,
      '/key': '<Response><Leave/></Response>',
      '/left': '<Response><Hangup/></Response>',
    });
    const alice = await caller(world);
    await world.run(1_000);
    await Promise.all([pressed(alice.press('1')), world.run(1_000)]);
    await world.run(3_000);
    expect(app.told('/left')[0]).toMatchObject({ QueueResult: 'leave' });
    expect(alice.end).toBeDefined();
  });
});

describe('a document', () => {
  it('that a redirect from outside overtakes while it is being fetched is heard by nobody', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': '<Response><Say>Hello.</Say><Redirect>/slow</Redirect></Response>',
      '/slow': '<Response><Redirect>/never</Redirect></Response>',
      '/other': '<Response><Say>Good bye.</Say></Response>',
    });
    const request = app.request.bind(app);
    let aborted = false;
    app.request = async (asked) => {
      const result = await request(asked);
      if (!asked.url.endsWith('/slow')) return result;
      asked.signal?.addEventListener('abort', () => (aborted = true));
      await world.after(5_000);
      return result;
    };
    const alice = await caller(world);
    await world.run(4_000);
    expect(paths(app)).toEqual(['/voice', '/slow']);
    const [live] = world.server.liveCalls();
    await world.server
      .call(live?.id ?? '')
      ?.redirect({ document: { url: 'https://app.example/other' } });
    await world.run(10_000);
    expect(paths(app)).toEqual(['/voice', '/slow', '/other']);
    expect(aborted).toBe(true);
    expect(alice.end).toMatchObject({ cause: 'bye' });
  });

  it('of one app that does not answer delays none of another', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': ({ parameters }) =>
        parameters['To']?.includes('slow') === true
          ? '<Response><Redirect>https://dead.example/x</Redirect></Response>'
          : '<Response><Redirect>https://good.example/x</Redirect></Response>',
      '/x': '<Response><Hangup/></Response>',
    });
    const request = app.request.bind(app);
    app.request = async (asked) => {
      if (asked.url.includes('dead.example')) await world.after(15_000);
      return request(asked);
    };
    const slow = await caller(world, 'slow');
    const good = await caller(world, 'good');
    await world.run(1_000);
    expect([good.end !== undefined, slow.end !== undefined]).toEqual([true, false]);
    slow.hangUp();
  });

  it('from a URL that no server takes fails', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': `<Response><Redirect>/${'x'.repeat(9_000)}</Redirect></Response>`,
    });
    const alice = await caller(world);
    await world.run(20_000);
    expect(paths(app)).toEqual(['/voice']);
    expect(world.record(alice.callId).errors).toMatchObject([
      { message: expect.stringContaining('more than 8000 characters') as unknown },
    ]);
  });
});
