import { CallchartError, DefectError } from '../../runtime/core/errors';
import { CallEndedError } from '../../runtime/call/errors';
import { TestApi } from './support/test-api';

let api: TestApi;

beforeEach(async () => {
  api = await TestApi.open();
});

afterEach(() => api.close());

const post = (path: string, body: unknown, headers = {}) =>
  api.ask('POST', path, { body, headers });

describe('placing a call', () => {
  it('answers at once with the call and where it is', async () => {
    const answer = await post('/v1/calls', {
      to: ['alice', '+491'],
      trunk: 'carrier',
      flow: 'survey',
      input: { customer: 7 },
      callerId: { number: '100', displayName: 'Desk' },
      headers: { 'X-Reason': 'test' },
      machineDetection: {},
      timeout: 20_000,
    });
    expect(answer).toMatchObject({ status: 201, body: { id: 'call-0', state: 'ringing' } });
    expect(answer.headers.get('location')).toBe('/v1/calls/call-0');
    expect(api.service.placed).toEqual([
      {
        to: ['alice', '+491'],
        trunk: 'carrier',
        target: { flow: 'survey', input: { customer: 7 } },
        callerId: { number: '100', displayName: 'Desk' },
        headers: { 'X-Reason': 'test' },
        machineDetection: {},
        timeout: 20_000,
      },
    ]);
  });

  it.each([
    [
      { url: 'https://app.example/answer', method: 'GET', format: 'json' },
      { document: { url: 'https://app.example/answer', method: 'GET', format: 'json' } },
    ],
    [{ content: '<Response/>' }, { content: '<Response/>', contentType: 'application/xml' }],
  ])('gives it to a web app or to a document: %j', async (target, expected) => {
    expect((await post('/v1/calls', { to: 'alice', ...target })).status).toBe(201);
    expect(api.service.placed[0]?.target).toEqual(expected);
  });

  it.each([
    [{ flow: 'a' }, 'to'],
    [{ to: 'alice' }, 'just one of flow, url and content'],
    [{ to: 'alice', flow: 'a', url: 'https://a.example' }, 'just one of'],
    [{ to: 'alice', flow: 'a', method: 'GET' }, 'method: belongs to url'],
    [{ to: 'alice', url: 'file:///etc/passwd' }, 'url: must be a URL of http or https'],
    [{ to: 'alice', flow: 'a', tiemout: 1 }, 'tiemout'],
    [{ to: [], flow: 'a' }, 'to'],
    [[], 'body'],
    ['text', 'body'],
    [null, 'body'],
  ])('refuses %j with what is wrong', async (body, told) => {
    const answer = await post('/v1/calls', JSON.stringify(body));
    expect(answer).toMatchObject({ status: 400, body: { code: 'CALLCHART_INVALID_REQUEST' } });
    expect(answer.text).toContain(told);
    expect(api.service.placed).toEqual([]);
  });

  it('422 for a flow or a trunk that there is not, 503 when no call is taken', async () => {
    api.service.refusal = new CallchartError('CALLCHART_UNKNOWN_FLOW', 'there is no flow "x"');
    expect(await post('/v1/calls', { to: 'a', flow: 'x' })).toMatchObject({
      status: 422,
      body: { code: 'CALLCHART_UNKNOWN_FLOW', detail: 'there is no flow "x"' },
    });
    api.service.refusal = undefined;
    api.service.full = true;
    const answer = await post('/v1/calls', { to: 'a', flow: 'x' });
    expect(answer).toMatchObject({ status: 503, body: { detail: 'sip.maxCalls is reached' } });
    expect(answer.headers.get('retry-after')).toBe('5');
  });

  it('says nothing of what nobody expected but that it is in the log', async () => {
    api.service.refusal = new DefectError('secret state at /srv/x.ts:1');
    const answer = await post('/v1/calls', { to: 'a', flow: 'x' });
    expect(answer).toMatchObject({ status: 500, body: { code: 'CALLCHART_DEFECT' } });
    expect(answer.text).not.toContain('secret');
  });
});

