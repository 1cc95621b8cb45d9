import { validate } from '@readme/openapi-parser';
import type { EndpointDescription } from '../../runtime/http/api/endpoint';
import { endpoints } from '../../runtime/http/api/endpoints';
import { createRouter, expressPath, type RouterParts } from '../../runtime/http/router';
import { describeApi } from '../../runtime/http/openapi';
import { TestApi } from './support/test-api';

type Json = Readonly<Record<string, unknown>>;
type Operation = Json & { readonly operationId: string };

const described = describeApi('1.2.3', 'http://127.0.0.1:8080') as Json & {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const table: readonly (readonly [string, EndpointDescription])[] = Object.entries(endpoints);

let api: TestApi;

beforeAll(async () => {
  api = await TestApi.open();
});

afterAll(() => api.close());

it('is served as it is, and is OpenAPI', async () => {
  const { body } = await api.get('/openapi.json');
  expect(body).toEqual({ ...described, servers: [{ url: api.api.url }] });
  expect(await validate(structuredClone(body) as never)).toEqual({
    valid: true,
    warnings: [],
    specification: 'OpenAPI',
  });
});

it('has each route of the server, and no other', () => {
  const made = createRouter({
    handlers: {},
    bodyLimit: 1_000,
    rateLimit: 1,
  } as unknown as RouterParts);
  made.close();
  const routes = made.router.stack.flatMap(({ route }) =>
    // What is there for all methods says that the others are not possible.
    route?.stack.map(({ method }) => method).includes(undefined as never) === true
      ? []
      : [`${route?.stack[0]?.method ?? ''} ${String(route?.path)}`],
  );
  const paths = Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${expressPath(path)}`),
  );
  expect(routes.sort()).toEqual(paths.sort());
});

it('has each endpoint once, with a summary and a key where it needs one', () => {
  const ids = Object.values(described.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(ids.sort()).toEqual(table.map(([id]) => id).sort());
  for (const [, { path, method, scope }] of table) {
    const operation = described.paths[path]?.[method];
    expect(operation?.['summary']).toEqual(expect.any(String));
    expect('security' in (operation ?? {})).toBe(scope === 'none');
  }
});

it.each(table.filter(([, { body }]) => body !== undefined))(
  'shows a body of %s that is accepted',
  (_, { body, example }) => {
    expect(example?.body).toBeDefined();
    expect(body?.safeParse(example?.body)).toMatchObject({ success: true });
  },
);
