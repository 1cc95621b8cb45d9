import type { Request, Response } from 'express';
import type { ApiScope } from '../../core/api-scope';
import type { RequestParameters } from './parameters';

/** How a path ends: `.json` and nothing are the same, but for recordings. */
export type Extension = '' | 'json' | 'wav' | 'mp3';

/** A request of somebody who may make it. */
export interface TwilioRequest {
  /** Of the path: `call`, `conference`, … */
  readonly sid: (name: string) => string;
  readonly given: RequestParameters;
  readonly extension: Extension;
  readonly raw: Request;
}

export type TwilioAnswer =
  | { readonly status: 200 | 201; readonly body: object }
  | { readonly status: 204 }
  /** No JSON: written by who gives it. */
  | { readonly stream: (response: Response) => Promise<void> };

/** One operation of a resource. */
export interface TwilioRoute {
  readonly method: 'get' | 'post' | 'delete';
  /** Behind the account, as express writes it: `/Calls/:call`. */
  readonly path: string;
  readonly scope: ApiScope;
  readonly handle: (request: TwilioRequest) => TwilioAnswer | Promise<TwilioAnswer>;
}

export const API_VERSION = '2010-04-01';

/** What all resources know. */
export interface Account {
  readonly sid: string;
  /** Of a resource, absolute on this server: `/2010-04-01/Accounts/AC…/Calls/CA….json`. */
  readonly uri: (path: string, extension?: string) => string;
}

export function accountOf(sid: string): Account {
  return {
    sid,
    uri: (path, extension = '.json') => `/${API_VERSION}/Accounts/${sid}${path}${extension}`,
  };
}
