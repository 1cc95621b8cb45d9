import type { SipResponse } from '../../../runtime/sip/message/message';
import {
  type AnsweredTransaction,
  RegistrarBench,
  registerRequest,
} from './support/registrar-bench';

const aor = 'sip:alice@example.com';
const desk = 'sip:alice@192.0.2.9:5062';
const mobile = 'sip:alice@192.0.2.77:5060';

let bench: RegistrarBench;

function use(options?: ConstructorParameters<typeof RegistrarBench>[0]): RegistrarBench {
  bench = new RegistrarBench(options);
  return bench;
}

afterEach(() => {
  bench.close();
  expect(bench.clock.pending).toBe(0);
});

describe('a registration (RFC 3261 §10.3)', () => {
  it('is answered with the binding, its time, the date, and what we are', () => {
    const response = use().register({ lines: [`Contact: <${desk}>`, 'Expires: 600'] });
    expect(response.status).toBe(200);
    expect(response.headers.getAll('Contact')).toEqual([`<${desk}>;expires=600`]);
    expect(response.headers.get('Date')).toBe('Mon, 05 Jan 2026 09:00:00 GMT');
    expect(response.headers.get('Server')).toBe('Callchart/test');
    expect(response.to.tag).toMatch(/^[0-9a-f]{16}$/);
    expect(bench.changes.map(({ type }) => type)).toEqual(['added']);
    expect(bench.store.rows.size).toBe(1);
  });

  it('keeps what the other elements need', () => {
    use().register({
      callId: 'c1',
      cseq: 7,
      lines: [`Contact: "A" <${desk}>;q=0.3;audio;methods="INVITE,BYE"`, 'User-Agent: Phone 1'],
    });
    const now = bench.clock.now();
    expect(bench.location.bindings(aor)).toEqual([
      {
        aor,
        contact: desk,
        q: 0.3,
        expiresAt: now + 3_600_000,
        registeredAt: now,
        callId: 'c1',
        cseq: 7,
        userAgent: 'Phone 1',
        path: [],
        params: ';audio;methods="INVITE,BYE"',
        flow: 'UDP:192.0.2.9:5062',
        source: { protocol: 'UDP', host: '192.0.2.9', port: 5062 },
      },
    ]);
  });

  it('is renewed, and lists the time that each binding has left, rounded up', () => {
    use().register({ lines: [`Contact: <${desk}>;expires=600`] });
    bench.register({ callId: 'c2', lines: [`Contact: <${mobile}>;q=0.5`] });
    bench.clock.advance(100_400);
    const response = bench.register({ cseq: 2, lines: [`Contact: <${desk}>`, 'Expires: 900'] });
    expect(response.headers.getAll('Contact')).toEqual([
      `<${desk}>;expires=900`,
      `<${mobile}>;expires=3500;q=0.5`,
    ]);
    expect(bench.changes.map(({ type }) => type)).toEqual(['added', 'added', 'refreshed']);
  });

  it('without Contact asks what there is and changes nothing', () => {
    use().register({ lines: [`Contact: <${desk}>`] });
    const writes = bench.store.writes;
    const response = bench.register({ cseq: 2 });
    expect(response.headers.getAll('Contact')).toEqual([`<${desk}>;expires=3600`]);
    expect(bench.store.writes).toBe(writes);
  });

  it('ends with expires=0, and for all contacts with *', () => {
    use().register({ lines: [`Contact: <${desk}>, <${mobile}>`] });
    expect(bench.register({ cseq: 2, lines: [`Contact: <${desk}>;expires=0`] }).status).toBe(200);
    expect(bench.contactsOf()).toEqual([mobile]);
    const response = bench.register({ cseq: 3, lines: ['Contact: *', 'Expires: 0'] });
    expect(response.status).toBe(200);
    expect(response.headers.has('Contact')).toBe(false);
    expect(bench.location.size).toBe(0);
    expect(bench.store.rows.size).toBe(0);
  });
});

