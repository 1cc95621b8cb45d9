import type { SipResponse } from '../../message/message';
import { MessageError } from '../../message/message-error';
import { formatNameAddr } from '../../message/name-addr';
import type { NameAddr } from '../../message/values';
import type { ForwardTarget } from '../port';

/**
 * RFC 3261 §16.7 step 4: takes those contacts out of a 3xx that are followed, so that the caller does not try
 * them again. `add` says how many of them were new: where none was, the response stays as it is, as does one
 * that cannot be read.
 * @returns whether all its contacts are followed, and nothing is left of it for the caller.
 */
export function takeRedirect(
  response: SipResponse,
  follow: (contact: string) => boolean,
  add: (targets: readonly ForwardTarget[]) => number,
): boolean {
  const taken: ForwardTarget[] = [];
  const left: string[] = [];
  for (const contact of contactsOf(response)) {
    const { displayName, params, uriText } = contact;
    if (isSip(contact) && follow(uriText)) {
      taken.push({ uri: uriText, routes: [], q: qOf(contact) });
    } else {
      left.push(formatNameAddr({ displayName, uri: uriText, params }));
    }
  }
  if (taken.length === 0 || add(taken) === 0) return false;
  if (left.length === 0) return true;
  response.headers.set('Contact', left.join(', '));
  return false;
}

function contactsOf(response: SipResponse): readonly NameAddr[] {
  try {
    return response.contacts;
  } catch (error) {
    if (error instanceof MessageError) return [];
    throw error;
  }
}

function isSip({ uriText }: NameAddr): boolean {
  return /^sips?:/i.test(uriText);
}

/** RFC 3261 §20.10; one that is no number is none. */
function qOf({ params }: NameAddr): number {
  const q = Number(params.get('q') ?? 1);
  return q >= 0 && q <= 1 ? q : 1;
}
