import { asRequestUri } from '../dialog/route-set';
import type { SipResponse } from '../message/message';
import type { NameAddr } from '../message/values';
import { sameUri, type Uri } from '../message/uri';
import { readable } from './readable';

/** Where one INVITE may be sent on to, in all: RFC 3261 §8.1.3.4 wants a limit and names none. */
const maxRedirects = 5;

/** Those that name other places for the same request; 305 and 380 ask for more than another URI. */
const movedStatuses: ReadonlySet<number> = new Set([300, 301, 302]);

/** The targets that redirections of one request have named (RFC 3261 §8.1.3.4). */
export class Redirects {
  /** Each place once, whatever the path to it: a loop ends here. */
  private readonly seen: Uri[];
  private readonly waiting: { readonly uri: Uri; readonly q: number }[] = [];
  private followed = 0;

  constructor(
    first: Uri,
    private readonly allows: (contact: string) => boolean,
  ) {
    this.seen = [first];
  }

  /** Takes the contacts of a 3xx in: they come before those that were known, by q. */
  add(response: SipResponse): void {
    if (!movedStatuses.has(response.status)) return;
    const fresh: { readonly uri: Uri; readonly q: number }[] = [];
    for (const contact of readable(() => response.contacts) ?? []) {
      const uri = this.usable(contact);
      if (uri !== undefined) fresh.push({ uri, q: quality(contact) });
    }
    // A sort keeps the order of equals: as they were named.
    this.waiting.unshift(...fresh.sort((a, b) => b.q - a.q));
    this.waiting.length = Math.min(this.waiting.length, maxRedirects - this.followed);
  }

  next(): Uri | undefined {
    const next = this.waiting.shift();
    if (next === undefined) return undefined;
    this.followed += 1;
    return next.uri;
  }

  private usable(contact: NameAddr): Uri | undefined {
    const named = readable(() => contact.uri);
    if (named === undefined || named.scheme === 'tel') return undefined;
    // RFC 3261 §26.2.2: who asked for security does not get less by a redirection.
    if (this.seen[0]?.scheme === 'sips' && named.scheme !== 'sips') return undefined;
    const uri = asRequestUri(named);
    if (this.seen.length > 64 || this.seen.some((each) => sameUri(each, uri))) return undefined;
    if (!this.allows(contact.uriText)) return undefined;
    this.seen.push(uri);
    return uri;
  }
}

/** RFC 3261 §20.10: without a q a contact is as good as any. */
function quality(contact: NameAddr): number {
  const q = Number(contact.params.get('q') ?? 1);
  return q >= 0 && q <= 1 ? q : 0;
}
