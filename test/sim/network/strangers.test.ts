import type { CallchartConfig } from '../../../runtime/core/config';
import { MemoryData } from '../../support/memory-data';
import { perfectLink } from '../../support/simulated-network';
import { answered } from '../../rfc3665/support/digest';
import { ElementNetwork } from '../support/element-network';
import { anySdp, type NetworkPhone } from '../support/network-phone';
import { Stranger, type StrangerRequest } from '../support/stranger';

// Virtual hours; a busy machine may take longer than a test usually may.
jest.setTimeout(60_000);

/** What somebody learns, and gets to do, whom nobody knows: nothing. */

const address = { host: '10.0.0.1', port: 5060 };
const domain = 'example.com';
const server = '10.0.0.1:5060';

class Scene {
  readonly net = new ElementNetwork(1, perfectLink, (host) => /^10\.0\.[01]\./.test(host));
  private hosts = 0;

  constructor(readonly anna: { phone: NetworkPhone | undefined } = { phone: undefined }) {}

  async open(config: CallchartConfig = {}): Promise<this> {
    const data = new MemoryData({ anna: 'secret of anna', bert: 'secret of bert' }, domain);
    const registrar = { domains: [domain] };
    const opened = await this.net.server(address, { data, config: { registrar, ...config } });
    const phone = await this.net.phone({
      ...{ host: '10.0.1.1', user: 'anna', password: 'secret of anna', domain, server: address },
      onInvite: (session) => session.accept(anySdp),
    });
    phone.register(3_600_000);
    await this.net.clock.runUntil(() => opened.location.size === 1, 10_000);
    this.anna.phone = phone;
    return this;
  }

  /** A stranger at an address of his own. */
  stranger(host?: string): Promise<Stranger> {
    this.hosts += 1;
    return Stranger.open(this.net, host ?? `10.7.0.${this.hosts}`, address);
  }

  get phone(): NetworkPhone {
    if (this.anna.phone === undefined) throw new Error('no phone yet');
    return this.anna.phone;
  }
}

/** All of a response that may differ by chance, or by what was asked, made the same. */
function faceless(text: string, user: string, host: string): string {
  return text
    .replaceAll(user, 'USER')
    .replaceAll(host, 'HOST')
    .replace(/;tag=[\w.-]+/g, ';tag=T')
    .replace(/branch=[\w.]+/g, 'branch=B')
    .replace(/nonce="[^"]+"/, 'nonce="N"')
    .replace(/Call-ID: \S+/, 'Call-ID: C')
    .replace(/Date: [^\r]+/, 'Date: D');
}

describe('a stranger learns nothing of who exists', () => {
  const requests: readonly (readonly [string, (user: string) => StrangerRequest])[] = [
    ['REGISTER', (user) => register(user)],
    ['REGISTER with a guessed password', (user) => ({ ...register(user), headers: [guess(user)] })],
    ['INVITE', (user) => ({ method: 'INVITE', uri: `sip:${user}@${domain}` })],
    ['OPTIONS', (user) => ({ method: 'OPTIONS', uri: `sip:${user}@${domain}` })],
    ['MESSAGE', (user) => ({ method: 'MESSAGE', uri: `sip:${user}@${domain}` })],
    ['SUBSCRIBE', (user) => ({ method: 'SUBSCRIBE', uri: `sip:${user}@${domain}` })],
    [
      'INVITE as one of ours',
      (user) => ({
        ...{ method: 'INVITE', uri: `sip:100@${domain}`, from: `<sip:${user}@${domain}>` },
      }),
    ],
    [
      'INVITE with a guessed password',
      (user) => ({
        ...{ method: 'INVITE', uri: `sip:100@${domain}`, from: `<sip:${user}@${domain}>` },
        headers: [guess(user).replace('Authorization', 'Proxy-Authorization')],
      }),
    ],
  ];

  it.each(requests)('from the answers to %s', async (_name, request) => {
    const scene = await new Scene().open();
    const answers: string[] = [];
    const delays: number[] = [];
    // Registered, not registered, unknown, and what no user could be called.
    for (const user of ['anna', 'bert', 'nobody', 'x'.repeat(40)]) {
      const stranger = await scene.stranger();
      const sentAt = scene.net.clock.now();
      const response = await stranger.ask(request(user));
      const last = stranger.received.at(-1);
      expect(response).toBeDefined();
      delays.push((last?.at ?? 0) - sentAt);
      answers.push(
        stranger.received.map(({ text }) => faceless(text, user, stranger.host)).join('\n'),
      );
    }
    const [first] = answers;
    for (const answer of answers) expect(answer).toBe(first);
    expect(new Set(delays).size).toBe(1);
    expect(scene.phone.taken).toEqual([]);
    expect(await scene.net.finish()).toEqual([]);
  });
});