describe('time that is asked for (RFC 3261 §10.3 step 7)', () => {
  it.each([
    ['the parameter before the header', `Contact: <${desk}>;expires=120`, 'Expires: 240', 120],
    ['the header where there is no parameter', `Contact: <${desk}>`, 'Expires: 240', 240],
    ['a negative one as an hour (§20.10)', `Contact: <${desk}>;expires=-1`, 'Expires: 240', 3600],
    ['a negative header as an hour (§20.19)', `Contact: <${desk}>`, 'Expires: -240', 3600],
    ['a word as an hour', `Contact: <${desk}>;expires=soon`, 'Expires: 240', 3600],
    [
      '2^40 seconds as what may be had at most',
      `Contact: <${desk}>`,
      'Expires: 1099511627776',
      7200,
    ],
    ['a day as what may be had at most', `Contact: <${desk}>`, 'Expires: 86400', 7200],
  ])('takes %s', (_what, contact, expires, granted) => {
    const response = use({ maxExpires: 7_200_000 }).register({ lines: [contact, expires] });
    expect(response.headers.get('Contact')).toBe(`<${desk}>;expires=${granted}`);
  });

  it('takes the default where neither says anything', () => {
    const response = use({ defaultExpires: 1_800_000 }).register({ lines: [`Contact: <${desk}>`] });
    expect(response.headers.get('Contact')).toBe(`<${desk}>;expires=1800`);
  });

  it('answers 423 with Min-Expires to what is too brief, and changes nothing', () => {
    const response = use().register({ lines: [`Contact: <${mobile}>, <${desk}>;expires=59`] });
    expect(response.status).toBe(423);
    expect(response.headers.get('Min-Expires')).toBe('60');
    expect(bench.location.size).toBe(0);
  });

  it('must not refuse an hour, however long its minimum', () => {
    use({ minExpires: 7_200_000 });
    expect(bench.register({ lines: [`Contact: <${desk}>;expires=3600`] }).status).toBe(200);
    expect(bench.register({ cseq: 2, lines: [`Contact: <${desk}>;expires=3599`] }).status).toBe(
      423,
    );
  });
});

describe('order of requests (RFC 3261 §10.3 step 7)', () => {
  it.each([
    ['the same', 5],
    ['a lower', 4],
  ])('a REGISTER with %s CSeq fails, and changes nothing', (_what, cseq) => {
    use().register({ cseq: 5, lines: [`Contact: <${desk}>;expires=600`] });
    const response = bench.register({ cseq, lines: [`Contact: <${mobile}>, <${desk}>;expires=0`] });
    expect(response.status).toBe(500);
    expect(bench.contactsOf()).toEqual([desk]);
  });

  it('another Call-ID is another life of the phone: its numbers begin anew', () => {
    use().register({ cseq: 5, lines: [`Contact: <${desk}>;expires=600`] });
    const response = bench.register({ callId: 'c2', cseq: 1, lines: [`Contact: <${desk}>`] });
    expect(response.headers.getAll('Contact')).toEqual([`<${desk}>;expires=3600`]);
    expect(bench.location.bindings(aor)[0]).toMatchObject({ callId: 'c2', cseq: 1 });
  });

  it('holds for each binding of a * too (step 6)', () => {
    use().register({ cseq: 5, lines: [`Contact: <${desk}>`] });
    bench.register({ callId: 'c2', cseq: 1, lines: [`Contact: <${mobile}>`] });
    const star = ['Contact: *', 'Expires: 0'];
    expect(bench.register({ callId: 'c2', cseq: 1, lines: star }).status).toBe(500);
    expect(bench.location.size).toBe(2);
    expect(bench.register({ callId: 'c2', cseq: 2, lines: star }).status).toBe(200);
    expect(bench.location.size).toBe(0);
  });
});

describe('Contact: * (RFC 3261 §10.3 step 6)', () => {
  it.each([
    ['without Expires', ['Contact: *']],
    ['with another Expires than 0', ['Contact: *', 'Expires: 60']],
    ['with an Expires that cannot be read', ['Contact: *', 'Expires: -0']],
  ])('%s is 400', (_what, lines) => {
    use().register({ lines: [`Contact: <${desk}>`] });
    expect(bench.register({ cseq: 2, lines }).status).toBe(400);
    expect(bench.location.size).toBe(1);
  });

  it('beside another contact is malformed before it comes to us', () => {
    use();
    const lines = [`Contact: <${desk}>`, 'Contact: *', 'Expires: 0'];
    expect(() => registerRequest({ lines })).toThrow('Contact * is not the only one');
  });
});

