import {
  channelOf,
  registerRequest,
  RegistrarBench,
  ScriptedAuthenticator,
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
