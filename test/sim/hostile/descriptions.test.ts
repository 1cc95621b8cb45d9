import { performance } from 'node:perf_hooks';
import { RawCaller } from '../support/raw-caller';
import { mediaStage, type MediaStage } from './support/media-stage';

const open = mediaStage();

let stage: MediaStage;

beforeEach(async () => {
  stage = await open();
});

/** Offers this, and hangs up if it is taken: the status, and the answer. */
async function offer(
  body: (caller: RawCaller) => string,
): Promise<{ readonly status: number; readonly answer: string; readonly took: number }> {
  const { world } = stage;
  const caller = await RawCaller.open(world, world.random(40), 'whole');
  const text = body(caller);
  const begun = performance.now();
  await world.until(caller.call(text));
  const took = performance.now() - begun;
  const { status, body: answer } = caller.final ?? { status: 0, body: Buffer.alloc(0) };
  if (status === 200) await world.until(caller.ask('BYE'));
  return { status, answer: Buffer.from(answer).toString('latin1'), took };
}

const key = (seed: number): string => Buffer.alloc(30, seed & 0xff).toString('base64');

function cryptos(count: number, suite: string): string {
  const lines = Array.from(
    { length: count },
    (_, i) => `a=crypto:${i + 1} ${suite} inline:${key(i)}`,
  );
  return lines.join('\r\n');
}

/** Milliseconds that no description may take, on a busy machine: there is nothing quadratic in it. */
const LONGEST = 1_500;

test('a thousand keys are more than any description has; of two hundred the first few are looked at', async () => {
  const secure = (...lines: string[]): ReturnType<typeof offer> =>
    offer((caller) => caller.offer('0 101', lines.join('\r\n')).replace('RTP/AVP', 'RTP/SAVP'));
  const unknown = cryptos(1, 'constructor');
  const known = `a=crypto:999 AES_CM_128_HMAC_SHA1_32 inline:${key(9)}`;
  const results = [
    await secure(cryptos(1_000, 'AES_CM_128_HMAC_SHA1_80')),
    await secure(cryptos(1_000, 'AEAD_MADE_UP')),
    await secure(unknown, cryptos(3, 'AEAD_MADE_UP'), known, cryptos(200, '__proto__')),
    await secure(cryptos(200, 'AEAD_MADE_UP'), known),
  ];
  expect(results.map(({ status }) => status)).toEqual([488, 488, 200, 488]);
  expect(results[2]?.answer).toContain('a=crypto:999 AES_CM_128_HMAC_SHA1_32 inline:');
  for (const { took } of results) expect(took).toBeLessThan(LONGEST);
});

test('a thousand payload types, most of which are none: what can be spoken is found', async () => {
  const formats = Array.from({ length: 1_000 }, (_, i) => (i === 700 ? 8 : 1_000 + i)).join(' ');
  const { status, answer, took } = await offer((caller) => caller.offer(formats));
  expect(took).toBeLessThan(LONGEST);
  if (status === 200) expect(answer).toMatch(/m=audio \d+ RTP\/AVP 8\b/);
  else expect(status).toBe(488);
});

test('as many as there are, each with a name that nobody knows: 488', async () => {
  const types = Array.from({ length: 31 }, (_, i) => 96 + i).filter((type) => type !== 101);
  const maps = types.map((type) => `a=rtpmap:${type} made-up-${type}/8000`).join('\r\n');
  const { status } = await offer((caller) => caller.offer(types.join(' '), maps));
  expect(status).toBe(488);
});

test.each([
  ['of ten thousand octets', `a=fmtp:111 ${'x=1;'.repeat(2_500)}`],
  [
    'of numbers beyond all bounds',
    'a=fmtp:111 maxplaybackrate=99999999999;maxaveragebitrate=-1;stereo=7',
  ],
  ['of nothing but separators', `a=fmtp:111 ${';='.repeat(500)}`],
  ['of bytes that are no text', 'a=fmtp:111 \x01\x7f\x1b=\x02'],
])('Opus with parameters %s is spoken as if it had none', async (_, fmtp) => {
  const { status, answer, took } = await offer((caller) =>
    caller.offer('111', ['a=rtpmap:111 opus/48000/2', fmtp].join('\r\n')),
  );
  expect(took).toBeLessThan(LONGEST);
  expect(status).toBe(200);
  expect(answer).toContain('a=rtpmap:111 opus/48000/2');
});

test.each(['0', '-20', '1', '4294967296', '2e3', 'twenty', ''])(
  'a ptime of "%s" gives packets that can be sent',
  async (ptime) => {
    const { status, answer } = await offer((caller) => caller.offer('0 101', `a=ptime:${ptime}`));
    expect(status).toBe(200);
    const [, ours] = /a=ptime:(\d+)/.exec(answer) ?? [];
    expect(Number(ours)).toBeGreaterThanOrEqual(10);
    expect(Number(ours)).toBeLessThanOrEqual(60);
  },
);

test('nothing but telephone-event, comfort noise or both is no codec: 488', async () => {
  for (const formats of ['101', '13', '13 101', '101 101 101']) {
    expect((await offer((caller) => caller.offer(formats))).status).toBe(488);
  }
});

test('re-INVITEs that overlap, with other codecs in each, get an answer each and leave one call', async () => {
  const { world } = stage;
  const caller = await RawCaller.open(world, world.random(41), 'whole');
  await world.until(caller.call(caller.offer('0 8 9 101')));
  expect(caller.final?.status).toBe(200);
  const numbers = Array.from({ length: 60 }, (_, i) => i + 2);
  for (const cseq of numbers) {
    const formats = ['0 101', '8 101', '9', '101', '0 8 9 101'][cseq % 5] ?? '0';
    // The version counts, as RFC 3264 §8 wants.
    const body = caller.offer(formats).replace('o=raw 1 1', `o=raw 1 ${cseq}`);
    caller.inDialog('INVITE', { cseq, body, type: 'application/sdp' });
    if (cseq % 3 === 0) await world.run(5);
  }
  await world.run(3_000);
  for (const cseq of numbers) {
    const status = caller.response('INVITE', cseq)?.status ?? 0;
    // RFC 3261 §14.2: 491 or 500 while another is under way; 488 for what cannot be spoken.
    expect([200, 488, 491, 500]).toContain(status);
  }
  const last = await world.until(
    caller.ask('INVITE', {
      body: caller.offer('8 101').replace('o=raw 1 1', 'o=raw 1 99'),
      type: 'application/sdp',
    }),
  );
  expect(last?.status).toBe(200);
  await world.until(caller.ask('BYE'));
  await world.run(500);
  expect(world.record(caller.callId)).toMatchObject({
    end: { by: 'caller', cause: 'bye' },
    media: { codec: 'PCMA' },
  });
});