describe('which contact is meant (RFC 3261 §19.1.4)', () => {
  it('is decided by the rules of URIs, not by spelling; the new spelling counts from then on', () => {
    use().register({ lines: ['Contact: <sip:alice@Phone.Example:5070;ob>'] });
    const same = 'sip:alice@phone.example:5070;OB';
    bench.register({ cseq: 2, lines: [`Contact: <${same}>`] });
    expect(bench.contactsOf()).toEqual([same]);
    expect(bench.changes.map(({ type }) => type)).toEqual(['added', 'removed', 'added']);
    expect(bench.changes[1]).toMatchObject({ reason: 'replaced' });
    expect(bench.store.rows.size).toBe(1);
  });

  it('takes a port that is named, a transport, or another user for another contact', () => {
    use().register({
      lines: [
        'Contact: <sip:alice@phone.example>, <sip:alice@phone.example:5060>',
        'Contact: <sip:alice@phone.example;transport=tcp>, <sip:Alice@phone.example>',
      ],
    });
    expect(bench.location.size).toBe(4);
  });

  it('takes the one that is spelt alike where a URI equals several', () => {
    use().register({
      lines: ['Contact: <sip:a@p.example;x=1>, <sip:a@p.example;x=2>, <sip:b@p.example>'],
    });
    bench.register({ cseq: 2, lines: ['Contact: <sip:a@p.example;x=2>;expires=0'] });
    expect(bench.contactsOf().sort()).toEqual(['sip:a@p.example;x=1', 'sip:b@p.example']);
  });

  it('removes all that a URI equals', () => {
    use().register({ lines: ['Contact: <sip:a@p.example;x=1>, <sip:a@p.example;x=2>'] });
    bench.register({ cseq: 2, lines: ['Contact: <sip:a@p.example>;expires=0'] });
    expect(bench.location.size).toBe(0);
  });

  it('lets the last one count that a request names twice', () => {
    use().register({ lines: [`Contact: <${desk}>;q=0.1, <${desk}>;q=0.7`] });
    expect(bench.location.bindings(aor)).toMatchObject([{ contact: desk, q: 0.7 }]);
    expect(bench.changes).toHaveLength(1);
  });

  it('lists by q, the highest first, and the newest first of equals', () => {
    use().register({ lines: [`Contact: <${desk}>;q=0.2, <sip:a@h.example>;q=0.9`] });
    bench.register({ callId: 'c2', lines: [`Contact: <${mobile}>;q=0.9`] });
    expect(bench.contactsOf()).toEqual([mobile, 'sip:a@h.example', desk]);
  });
});

