import type { RequestParameters } from './parameters';
import { twilioProblems } from './problem';
import type { TwilioRequest } from './route';

/** Which part of a list is wanted. */
export interface PageRequest {
  readonly size: number;
  readonly page: number;
  /** What the page before has given; undefined for the first. */
  readonly token: string | undefined;
}

/** Some of a list, and what gives what follows. */
export interface Slice<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

export function pageRequest(given: RequestParameters): PageRequest {
  return {
    // Twilio gives a thousand to whoever wants more.
    size: Math.min(given.integer('PageSize', [1, 1_000_000]) ?? 50, 1_000),
    page: given.integer('Page', [0, 999_999_999]) ?? 0,
    token: given.text('PageToken'),
  };
}

/** A page of a list that is there as a whole. */
export function sliceOf<T>(all: readonly T[], { size, page, token }: PageRequest): Slice<T> {
  const [, digits] = /^PT(\d{1,9})$/.exec(token ?? `PT${page * size}`) ?? [];
  if (digits === undefined) throw badToken();
  const start = Number(digits);
  const end = start + size;
  return { items: all.slice(start, end), next: end < all.length ? `PT${end}` : undefined };
}

export function badToken() {
  return twilioProblems.badValue(20001, 'PageToken is none that a page has given');
}

/** A list as Twilio's clients read it: `name` is its one member that is no number of a page. */
export function pageBody(
  { raw, given }: Pick<TwilioRequest, 'raw' | 'given'>,
  name: string,
  { items, next }: Slice<object>,
): object {
  const { size, page } = pageRequest(given);
  const [path = ''] = raw.originalUrl.split('?', 1);
  const link = (number: number, token: string | undefined): string => {
    const query = new URLSearchParams(raw.originalUrl.slice(path.length + 1));
    query.set('PageSize', String(size));
    query.set('Page', String(number));
    query.delete('PageToken');
    if (token !== undefined) query.set('PageToken', token);
    return `${path}?${query.toString()}`;
  };
  return {
    [name]: items,
    first_page_uri: link(0, undefined),
    next_page_uri: next === undefined ? null : link(page + 1, next),
    // A list that goes on from a mark does not know the way back.
    previous_page_uri: null,
    ...{ page, page_size: size, start: page * size },
    end: page * size + Math.max(0, items.length - 1),
    uri: raw.originalUrl,
  };
}