describe('Idempotency-Key', () => {
  const place = (body: object, key = 'once') =>
    post('/v1/calls', { to: 'alice', flow: 'survey', ...body }, { 'Idempotency-Key': key });

  it('gives the same answer to the same request, whatever the order of its members', async () => {
    const first = await place({ input: { a: 1, b: 2 } });
    const again = await post('/v1/calls', '{"input":{"b":2,"a":1},"flow":"survey","to":"alice"}', {
      'Idempotency-Key': 'once',
    });
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(api.service.placed).toHaveLength(1);
  });

  it('422 for another request, and another key is another call', async () => {
    await place({});
    expect(await place({ input: 1 })).toMatchObject({
      status: 422,
      body: { code: 'CALLCHART_IDEMPOTENCY_REUSED' },
    });
    expect((await place({}, 'twice')).status).toBe(201);
    expect(api.service.placed).toHaveLength(2);
  });

  it('is of one API key alone', async () => {
    await place({});
    const other = await api.ask('POST', '/v1/calls', {
      key: 'call-key',
      body: { to: 'alice', flow: 'survey' },
      headers: { 'Idempotency-Key': 'once' },
    });
    expect(other.headers.get('idempotency-replayed')).toBeNull();
    expect(api.service.placed).toHaveLength(2);
  });

  it('keeps no failure: it may be tried again', async () => {
    api.service.full = true;
    expect((await place({})).status).toBe(503);
    api.service.full = false;
    expect((await place({})).status).toBe(201);
  });

  it('409 while the first is in flight', async () => {
    const handle = api.service.add({ id: 'slow' });
    let go = (): void => undefined;
    handle.gate = new Promise((resolve) => (go = resolve));
    const play = () =>
      post('/v1/calls/slow/play', { prompt: 'hello' }, { 'Idempotency-Key': 'once' });
    const first = play();
    await handle.entered;
    expect(await play()).toMatchObject({
      status: 409,
      body: { code: 'CALLCHART_IDEMPOTENCY_IN_FLIGHT' },
    });
    go();
    expect((await first).status).toBe(204);
    expect((await play()).status).toBe(204);
    expect(handle.done).toHaveLength(1);
  });
});

describe('listing calls', () => {
  const ids = async (query: string): Promise<[string[], string | null]> => {
    const { body } = await api.get(`/v1/calls?${query}`);
    const { items, next } = body as { items: { id: string }[]; next: string | null };
    return [items.map(({ id }) => id), next];
  };

  beforeEach(() => {
    for (const id of ['live-a', 'live-b', 'live-c']) api.service.add({ id });
    for (const id of ['past-a', 'past-b', 'past-c']) api.history.add(id);
  });

  it('has those in progress first, then those that are over, the latest first', async () => {
    expect(await ids('')).toEqual([
      ['live-c', 'live-b', 'live-a', 'past-c', 'past-b', 'past-a'],
      null,
    ]);
    expect((await ids('state=live'))[0]).toEqual(['live-c', 'live-b', 'live-a']);
    expect((await ids('state=ended'))[0]).toEqual(['past-c', 'past-b', 'past-a']);
  });

  it.each([1, 2, 3, 4, 5, 6])('in pages of %d leaves none out', async (limit) => {
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const cursor: string = next === null ? '' : `&cursor=${next}`;
      const [page, following] = await ids(`limit=${limit}${cursor}`);
      expect(page.length).toBeLessThanOrEqual(limit);
      seen.push(...page);
      next = following;
    } while (next !== null);
    expect(seen).toEqual(['live-c', 'live-b', 'live-a', 'past-c', 'past-b', 'past-a']);
  });

  it('narrows both alike', async () => {
    api.service.add({ id: 'other', flow: 'echo', from: 'sip:carol@x', dialled: '200' });
    expect((await ids('state=live&flow=echo'))[0]).toEqual(['other']);
    expect((await ids('state=live&from=carol'))[0]).toEqual(['other']);
    expect((await ids('state=live&to=200'))[0]).toEqual(['other']);
    await ids(
      'flow=echo&from=carol&to=200&outcome=busy&direction=inbound&since=2026-01-01T00:00:00Z',
    );
    expect(api.history.filters.at(-1)).toEqual({
      flow: 'echo',
      from: 'carol',
      to: '200',
      status: 'busy',
      direction: 'inbound',
      startedAfter: Date.UTC(2026, 0, 1),
    });
  });

  it('400 for a cursor that no page has given', async () => {
    expect(await api.get('/v1/calls?cursor=abc')).toMatchObject({
      status: 400,
      body: { code: 'CALLCHART_BAD_CURSOR' },
    });
  });
});

describe('one call', () => {
  it('in progress, with its legs', async () => {
    api.service.add({
      id: 'a',
      legs: [{ id: 'a', of: 'call', party: 'sip:alice@x', state: 'answered', held: false }],
    });
    expect(await api.get('/v1/calls/a')).toMatchObject({
      status: 200,
      body: { id: 'a', flow: { name: 'menu', state: 'asking' }, legs: [{ media: null }] },
    });
  });

  it('that is over, with its record, in which no path of the machine stands', async () => {
    api.history.add('a');
    const { text, body } = await api.get('/v1/calls/a');
    expect(body).toMatchObject({
      state: 'ended',
      outcome: 'completed',
      end: { cause: 'bye' },
      record: { recordings: [{ id: 'x-1' }] },
    });
    expect(text).not.toContain('/srv/');
  });

  it('404 for one that never was', async () => {
    expect((await api.get('/v1/calls/a')).status).toBe(404);
  });
});