describe('limits', () => {
  const many = (count: number): string =>
    `Contact: ${Array.from({ length: count }, (_, i) => `<sip:alice@h${i}.example>`).join(', ')}`;

  it('a user may have so many contacts, and the request for one more changes nothing', () => {
    use({ maxContacts: 3 });
    expect(bench.register({ lines: [many(3)] }).status).toBe(200);
    const response = bench.register({ cseq: 2, lines: [`Contact: <${desk}>`] });
    expect(response.status).toBe(403);
    expect(response.reason).toBe('Too Many Contacts');
    expect(bench.location.size).toBe(3);
  });

  it('a user who has more than are allowed by now can renew and remove them', () => {
    use({ maxContacts: 3 }).register({ lines: [many(3)] });
    bench.setOptions({ maxContacts: 1 });
    expect(bench.register({ cseq: 2, lines: [many(2)] }).status).toBe(200);
    const remove = 'Contact: <sip:alice@h0.example>;expires=0';
    expect(bench.register({ cseq: 3, lines: [remove] }).status).toBe(200);
    expect(bench.location.size).toBe(2);
  });

  it('exchanges all contacts of a user in one request', () => {
    use({ maxContacts: 2 }).register({ lines: [many(2)] });
    const gone = '<sip:alice@h0.example>;expires=0, <sip:alice@h1.example>;expires=0';
    const response = bench.register({
      cseq: 2,
      lines: [`Contact: <${desk}>, <${mobile}>, ${gone}`],
    });
    expect(response.status).toBe(200);
    expect(bench.contactsOf().sort()).toEqual([mobile, desk].sort());
  });

  it('a thousand contacts in one request are 403, whatever they ask for', () => {
    use();
    const lines = Array.from({ length: 10 }, () => many(100));
    expect(bench.register({ lines }).status).toBe(403);
    expect(bench.register({ lines: [...lines, 'Expires: 0'] }).status).toBe(403);
    expect(bench.location.size).toBe(0);
    expect(bench.store.writes).toBe(0);
  });

  it('where anybody may register, there is an end to it; who is registered stays so', () => {
    use({ maxBindings: 2 });
    const registerUser = (user: string, cseq: number): SipResponse =>
      bench.register({
        to: `sip:${user}@example.com`,
        callId: user,
        cseq,
        lines: [`Contact: <${desk}>`],
      });
    expect(registerUser('u1', 1).status).toBe(200);
    expect(registerUser('u2', 1).status).toBe(200);
    const response = registerUser('u3', 1);
    expect(response.status).toBe(503);
    expect(response.retryAfter).toBe(60);
    expect(registerUser('u2', 2).status).toBe(200);
    expect(bench.location.size).toBe(2);
  });

  it.each([
    ['a contact of 2 000 characters', [`Contact: <sip:${'a'.repeat(2_000)}@h.example>`], 400],
    ['parameters of 2 000 characters', [`Contact: <${desk}>;x=${'a'.repeat(2_000)}`], 400],
    ['a q that is none', [`Contact: <${desk}>;q=2`], 400],
    ['a reg-id that is none', [`Contact: <${desk}>;reg-id=0;+sip.instance="<urn:x:1>"`], 400],
    ['a telephone number as contact', ['Contact: <tel:+4930123>'], 400],
    [
      'a Path of seventeen proxies',
      [`Contact: <${desk}>`, 'Supported: path', `Path: ${Array(17).fill('<sip:p;lr>').join(', ')}`],
      400,
    ],
  ])('refuses %s', (_what, lines, status) => {
    expect(use().register({ lines }).status).toBe(status);
    expect(bench.location.size).toBe(0);
  });

  it('keeps a contact of another scheme, lists it, and sends nothing there (RFC 3261 §10.2.1)', () => {
    const mail = 'mailto:alice@example.com';
    use().register({ lines: [`Contact: <${desk}>`] });
    const added = bench.register({ cseq: 2, lines: [`Contact: <${mail}>`] });
    expect(added.status).toBe(200);
    expect(added.contacts.map(({ uriText }) => uriText).sort()).toEqual([mail, desk].sort());
    expect(bench.location.targets(aor).map(({ uri }) => uri)).toEqual([desk]);
    const again = bench.register({ cseq: 3, lines: [`Contact: <${mail}>;expires=90`] });
    expect(again.contacts.length).toBe(2);
    const removed = bench.register({ cseq: 4, lines: [`Contact: <${mail}>;expires=0`] });
    expect(removed.contacts.map(({ uriText }) => uriText)).toEqual([desk]);
  });

  it('keeps the beginning of what a phone says about itself', () => {
    use().register({ lines: [`Contact: <${desk}>`, `User-Agent: ${'x'.repeat(5_000)}`] });
    expect(bench.location.bindings(aor)[0]?.userAgent).toHaveLength(128);
  });
});

describe('whose address it is', () => {
  it.each([
    ['with parameters and a port', 'sip:alice@example.com:5061;transport=tcp'],
    ['escaped', 'sip:%61lice@EXAMPLE.com'],
    ['at the address that we listen on', 'sip:alice@192.0.2.1'],
    ['secure', 'sips:alice@example.com'],
    ['an alias of the user', 'sip:100@example.com'],
    ['a telephone number that is an alias', 'tel:1-00'],
  ])('is one in whatever form: %s', (_what, to) => {
    use().register({ to, lines: [`Contact: <${desk}>`] });
    expect(bench.contactsOf()).toEqual([desk]);
    expect(bench.location.bindings(aor)[0]?.aor).toBe(aor);
  });

  it('is 404 for a domain that is not ours, in the request URI (step 1) or in To (step 5)', () => {
    use();
    expect(bench.register({ uri: 'sip:example.net' }).status).toBe(404);
    expect(bench.register({ to: 'sip:alice@example.net' }).status).toBe(404);
    expect(bench.register({ to: 'sip:example.com' }).status).toBe(404);
  });

  it('is 416 for a request URI that cannot name a registrar', () => {
    use();
    expect(bench.register({ uri: 'tel:+4930123' }).status).toBe(416);
    expect(bench.register({ uri: 'http://example.com' }).status).toBe(416);
  });
});

