import { token } from '../../core/random';
import { createResponse } from '../message/create';
import type { SipRequest } from '../message/message';
import { MessageError } from '../message/message-error';
import { formatNameAddr } from '../message/name-addr';
import { parseUri, sameUri, type Uri } from '../message/uri';
import type { ServerTransaction } from '../transaction/port';
import type { ElementServices } from '../ua/port';
import type { ForwardTarget } from './port';

/** The redirections of RFC 3261 §21.3. */
export type RedirectStatus = 300 | 301 | 302 | 305 | 380;

/** The most contacts of one response: a UAC tries them in turn. */
const maxContacts = 50;

/**
 * A redirect server (RFC 3261 §8.3): tells callers where to ask themselves, and keeps nothing of it but the
 * transaction.
 */
export class RedirectServer {
  constructor(private readonly services: Pick<ElementServices, 'random' | 'product'>) {}

  /**
   * Answers with the targets as contacts, the likeliest first, with their q. A target that is reached through
   * others (Path) is none for the caller, who cannot go that way, nor is the URI that was asked for (RFC 3261
   * §8.3: MUST NOT). Whatever else the request asks of a server is not looked at.
   * @param known whether there is such a user at all: 480 when none can be reached now, or else 404.
   */
  redirect(
    transaction: ServerTransaction,
    targets: readonly ForwardTarget[],
    status: RedirectStatus,
    known = true,
  ): void {
    const contacts = contactsOf(targets, transaction.request);
    if (contacts.length === 0) {
      // RFC 3261 §8.3: 404 also where there is nothing but the URI itself.
      const asked = targets.some(({ routes }) => routes.length === 0);
      this.respond(transaction, known && !asked ? 480 : 404, []);
      return;
    }
    // RFC 3261 §21.3.4: 305 names one proxy. A 300 with one choice is none, and still what was asked for.
    this.respond(transaction, status, status === 305 ? contacts.slice(0, 1) : contacts);
  }

  private respond(
    transaction: ServerTransaction,
    status: number,
    contacts: readonly string[],
  ): void {
    const { product, random } = this.services;
    const response = createResponse(transaction.request, status, { toTag: token(random, 64) });
    for (const contact of contacts) response.headers.append('Contact', contact);
    response.headers.append('Server', product);
    transaction.respond(response);
  }
}

/** Contact values in the order of q, each URI once; no q where all have the highest (RFC 3261 §20.10). */
function contactsOf(targets: readonly ForwardTarget[], request: SipRequest): readonly string[] {
  const asked = readUri(request.requestUri);
  const contacts = new Map<string, number>();
  for (const { uri, q, routes } of [...targets].sort((a, b) => b.q - a.q)) {
    if (contacts.size === maxContacts) break;
    const read = readUri(uri);
    if (routes.length > 0 || read === 'malformed' || contacts.has(uri)) continue;
    const loops = typeof read === 'object' && typeof asked === 'object' && sameUri(read, asked);
    if (!loops) contacts.set(uri, q);
  }
  const plain = [...contacts.values()].every((q) => q === 1);
  return [...contacts].map(([uri, q]) =>
    formatNameAddr(plain ? { uri } : { uri, params: new Map([['q', formatQ(q)]]) }),
  );
}

/** RFC 3261 §25.1 `qvalue`: three decimals at most. */
function formatQ(q: number): string {
  return String(Math.round(Math.min(Math.max(q, 0), 1) * 1000) / 1000);
}

/** A contact may be of any scheme (RFC 3261 §8.3), also of those that we cannot read. */
function readUri(text: string): Uri | 'foreign' | 'malformed' {
  try {
    return parseUri(text);
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return error.status === 416 && /^[a-z][\w+.-]*:[^\s<>"]+$/i.test(text)
      ? 'foreign'
      : 'malformed';
  }
}
