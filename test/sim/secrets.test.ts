import { createHash } from 'node:crypto';
import { WebApp, type AppRequest } from '../support/web-app';
import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';
import { SpeakingPrompts } from './support/prompts';

const open = oneWorld();

/** Each is in one place, and nowhere else. */
const secrets = {
  urlPassword: 'url-pass-1d2f',
  queryToken: 'query-token-77aa',
  actionToken: 'action-token-9b1c',
  dialPassword: 'dial-pass-c3d4',
  jsonPassword: 'json-pass-aa19',
  twilioToken: 'twilio-auth-token-5e6f',
  webhookKey: 'webhook-key-0123456789abcdef0123456789',
};

it('a call with secrets everywhere leaves none of them in logs, records and flow logs, nor with another app', async () => {
  const voice = `https://user:${secrets.urlPassword}@app.example/voice?token=${secrets.queryToken}`;
  const answers: ((request: AppRequest) => string | { status: number })[] = [
    () => `<Response>
      <Oops secret="${secrets.dialPassword}"/>
      <Dial timeout="1"><Sip username="me" password="${secrets.dialPassword}">sip:bob@10.9.9.9</Sip></Dial>
      <Redirect>https://user:${secrets.urlPassword}@app.example/json?token=${secrets.actionToken}</Redirect>
    </Response>`,
    () =>
      JSON.stringify([
        {
          verb: 'dial',
          timeout: 1_000,
          to: { to: 'sip:bob@10.9.9.9', username: 'me', password: secrets.jsonPassword },
        },
        { verb: 'document', url: `/gone?token=${secrets.actionToken}` },
      ]),
    () => ({ status: 500 }),
    () => '<Response><Hangup/></Response>',
  ];
  const app = new WebApp((request) => answers.shift()?.(request) ?? { status: 404 });
  const world = await open({
    keepFlowLogs: true,
    config: {
      routes: [{ webhook: { url: voice, fallbackUrl: 'https://other.example/fallback' } }],
      outbound: { hosts: ['10.9.9.9'] },
    },
    environment: {
      CALLCHART_TWILIO_AUTH_TOKEN: secrets.twilioToken,
      CALLCHART_WEBHOOK_KEYS: secrets.webhookKey,
    },
    parts: { web: app, prompts: new SpeakingPrompts() },
  });
  const alice = await SimulatedPhone.open(world, { flow: '4711' });
  alice.hear();
  alice.dial();
  await world.run(60_000);
  expect(app.requests).toHaveLength(4);
  expect(app.requests[3]?.url).toContain('other.example');
  expect(JSON.stringify(app.requests[3])).not.toContain(secrets.urlPassword);

  const kept = JSON.stringify([world.log, world.records, world.flowLogs, world.server.liveCalls()]);
  expect(world.flowLogs.length).toBeGreaterThan(0);
  expect(world.log.length).toBeGreaterThan(0);
  for (const [name, secret] of Object.entries(secrets)) {
    const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)];
    const digest = createHash('sha256').update(secret).digest('hex');
    const found = [...forms, digest].some((form) => kept.includes(form));
    expect(`${name}: ${found ? 'kept' : 'nowhere'}`).toBe(`${name}: nowhere`);
  }
});

it('documents that turn in a circle without taking any time end with a reason, and fill no log', async () => {
  const app = new WebApp(() => [
    { verb: 'oops' },
    { verb: 'oops' },
    { verb: 'oops' },
    { verb: 'pause', duration: 0 },
    { verb: 'document', url: '/voice' },
  ]);
  const world = await open({
    config: { routes: [{ webhook: { url: 'https://app.example/voice' } }] },
    parts: { web: app, prompts: new SpeakingPrompts() },
    expectedErrors: ['CALLCHART_DOCUMENT_FAILED'],
  });
  const alice = await SimulatedPhone.open(world, { flow: '4711' });
  alice.hear();
  alice.dial();
  await world.run(30_000);
  expect(app.requests.length).toBeLessThanOrEqual(101);
  expect(alice.end).toBeDefined();
  expect(JSON.stringify(world.log)).toContain('do they redirect in a circle?');
  expect(world.log.length).toBeLessThan(210);
});

it.each([
  { Route: '<sip:elsewhere.example;lr>' },
  { 'P-A\r\nVia': 'x' },
  { 'X-A': 'b\r\nVia: SIP/2.0/UDP 10.0.0.9' },
  { From: '<sip:boss@example.com>' },
])('a call that is placed from outside has no header of SIP itself: %j', async (headers) => {
  const world = await open({});
  const target = { content: '<Response/>', contentType: 'application/xml' } as const;
  expect(() => world.server.place({ to: 'sip:bob@10.9.9.9', headers, target })).toThrow(/header/);
});