describe('who guesses passwords', () => {
  it('waits longer each time, and is shut out in the end, but nobody else is', async () => {
    const scene = await new Scene().open({ security: { maxFailures: 10, banTime: 600_000 } });
    const { net } = scene;
    const guesser = await scene.stranger();
    const waits: number[] = [];
    for (let tried = 0; tried < 20; tried += 1) {
      const challenge = await guesser.ask(register('anna'));
      if (challenge === undefined) break;
      const nonce = /nonce="([^"]+)"/.exec(challenge.headers.get('WWW-Authenticate') ?? '')?.[1];
      const sentAt = net.clock.now();
      const wrong = answered(credentialsOf('anna'), 'REGISTER', nonce ?? '', 1, `guess ${tried}`);
      const refusal = await guesser.ask({
        ...register('anna'),
        headers: [`Authorization: ${wrong}`],
      });
      if (refusal === undefined) break;
      expect(refusal.status).toBe(401);
      waits.push((guesser.received.at(-1)?.at ?? 0) - sentAt);
    }
    expect(waits.length).toBeGreaterThan(4);
    expect(waits.length).toBeLessThanOrEqual(10);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBeGreaterThan(1_000);
    const heard = guesser.received.length;
    // Not even what is for anybody is answered now.
    expect(await guesser.ask({ method: 'OPTIONS', uri: `sip:${server}` })).toBeUndefined();
    expect(guesser.received.length).toBe(heard);
    const other = await scene.stranger();
    expect((await other.ask({ method: 'OPTIONS', uri: `sip:${server}` }))?.status).toBe(200);
    await net.run(600_000);
    expect((await guesser.ask({ method: 'OPTIONS', uri: `sip:${server}` }))?.status).toBe(200);
    expect(await net.finish()).toEqual([]);
  });

  it('cannot have the phone shut out in whose place he sends', async () => {
    const scene = await new Scene().open();
    const { net, phone } = scene;
    for (let tried = 0; tried < 40; tried += 1) {
      // The source of a datagram can be forged: he hears no answer.
      net.network.transmit(
        { host: '10.0.1.1', port: 5060 },
        Buffer.from(
          [
            `REGISTER sip:${domain} SIP/2.0`,
            `Via: SIP/2.0/UDP 10.0.1.1:5060;branch=z9hG4bKforged${tried}`,
            ...['Max-Forwards: 70', `From: <sip:anna@${domain}>;tag=f`, `To: <sip:anna@${domain}>`],
            ...[`Call-ID: forged${tried}`, 'CSeq: 1 REGISTER', guess('anna')],
            ...['Content-Length: 0', '', ''],
          ].join('\r\n'),
        ),
        address,
      );
      await net.run(100);
    }
    await net.run(10_000);
    const { leg, session } = phone.call(`sip:reception@${domain}`);
    await net.run(5_000);
    expect(leg.established).toBe(true);
    session.end();
    expect(await net.finish()).toEqual([]);
  });
});

