import type { CallInfo, CallParty } from '../call/port';

/** What an app that knows Twilio is told of who calls whom. */
export interface CallParties {
  readonly from: string;
  readonly to: string;
}

/** A number as people dial it. */
const NUMBER = /^\+?[0-9*#]+$/;

/**
 * Numbers as they are, registered users as `client:name`, and everybody else by his SIP URI. Who wants to stay unknown
 * is `anonymous`; of an inbound call counts whom the trunk says that the caller is.
 */
export function partiesOfCall(info: CallInfo): CallParties {
  if (info.direction === 'outbound') {
    // Of several that were called at once the first; what was dialled stays the same when somebody has answered.
    const [dialled = ''] = info.dialled.split(' ', 1);
    return { from: nameOf(info.from), to: addressName(dialled) };
  }
  return { from: callerOf(info), to: calledOf(info) };
}

function callerOf(info: CallInfo): string {
  if (info.user !== undefined) return `client:${info.user}`;
  if (info.anonymous === true) return 'anonymous';
  const { asserted, from } = info;
  if (asserted === undefined) return nameOf(from);
  return addressName(asserted.uri);
}

function calledOf(info: CallInfo): string {
  return NUMBER.test(info.dialled) ? info.dialled : plainUri(info.to.uri);
}

function nameOf(party: CallParty): string {
  if (NUMBER.test(party.user)) return party.user;
  if (party.user.toLowerCase() === 'anonymous') return 'anonymous';
  return party.uri === '' ? party.user : plainUri(party.uri);
}

/** What somebody at a URI, or at what a flow dials, is called. */
export function addressName(address: string): string {
  const [, user] = /^(?:sips?|tel):([^@;?]*)/i.exec(address) ?? [];
  if (user === undefined) return NUMBER.test(address) ? address : `client:${address}`;
  const plain = unescaped(user).replace(/[\s().-]/g, '');
  return NUMBER.test(plain) ? plain : plainUri(address);
}

/** The part of a SIP URI behind the `@`, without its port. */
export function hostOf(uri: string): string | undefined {
  const host = /@(\[[^\]]*\]|[^:;?>]*)/.exec(uri)?.[1];
  return host === '' ? undefined : host;
}

/** Without parameters and headers, which say nothing of who it is. */
function plainUri(uri: string): string {
  return uri.replace(/[;?].*$/, '');
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
