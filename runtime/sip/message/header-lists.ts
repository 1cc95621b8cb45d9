import type { HeaderList } from './header-list';
import { parseMediaType, splitList } from './header-values';
import { scanNameAddrs } from './name-addr';
import type { MediaType, NameAddr } from './values';

/** All elements of a comma-separated header, over all its fields; commas in quotes do not count. */
export function elementsOf(headers: HeaderList, name: string): string[] {
  const elements: string[] = [];
  for (const text of headers.getAll(name)) splitList(text, elements);
  return elements;
}

/**
 * The addresses of a header that has no member of its own: P-Asserted-Identity, Path, Service-Route,
 * Diversion and the like. Throws a `MessageError` when one is malformed.
 */
export function addressesOf(headers: HeaderList, name: string): NameAddr[] {
  const addresses: NameAddr[] = [];
  for (const text of headers.getAll(name)) scanNameAddrs(text, 0, text.length, addresses);
  return addresses;
}

/**
 * What the sender takes as a body (RFC 3261 §20.1), in its order; undefined without an Accept header,
 * which then is `application/sdp` for INVITE. An empty Accept takes nothing.
 */
export function acceptOf(headers: HeaderList): MediaType[] | undefined {
  return headers.has('Accept') ? elementsOf(headers, 'Accept').map(parseMediaType) : undefined;
}

/** Whether a list from {@link acceptOf} covers `type/subtype` (lower-case), wildcards and `q=0` minded. */
export function isAccepted(accept: readonly MediaType[], type: string): boolean {
  const family = `${type.slice(0, type.indexOf('/'))}/*`;
  // RFC 3261 §20.1, RFC 2616 §14.1: the most specific range decides.
  for (const range of [type, family, '*/*']) {
    const match = accept.find(({ value }) => value === range);
    if (match !== undefined) return Number(match.params.get('q') ?? 1) !== 0;
  }
  return false;
}
