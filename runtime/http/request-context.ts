import type { Request } from 'express';
import type { StoredApiKey } from '../store/api-key-table';

/** What is known of a request on its way. */
export interface RequestContext {
  readonly id: string;
  /** When it came, by the server's clock. */
  readonly began: number;
  /** Aborted when its connection is gone, or its answer is given. */
  readonly signal: AbortSignal;
  /** Of the table; '' for what no endpoint takes. */
  endpoint: string;
  key: StoredApiKey | undefined;
}

const contexts = new WeakMap<Request, RequestContext>();

export function setContext(request: Request, context: RequestContext): void {
  contexts.set(request, context);
}

export function contextOf(request: Request): RequestContext {
  const context = contexts.get(request);
  if (context === undefined) throw new TypeError('the request has not begun');
  return context;
}
