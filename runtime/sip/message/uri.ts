import { PASSWORD, URI_HEADER, URI_PARAM, USER, lower } from './characters';
import { MessageError } from './message-error';
import { emptyParams } from './params';
import { scanUri } from './scan-uri';
import { escapeUri } from './uri-escape';
import type { Params } from './values';

export { sameUri } from './uri-equality';

export type Uri = SipUri | TelUri;

/** RFC 3261 §19.1. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Unescaped; undefined when there is no userinfo. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Lower-case, IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** Names lower-case, values unescaped, '' for a parameter without value. */
  readonly params: Params;
  /** After `?`; names as written, values unescaped. */
  readonly headers: readonly (readonly [string, string])[];
}

/** RFC 3966. */
export interface TelUri {
  readonly scheme: 'tel';
  /** As written, visual separators included. */
  readonly number: string;
  readonly params: Params;
}

/**
 * A sip, sips or tel URI. Throws a `MessageError`: status 416 for another scheme, 400 when it does not
 * follow the grammar.
 */
export function parseUri(text: string): Uri {
  const uri = scanUri(text, 0, text.length);
  if (uri === undefined) {
    throw new MessageError(`unsupported URI scheme: ${text.slice(0, text.indexOf(':'))}`, {
      status: 416,
    });
  }
  return uri;
}

/** `hostport` with brackets round IPv6. */
export function formatHost(host: string, port: number | undefined): string {
  const literal = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? literal : `${literal}:${port}`;
}

/** The URI as text; what must be escaped is. */
export function formatUri(uri: Uri): string {
  if (uri.scheme === 'tel') return `tel:${uri.number}${formatUriParams(uri.params)}`;
  let text = `${uri.scheme}:`;
  if (uri.user !== undefined) {
    text += escapeUri(uri.user, USER);
    if (uri.password !== undefined) text += `:${escapeUri(uri.password, PASSWORD)}`;
    text += '@';
  }
  text += formatHost(uri.host, uri.port) + formatUriParams(uri.params);
  let separator = '?';
  for (const [name, value] of uri.headers) {
    text += `${separator}${name}=${escapeUri(value, URI_HEADER)}`;
    separator = '&';
  }
  return text;
}

function formatUriParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) {
    text += `;${escapeUri(name, URI_PARAM)}`;
    if (value !== '') text += `=${escapeUri(value, URI_PARAM)}`;
  }
  return text;
}

/** A sip URI from its parts; `secure` makes it sips. */
export function sipUri(parts: {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly host: string;
  readonly port?: number | undefined;
  readonly params?: Params | undefined;
  readonly headers?: SipUri['headers'] | undefined;
  readonly secure?: boolean | undefined;
}): SipUri {
  return {
    scheme: parts.secure === true ? 'sips' : 'sip',
    user: parts.user,
    password: parts.password,
    host: lower(parts.host),
    port: parts.port,
    params: parts.params ?? emptyParams,
    headers: parts.headers ?? [],
  };
}
