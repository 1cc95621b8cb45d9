import type { SipResponse } from '../../sip/message/message';

/** Where a 3xx leads, the likeliest first (RFC 3261 §20.10); nowhere when that cannot be read. */
export function contactsOf(response: SipResponse | undefined): readonly string[] {
  try {
    return [...(response?.contacts ?? [])]
      .map((contact) => ({ uri: contact.uriText, q: quality(contact.params.get('q')) }))
      .sort((a, b) => b.q - a.q)
      .map(({ uri }) => uri);
  } catch {
    return [];
  }
}

/** RFC 3261 §25.1 `qvalue`; without one a contact is as good as any. */
function quality(text: string | undefined): number {
  const q = Number(text ?? '1');
  return q >= 0 && q <= 1 ? q : 1;
}