describe('steering a call', () => {
  it.each([
    ['redirect', { flow: 'voicemail' }, ['redirect', { flow: 'voicemail' }]],
    ['redirect', { flow: 'a', input: null }, ['redirect', { flow: 'a', input: null }]],
    ['hangup', { reason: 'closing' }, ['hangup', 'closing']],
    ['hangup', undefined, ['hangup', undefined]],
    ['digits', { digits: '12#' }, ['sendDigits', '12#']],
    [
      'play',
      { prompt: ['hello', { say: 'now' }], loop: 0 },
      ['play', ['hello', { say: 'now' }], { loop: 0 }],
    ],
  ])('%s %j', async (path, body, done) => {
    const handle = api.service.add({ id: 'a' });
    expect((await post(`/v1/calls/a/${path}`, body)).status).toBe(204);
    expect(handle.done).toEqual([done]);
  });

  it('holds and mutes, and undoes it', async () => {
    const handle = api.service.add({ id: 'a' });
    const change = (body: object) => api.ask('PATCH', '/v1/calls/a', { body });
    const held = await change({ held: true, music: 'waiting', muted: true });
    expect(held).toMatchObject({ status: 200, body: { held: true, muted: true } });
    expect(await change({ held: false })).toMatchObject({ body: { held: false, muted: true } });
    expect(handle.done).toEqual([
      ['hold', true, 'waiting'],
      ['mute', true],
      ['hold', false, undefined],
    ]);
    expect((await change({})).status).toBe(400);
  });

  it('ends what it plays', async () => {
    const handle = api.service.add({ id: 'a' });
    expect((await api.ask('DELETE', '/v1/calls/a/play')).status).toBe(204);
    expect(handle.done).toEqual([['stopPlaying']]);
  });

  it('sends an event to the machine, and says whether it was taken', async () => {
    const handle = api.service.add({ id: 'a' });
    const event = { type: 'paid', amount: 3 };
    expect((await post('/v1/calls/a/events', event)).body).toEqual({ taken: true });
    handle.takes = false;
    expect((await post('/v1/calls/a/events', event)).body).toEqual({ taken: false });
    expect(handle.done[0]).toEqual(['send', event]);
  });

  it('records: begins, pauses, goes on, completes', async () => {
    api.service.add({ id: 'a' });
    const begun = await post('/v1/calls/a/recordings', { channels: 'mixed' });
    expect(begun).toMatchObject({ status: 201, body: { id: 'a-1', state: 'recording' } });
    const change = (state: string) =>
      api.ask('PATCH', '/v1/calls/a/recordings/a-1', { body: { state } });
    for (const state of ['paused', 'recording', 'completed', 'completed']) {
      expect(await change(state)).toMatchObject({ status: 200, body: { state } });
    }
    expect((await change('paused')).status).toBe(409);
    expect(
      (await api.ask('PATCH', '/v1/calls/a/recordings/b', { body: { state: 'paused' } })).status,
    ).toBe(404);
  });

  it('never plays a file of the machine', async () => {
    const handle = api.service.add({ id: 'a' });
    const answer = await post('/v1/calls/a/play', { prompt: { file: '/etc/passwd' } });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ at: 'prompt' }] } });
    expect(handle.done).toEqual([]);
  });

  it.each([
    [new CallEndedError(), 409],
    [new CallchartError('CALLCHART_CALL_STATE', 'nobody has answered yet'), 409],
    [new CallchartError('CALLCHART_UNKNOWN_FLOW', 'there is no flow "x"'), 422],
    [new CallchartError('CALLCHART_PROMPT_MISSING', 'there is no prompt "x"'), 422],
    [new Error('boom'), 500],
  ])('answers what the call refuses: %s with %d', async (error, status) => {
    const handle = api.service.add({ id: 'a' });
    handle.failure = error;
    expect((await post('/v1/calls/a/play', { prompt: 'x' })).status).toBe(status);
  });

  it('409 for a call that is over, 404 for one that never was', async () => {
    api.history.add('past');
    expect(await post('/v1/calls/past/hangup', {})).toMatchObject({
      status: 409,
      body: { code: 'CALLCHART_CALL_ENDED' },
    });
    expect((await post('/v1/calls/none/hangup', {})).status).toBe(404);
  });
});
