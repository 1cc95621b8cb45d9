import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { EndpointDescription } from './api/endpoint';
import { endpoints } from './api/endpoints';
import * as schemas from './api/schemas';

type Json = Readonly<Record<string, unknown>>;

/** Statuses that a request with a key may get anywhere. */
const always = [400, 401, 403, 429, 500] as const;

/** The description of the API, made of the table of its endpoints. */
export function describeApi(version: string, url: string): Json {
  const components = schemaComponents();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, description] of Object.entries<EndpointDescription>(endpoints)) {
    (paths[description.path] ??= {})[description.method] = operation(operationId, description);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Callchart',
      version,
      description: 'Starts, steers and follows phone calls.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url }],
    security: [{ key: [] }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: '`callchart keys add` makes one.' },
      },
    },
  };
}

/** The names of schemas, for references to them. */
const names = new Map<z.ZodType, string>(
  Object.entries(schemas)
    .filter(([name]) => !/(Query|Params)$/.test(name))
    .map(([name, schema]) => [schema, `${name.charAt(0).toUpperCase()}${name.slice(1)}`]),
);

function schemaComponents(): Json {
  const all: Record<string, unknown> = {};
  for (const io of ['input', 'output'] as const) {
    const registry = z.registry<{ id: string }>();
    for (const [schema, id] of names) registry.add(schema, { id });
    const made = z.toJSONSchema(registry, { io, uri: reference, unrepresentable: 'any' });
    for (const [name, schema] of Object.entries(made.schemas)) {
      // What is only sent is described as it is sent.
      if (io === 'input' || !isSent(name)) all[name] = plain(schema);
    }
  }
  return all;
}

/** Whether a schema is one of requests' bodies. */
function isSent(name: string): boolean {
  return Object.values<EndpointDescription>(endpoints).some(
    ({ body }) => body !== undefined && names.get(body) === name,
  );
}

function reference(name: string): string {
  return `#/components/schemas/${name}`;
}

function plain(schema: Json): Json {
  return Object.fromEntries(
    Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id'),
  );
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const name = names.get(schema);
  if (name !== undefined) return { $ref: reference(name) };
  return plain(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
}

function operation(operationId: string, endpoint: EndpointDescription): Json {
  const { summary, description, scope, group, body, answers, problems = [], example } = endpoint;
  const failures = [...(scope === 'none' ? [] : always), ...problems].sort((a, b) => a - b);
  return {
    operationId,
    summary,
    description: [description, scopeText(scope)].filter((part) => part !== undefined).join('\n\n'),
    tags: [group],
    ...(scope === 'none' ? { security: [] } : {}),
    parameters: [
      ...parameters('path', endpoint.params),
      ...parameters('query', endpoint.query),
      ...(endpoint.idempotent === true ? [idempotencyKey] : []),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: schemaOf(body, 'input'),
                ...(example?.body === undefined ? {} : { example: example.body }),
              },
            },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          { description: answer.description, ...content(answer, example?.answer) },
        ]),
      ),
      ...Object.fromEntries(failures.map((status) => [status, failure(status)])),
    },
  };
}

function scopeText(scope: EndpointDescription['scope']): string {
  return scope === 'none' ? 'Needs no key.' : `Needs a key of scope \`${scope}\`.`;
}

function content(
  { schema, contentType, item }: EndpointDescription['answers'][number],
  example: unknown,
): Json {
  if (schema === undefined && contentType === undefined) return {};
  const described = schema === undefined ? { type: 'string' } : schemaOf(schema, 'output');
  return {
    content: {
      [contentType ?? 'application/json']: {
        schema: described,
        ...(example === undefined ? {} : { example }),
        ...(item === undefined ? {} : { 'x-item-schema': schemaOf(item, 'output') }),
      },
    },
  };
}

function failure(status: number): Json {
  return {
    description: STATUS_CODES[status] ?? 'Error',
    content: { 'application/problem+json': { schema: schemaOf(schemas.problem, 'output') } },
  };
}

function parameters(where: 'path' | 'query', shape: z.ZodObject | undefined): Json[] {
  if (shape === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(shape, {
    io: 'input',
    unrepresentable: 'any',
  });
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as Json;
    return {
      name,
      in: where,
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'The same key with the same request gets the same answer for 24 hours, and is carried out once.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
};
