import type { CallchartConfig } from '../../runtime/core/config';
import { WebApp, type AppAnswer, type AppRequest } from '../support/web-app';
import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';
import { SpeakingPrompts } from './support/prompts';
import type { World } from './support/world';

const open = oneWorld();

interface Scene {
  readonly world: World;
  readonly app: WebApp;
  readonly alice: SimulatedPhone;
}

type Pages = Readonly<Record<string, AppAnswer | ((request: AppRequest) => AppAnswer)>>;

/** A call that `https://app.example/voice` answers. */
async function calling(
  pages: Pages,
  config: CallchartConfig = {},
  webhook: object = {},
): Promise<Scene> {
  const app = new WebApp((request) => {
    const page = pages[request.path];
    if (page === undefined) return { status: 404 };
    return typeof page === 'function' ? page(request) : page;
  });
  const world = await open({
    config: {
      routes: [{ webhook: { url: 'https://app.example/voice', ...webhook } }],
      ...config,
    },
    parts: { web: app, prompts: new SpeakingPrompts() },
    expectedErrors: ['CALLCHART_DOCUMENT_FAILED'],
  });
  const alice = await SimulatedPhone.open(world, { flow: '4711' });
  alice.hear();
  alice.dial();
  return { world, app, alice };
}

const said = (world: World, alice: SimulatedPhone): string[] =>
  world.record(alice.callId).path.map(({ state }) => state);

