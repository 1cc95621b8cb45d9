import fc from 'fast-check';
import type { EndpointDescription } from '../../runtime/http/api/endpoint';
import { endpoints } from '../../runtime/http/api/endpoints';
import { TestApi } from './support/test-api';

let api: TestApi;

beforeAll(async () => {
  api = await TestApi.open();
  api.service.add({ id: 'call-0' });
});

afterAll(() => api.close());

const withBody = Object.values<EndpointDescription>(endpoints).filter(
  ({ body }) => body !== undefined,
);

/** What was accepted, with parts of it replaced by anything. */
function mangled(example: unknown): fc.Arbitrary<unknown> {
  if (typeof example !== 'object' || example === null) return fc.jsonValue();
  const members = Object.entries(example).map(
    ([key, value]) => [key, fc.oneof(fc.constant(value), fc.jsonValue(), mangled(value))] as const,
  );
  const extra = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 });
  return fc
    .tuple(fc.record(Object.fromEntries(members), { requiredKeys: [] }), extra)
    .map(([known, more]) => ({ ...more, ...known }));
}

it.each(withBody)('$method $path answers any body, and never with 500', async (endpoint) => {
  const path = endpoint.path.replace('{id}', 'call-0').replace('{recording}', 'r-1');
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.json(),
        fc.string(),
        mangled(endpoint.example?.body).map((body) => JSON.stringify(body)),
      ),
      async (body) => {
        const { status } = await api.ask(endpoint.method.toUpperCase(), path, { body });
        expect(status).toBeLessThan(500);
      },
    ),
    { numRuns: 15 },
  );
});

it('answers any query and any path of its endpoints, and never with 500', async () => {
  const paths = Object.values<EndpointDescription>(endpoints)
    .filter(({ method, path }) => method === 'get' && path !== '/v1/events')
    .map(({ path }) => path);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.string(),
      fc.dictionary(fc.constantFrom('limit', 'cursor', 'since', 'state', 'x'), fc.string()),
      async (path, id, query) => {
        const where = path.replace(
          /\{\w+\}/g,
          encodeURIComponent(id).replaceAll('.', '%2E') || 'a',
        );
        const { status } = await api.get(`${where}?${new URLSearchParams(query).toString()}`);
        expect(status).not.toBe(500);
      },
    ),
    { numRuns: 60 },
  );
});

const post = (body: string, headers = {}) =>
  api.ask('POST', '/v1/calls', { body, headers: { ...headers } });

it('413 for a body that is too large, whether it says so beforehand or not', async () => {
  const huge = JSON.stringify({ to: 'a', flow: 'b', input: 'x'.repeat(20_000) });
  expect(await post(huge)).toMatchObject({
    status: 413,
    body: { detail: 'the body is larger than http.bodyLimit allows' },
  });
  const chunk = 'x'.repeat(1_000);
  const chunks = `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(20);
  const raw = await api.raw(
    'POST /v1/calls HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer call-key\r\n' +
      `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
  );
  expect(raw).toMatch(/^HTTP\/1\.1 413 .*problem\+json/s);
});

it('does not read the body of who has no key', async () => {
  const raw = await api.raw(
    'POST /v1/calls HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 900000000\r\n\r\n{',
  );
  expect(raw).toMatch(/^HTTP\/1\.1 401 .*Connection: close/s);
});

it('415 for what is no JSON by its content type, or is compressed, or no UTF-8', async () => {
  for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']) {
    expect((await post('to=a', { 'Content-Type': type })).status).toBe(415);
  }
  expect((await post('{}', { 'Content-Encoding': 'gzip' })).status).toBe(415);
  expect((await post('{}', { 'Content-Type': 'application/json; charset=latin1' })).status).toBe(
    415,
  );
});

it('400 for what is no JSON, and for what is nested too deep', async () => {
  expect(await post('{"to":')).toMatchObject({
    status: 400,
    body: { detail: 'the body is no JSON' },
  });
  const deep = `{"to":"a","flow":"b","input":${'['.repeat(4_000)}${']'.repeat(4_000)}}`;
  expect(await post(deep)).toMatchObject({
    status: 400,
    body: { detail: 'the body is nested more than 50 deep' },
  });
});

it.each([
  ['header', 'GET /health/live HTTP/1.1\r\nHost: a\r\nX-Slow: ', { header: 50 }],
  [
    'body',
    'POST /v1/calls HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer call-key\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    { header: 50, request: 100 },
  ],
])('408 for a %s that does not come to its end', async (_, bytes, limits) => {
  const strict = await TestApi.open({ parts: { limits } });
  try {
    expect(await strict.raw(bytes)).toMatch(/^HTTP\/1\.1 408 .*problem\+json/s);
  } finally {
    await strict.close();
  }
});

describe('a web page in the browser of somebody who may use the API', () => {
  const from = async (headers: Readonly<Record<string, string>>): Promise<string> => {
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const credentials = `Authorization: Basic ${Buffer.from('x:admin-key').toString('base64')}`;
    const raw = await api.raw(
      `DELETE /v1/calls/call-0/play HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n${credentials}\r\n${fields.join('')}Connection: close\r\n\r\n`,
    );
    return raw.slice(9, 12);
  };

  it.each([
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'navigate' },
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
  ])('may not ask with what he has typed once: %j', async (headers) => {
    expect(await from(headers)).toBe('403');
  });

  it.each([{}, { Origin: 'http://127.0.0.1:8080' }, { 'Sec-Fetch-Site': 'same-origin' }])(
    'is another matter than a program, or a page of the server itself: %j',
    async (headers) => {
      expect(await from(headers)).toBe('204');
    },
  );
});

it("an event that only XState may make up does not reach a call's machine", async () => {
  const answer = await api.ask('POST', '/v1/calls/call-0/events', {
    body: { type: 'xstate.done.actor.0.menu.asking', output: { type: 'digits', digits: '1' } },
  });
  expect(answer).toMatchObject({ status: 400, body: { code: 'CALLCHART_INVALID_REQUEST' } });
});

it('who has no key fills no log, however often he asks', async () => {
  const lines: string[] = [];
  const write = (_: unknown, message: string) => void lines.push(message);
  const logger = { debug: () => undefined, info: write, warn: write, error: write };
  const flooded = await TestApi.open({ logger });
  try {
    lines.length = 0;
    for (let i = 0; i < 20; i += 1) {
      await flooded.ask('POST', '/v1/calls', { key: undefined, body: { to: 'a', flow: 'b' } });
    }
    expect(lines).toEqual([]);
  } finally {
    await flooded.close();
  }
});
