import type { Uri } from '../sip/message/uri';
import type { Caller } from './port';

/** The user of a SIP URI; of a tel URI its number without visual separators (RFC 3966 §5.1.1). */
export function userOf(uri: Uri): string {
  return uri.scheme === 'tel' ? uri.number.replace(/[-.()]/g, '') : (uri.user ?? '');
}

/** For messages: `the trunk carrier`, `alice`, `a stranger`. */
export function describeCaller(caller: Caller): string {
  if (caller.type === 'trunk') return `the trunk ${caller.name}`;
  return caller.type === 'user' ? `the user ${caller.username}` : 'not known';
}
