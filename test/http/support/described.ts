import { z } from 'zod';
import { endpoints } from '../../../runtime/http/api/endpoints';
import type { EndpointDescription } from '../../../runtime/http/api/endpoint';
import { describeApi } from '../../../runtime/http/openapi';

type Json = Readonly<Record<string, unknown>>;

const described = describeApi('1.2.3', 'http://127.0.0.1:8080');
const known = new Map<string, z.ZodType | undefined>();

/**
 * What an answer has to be by the description that is served, not by the schemas that it was made of; undefined where
 * it has no JSON. Throws for an answer that the description does not have.
 */
export function describedAnswer(
  method: string,
  path: string,
  status: number,
): z.ZodType | undefined {
  const endpoint = Object.values<EndpointDescription>(endpoints).find(
    (each) => each.method === method.toLowerCase() && matches(each.path, path),
  );
  if (endpoint === undefined) return undefined;
  const key = `${method} ${endpoint.path} ${status}`;
  if (!known.has(key)) known.set(key, read(endpoint, status));
  return known.get(key);
}

function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path.replace(/\?.*/, ''));
}

function read({ method, path }: EndpointDescription, status: number): z.ZodType | undefined {
  const answer = at(described, ['paths', path, method, 'responses', String(status)]);
  if (answer === undefined) {
    throw new Error(`${method} ${path} answers ${status}, which its description does not have`);
  }
  const contents = (answer as Json)['content'] as Json | undefined;
  const [[type, media] = []] = Object.entries(contents ?? {});
  if (type?.includes('json') !== true) return undefined;
  const schema = {
    ...((media as Json)['schema'] as Json),
    $defs: at(described, ['components', 'schemas']),
  };
  const text = JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/');
  return z.fromJSONSchema(JSON.parse(text) as never);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);
}