describe('there is no open relay', () => {
  const foreign = 'sip:premium@10.8.0.1:5060';
  const ways: readonly (readonly [string, StrangerRequest])[] = [
    ['an INVITE to a foreign host', { method: 'INVITE', uri: foreign }],
    [
      'an INVITE with a Route through us',
      { method: 'INVITE', uri: foreign, headers: [`Route: <sip:${server};lr>`] },
    ],
    [
      'an INVITE with a Route through us and on',
      {
        method: 'INVITE',
        uri: `sip:anna@${domain}`,
        headers: [`Route: <sip:${server};lr>`, 'Route: <sip:10.8.0.1;lr>'],
      },
    ],
    [
      'an INVITE as a strict router sends it',
      { method: 'INVITE', uri: `sip:${server};lr`, headers: [`Route: <${foreign}>`] },
    ],
    [
      'an INVITE with a To tag of no dialog',
      {
        ...{ method: 'INVITE', uri: foreign, to: `<${foreign}>;tag=forged` },
        headers: [`Route: <sip:${server};lr>`],
      },
    ],
    [
      'an INVITE with a forged seal',
      {
        ...{ method: 'INVITE', uri: foreign, to: `<${foreign}>;tag=forged` },
        headers: [`Route: <sip:${server};lr;call=AAAAAAAAAAAAAAAAAAAA>`],
      },
    ],
    [
      'a BYE with a forged Route',
      {
        ...{ method: 'BYE', uri: foreign, to: `<${foreign}>;tag=forged` },
        headers: [`Route: <sip:${server};lr>`],
      },
    ],
    [
      'an ACK with a forged Route',
      {
        ...{ method: 'ACK', uri: foreign, to: `<${foreign}>;tag=forged` },
        headers: [`Route: <sip:${server};lr>`],
      },
    ],
    [
      'an ACK with a forged flow token',
      {
        ...{ method: 'ACK', uri: foreign, to: `<${foreign}>;tag=forged` },
        headers: [`Route: <sip:Zm9yZ2VkIGZsb3c@${server};lr>`],
      },
    ],
    ['an ACK without a dialog', { method: 'ACK', uri: foreign, to: `<${foreign}>;tag=forged` }],
    [
      'a MESSAGE with a Route through us',
      { method: 'MESSAGE', uri: foreign, headers: [`Route: <sip:${server};lr>`] },
    ],
    [
      'an INVITE in the name of a user',
      { method: 'INVITE', uri: foreign, from: `<sip:anna@${domain}>` },
    ],
    [
      'a REGISTER with a Route through us',
      { method: 'REGISTER', uri: foreign, headers: [`Route: <sip:${server};lr>`] },
    ],
    ['a CANCEL of nothing', { method: 'CANCEL', uri: foreign }],
    [
      'a REFER outside of dialogs',
      { method: 'REFER', uri: `sip:anna@${domain}`, headers: [`Refer-To: <${foreign}>`] },
    ],
  ];

  it.each(ways)('for %s', async (_name, request) => {
    const scene = await new Scene().open();
    const target = await Stranger.open(scene.net, '10.8.0.1', address);
    const stranger = await scene.stranger();
    const response = await stranger.ask(request);
    if (request.method !== 'ACK') expect(response?.status).toBeGreaterThanOrEqual(400);
    await scene.net.run(40_000);
    expect(target.received).toEqual([]);
    expect(scene.phone.taken).toEqual([]);
    expect(await scene.net.finish()).toEqual([]);
  });

  it('for a user of ours who dials a foreign host: no route leads there', async () => {
    const scene = await new Scene().open();
    const target = await Stranger.open(scene.net, '10.8.0.1', address);
    const { leg } = scene.phone.call(foreign);
    await scene.net.run(40_000);
    expect(leg.end).toMatchObject({ cause: 'rejected' });
    expect(target.received).toEqual([]);
    expect(await scene.net.finish()).toEqual([]);
  });

  it('with the Record-Route of another call', async () => {
    const scene = await new Scene().open();
    const { net, phone } = scene;
    let route = '';
    const bert = await net.phone({
      ...{ host: '10.0.1.2', user: 'bert', password: 'secret of bert', domain, server: address },
      onInvite: (session) => {
        // As whoever has seen one call could write it into another.
        route = session.request.headers.get('Record-Route') ?? '';
        session.accept(anySdp);
      },
    });
    bert.register(3_600_000);
    await net.run(2_000);
    const { leg, session } = phone.call(`sip:bert@${domain}`);
    await net.run(2_000);
    expect(leg.established).toBe(true);
    expect(route).toContain(server);
    const target = await Stranger.open(net, '10.8.0.1', address);
    const stranger = await scene.stranger();
    for (const method of ['INVITE', 'BYE', 'ACK', 'MESSAGE']) {
      const to = `<${foreign}>;tag=forged`;
      const response = await stranger.ask({
        method,
        uri: foreign,
        to,
        headers: [`Route: ${route}`],
      });
      if (method !== 'ACK') expect(response?.status).toBe(403);
    }
    expect(target.received).toEqual([]);
    session.end();
    expect(await net.finish()).toEqual([]);
  });
});

function register(user: string): StrangerRequest {
  const aor = `<sip:${user}@${domain}>`;
  return { method: 'REGISTER', uri: `sip:${domain}`, from: aor, to: aor };
}

function credentialsOf(user: string): string {
  return `Digest username="${user}", realm="${domain}", uri="sip:${domain}"`;
}

/** With a nonce that nobody has given. */
function guess(user: string): string {
  return `Authorization: ${answered(credentialsOf(user), 'REGISTER', 'no-nonce-of-ours', 1, 'guess')}`;
}
