import type { z } from 'zod';
import type { CallTarget, DocumentSource } from '../service/live-control';
import type { redirectCall } from './api/call-schemas';

type Body = Partial<z.output<typeof redirectCall>>;

/** What a call is given to, of a body that has passed its schema: just one of the three is there. */
export function readTarget(body: Body): CallTarget {
  const { flow, url, content, contentType = 'application/xml' } = body;
  if (flow !== undefined) return { flow, ...('input' in body ? { input: body.input } : {}) };
  if (content !== undefined) return { content, contentType };
  const { method, fallbackUrl, fallbackMethod, format } = body;
  const document: DocumentSource = {
    url: url ?? '',
    ...(method === undefined ? {} : { method }),
    ...(fallbackUrl === undefined ? {} : { fallbackUrl }),
    ...(fallbackMethod === undefined ? {} : { fallbackMethod }),
    ...(format === undefined ? {} : { format }),
  };
  return { document };
}