describe('extensions that a REGISTER requires (RFC 3261 §8.2.2.3)', () => {
  it.each(['Require: path, gruu', 'Require: GRUU', 'Proxy-Require: gruu'])('%s is 420', (line) => {
    const response = use().register({ lines: [line, `Contact: <${desk}>`] });
    expect(response.status).toBe(420);
    expect(response.unsupported.map((tag) => tag.toLowerCase())).toEqual(['gruu']);
    expect(bench.location.size).toBe(0);
  });

  it('path and outbound are there', () => {
    const lines = ['Require: path, Outbound', `Contact: <${desk}>`];
    const response = use().register({ lines });
    expect(response.status).toBe(200);
    expect(response.supported).toEqual(['path', 'outbound']);
  });
});

describe('a store that fails', () => {
  it('is 500, and neither memory nor listeners hear of the change', () => {
    use().register({ lines: [`Contact: <${desk}>`] });
    bench.store.failure = new Error('disk full');
    const response = bench.register({ cseq: 2, lines: [`Contact: <${mobile}>`, 'Expires: 60'] });
    expect(response.status).toBe(500);
    expect(bench.contactsOf()).toEqual([desk]);
    expect(bench.changes).toHaveLength(1);
    expect(bench.errors).toEqual(['a REGISTER could not be processed']);

    bench.store.failure = undefined;
    expect(bench.register({ cseq: 2, lines: [`Contact: <${mobile}>`] }).status).toBe(200);
    expect(bench.location.size).toBe(2);
  });

  it('does not stop a query', () => {
    use().register({ lines: [`Contact: <${desk}>`] });
    bench.store.failure = new Error('disk full');
    expect(bench.register({ cseq: 2 }).status).toBe(200);
  });
});

describe('a response that has to wait', () => {
  it('is sent after the time that the guard asks for', () => {
    use({ onFailure: () => 2_000 });
    const transaction = bench.handle(registerRequest({ lines: ['Contact: *'] }));
    bench.clock.advance(1_999);
    expect(transaction.response).toBeUndefined();
    bench.clock.advance(1);
    expect(transaction.response?.status).toBe(400);
  });

  it('waits no longer than the transaction of the phone lives', () => {
    use({ onFailure: () => 3_600_000 });
    const transaction = bench.handle(registerRequest({ lines: ['Contact: *'] }));
    bench.clock.advance(10_000);
    expect(transaction.response?.status).toBe(400);
  });

  it('does not wait when very many do already, so that an attack fills no memory', () => {
    use({ onFailure: () => 2_000 });
    const request = registerRequest({ lines: ['Contact: *'] });
    const answered: AnsweredTransaction[] = [];
    for (let i = 0; i < 1_001; i += 1) answered.push(bench.handle(request));
    expect(answered.filter(({ ended }) => ended)).toHaveLength(1);
    expect(bench.clock.pending).toBe(1_000);
  });

  it('is forgotten when the registrar is closed', () => {
    use({ onFailure: () => 2_000 });
    bench.handle(registerRequest({ lines: ['Contact: *'] }));
    bench.registrar.close();
    expect(bench.clock.pending).toBe(0);
  });
});

describe('Service-Route (RFC 3608 §6.3)', () => {
  it('tells phones the way that their requests shall take', () => {
    const serviceRoute = ['<sip:edge.example.com;lr>', '<sip:core.example.com;lr>'];
    const response = use({ serviceRoute }).register({ lines: [`Contact: <${desk}>`] });
    expect(response.headers.getAll('Service-Route')).toEqual(serviceRoute);
  });
});