describe('a call that a web app answers', () => {
  it('is asked for with the parameters of Twilio, gathers a digit, and goes where it leads', async () => {
    const { world, app, alice } = await calling({
      '/voice': `<Response>
        <Gather numDigits="1" action="/menu"><Say>Press one.</Say></Gather>
        <Say>We got nothing.</Say>
      </Response>`,
      '/menu': '<Response><Say>Thank you.</Say><Hangup/></Response>',
    });
    await world.run(2_000);
    await Promise.all([alice.press('1'), world.run(1_000)]);
    await world.run(20_000);
    expect(app.told('/voice')).toEqual([
      expect.objectContaining({
        ...{ AccountSid: `AC${'0'.repeat(32)}`, ApiVersion: '2010-04-01', Direction: 'inbound' },
        ...{ CallStatus: 'ringing', To: '4711' },
        CallSid: expect.stringMatching(/^CA[0-9a-f]{32}$/) as unknown,
      }),
    ]);
    expect(app.told('/menu')).toEqual([
      expect.objectContaining({ CallStatus: 'in-progress', Digits: '1' }),
    ]);
    expect(alice.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(said(world, alice)).toContain('gather');
  });

  it('goes on behind a gather that nobody has answered', async () => {
    const { world, app, alice } = await calling({
      '/voice':
        '<Response><Gather numDigits="1" timeout="2" action="/menu"/><Redirect>/again</Redirect></Response>',
      '/again': '<Response><Reject/></Response>',
    });
    await world.run(20_000);
    expect(app.requests.map(({ path }) => path)).toEqual(['/voice', '/again']);
    expect(alice.end).toBeDefined();
  });

  it('is told each parameter once when it is asked by GET again, by an empty URL', async () => {
    const { world, app, alice } = await calling(
      {
        '/voice': ({ url }) =>
          url.includes('Digits')
            ? '<Response><Pause length="1"/><Redirect method="GET"/></Response>'
            : '<Response><Gather numDigits="1" timeout="1" method="GET" actionOnEmptyResult="true"/></Response>',
      },
      {},
      { url: 'https://app.example/voice?shop=1', method: 'GET' },
    );
    await world.run(9_000);
    const queries = app.requests.map(({ url }) => new URL(url).searchParams);
    expect(queries.map((query) => query.getAll('Digits')).slice(0, 3)).toEqual([[], [''], []]);
    for (const query of queries) {
      expect(query.getAll('shop')).toEqual(['1']);
      expect(query.getAll('CallStatus')).toHaveLength(1);
    }
    alice.hangUp();
    await world.run(2_000);
  });

  it('does the same by a document in JSON, which is asked for with JSON', async () => {
    const { world, app, alice } = await calling(
      {
        '/voice': [
          { verb: 'gather', prompt: { say: 'Press one.' }, maxDigits: 1, action: '/menu' },
          { verb: 'hangup' },
        ],
        '/menu': [{ verb: 'play', prompt: { say: 'Thank you.' } }],
      },
      {},
      { format: 'json' },
    );
    await world.run(2_000);
    await Promise.all([alice.press('1'), world.run(1_000)]);
    await world.run(20_000);
    expect(app.requests.map(({ json }) => json)).toMatchObject([
      { for: 'start', call: { dialled: '4711', state: 'ringing' } },
      { for: 'gather', outcome: { type: 'digits', digits: '1' }, call: { state: 'answered' } },
    ]);
    expect(alice.end).toMatchObject({ by: 'remote', cause: 'bye' });
  });

  it('refuses the call where the document begins with it', async () => {
    const { world, alice } = await calling({
      '/voice': '<Response><Reject reason="busy"/></Response>',
    });
    await world.run(2_000);
    expect(alice.end).toMatchObject({ status: 486 });
  });

  it.each<[string, AppAnswer]>([
    ['answers 500', { status: 500 }],
    ['does not answer', { fails: 'timeout' }],
    ['answers with what is no document', { status: 200, contentType: 'image/png', body: 'x' }],
    ['answers without a content type', { status: 200, body: '<Response/>' }],
    ['answers with broken XML', '<Response><Say>'],
    ['answers with broken JSON', '{"verbs": ['],
  ])('asks the fall-back when the app %s', async (_, answer) => {
    const { world, app, alice } = await calling(
      { '/voice': answer, '/fallback': '<Response><Say>Sorry.</Say></Response>' },
      {},
      { fallbackUrl: 'https://app.example/fallback' },
    );
    await world.run(20_000);
    expect(app.told('/fallback')).toEqual([
      expect.objectContaining({ ErrorUrl: 'https://app.example/voice', ErrorCode: '11200' }),
    ]);
    expect(alice.end).toMatchObject({ by: 'remote', cause: 'bye' });
  });

  it('says the apology, and why, when there is no document anywhere', async () => {
    const { world, alice } = await calling(
      { '/voice': { status: 500 } },
      {},
      { fallbackUrl: 'https://app.example/gone' },
    );
    await world.run(20_000);
    expect(alice.loudFrames).toBeGreaterThan(20);
    expect(world.record(alice.callId)).toMatchObject({
      end: { by: 'system', cause: 'flow-error', status: 500, reason: 'No document' },
      errors: [
        {
          code: 'CALLCHART_DOCUMENT_FAILED',
          message:
            'https://app.example/voice answered 500; the fall-back: https://app.example/gone answered 404',
        },
      ],
    });
  });

  it('ends a circle of redirects that nobody hears', async () => {
    const { world, app, alice } = await calling({
      '/voice': '<Response><Redirect>/voice</Redirect></Response>',
    });
    await world.run(20_000);
    expect(app.requests.length).toBeLessThan(30);
    expect(world.record(alice.callId).errors).toMatchObject([
      { message: expect.stringContaining('circle') as unknown },
    ]);
  });

  it('tells the app of a recording, also of one that the caller ends by hanging up', async () => {
    const { world, app, alice } = await calling({
      '/voice': '<Response><Record action="/recorded" maxLength="30"/></Response>',
    });
    await world.run(3_000);
    alice.speak(2_000);
    await world.run(3_000);
    alice.hangUp();
    await world.run(2_000);
    expect(app.told('/recorded')).toEqual([
      expect.objectContaining({
        ...{ CallStatus: 'completed', Digits: 'hangup' },
        RecordingSid: expect.stringMatching(/^RE[0-9a-f]{32}$/) as unknown,
      }),
    ]);
  });

  it('goes on with the next verb where one cannot be done', async () => {
    const { world, app, alice } = await calling({
      '/voice': '<Response><Dial trunk="x">911</Dial><Redirect>/next</Redirect></Response>',
      '/next': '<Response><Hangup/></Response>',
    });
    await world.run(20_000);
    expect(app.requests.map(({ path }) => path)).toEqual(['/voice', '/next']);
    expect(alice.end).toBeDefined();
  });
});
