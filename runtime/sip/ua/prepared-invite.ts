import { asRequestUri } from '../dialog/route-set';
import { createRequest } from '../message/create';
import type { SipRequest } from '../message/message';
import { parseUri, type Uri } from '../message/uri';
import type { Channel } from '../transport/port';
import { newTag, type Environment } from './environment';
import { inviteIdentity, inviteRequest, type InviteIdentity } from './invite-request';
import { asError } from './outbound';
import type { InviteOptions } from './port';
import { firstProposal } from './session-timer';

/** The first INVITE of a call, ready to go; or what was wrong with its options. */
export interface PreparedInvite {
  readonly request: SipRequest;
  readonly nextHop: Uri;
  readonly uri: Uri;
  readonly identity: InviteIdentity;
  readonly error: Error | undefined;
}

const noTags: ReadonlySet<string> = new Set();

/** The INVITE; or, of options that make none, a stand-in and what was wrong with them. */
export function prepareInvite(environment: Environment, options: InviteOptions): PreparedInvite {
  try {
    const uri = asRequestUri(parseUri(options.to));
    const identity = inviteIdentity(environment, options);
    const timer = firstProposal(environment.options);
    const variables = { sequence: 1, uri, timer, refusedTags: noTags };
    const { request, nextHop } = inviteRequest(environment, identity, options, variables);
    return { request, nextHop, uri, identity, error: undefined };
  } catch (error) {
    const localTag = newTag(environment);
    const nowhere = 'sip:invalid.invalid';
    const uri = parseUri(nowhere);
    const from = `<${nowhere}>;tag=${localTag}`;
    const identity = { from, to: `<${nowhere}>`, callId: newTag(environment), localTag };
    const request = createRequest({
      method: 'INVITE',
      requestUri: nowhere,
      headers: [
        ['Via', environment.outbound.newVia()],
        ['From', identity.from],
        ['To', identity.to],
        ['Call-ID', identity.callId],
        ['CSeq', '1 INVITE'],
      ],
    });
    return { request, nextHop: uri, uri, identity, error: asError(error) };
  }
}

const noAddress = { host: '0.0.0.0', port: 0 } as const;

/** The way of a call of which none is known yet. */
export const noChannel: Channel = {
  protocol: 'UDP',
  reliable: false,
  local: noAddress,
  remote: noAddress,
  send: (_message, onError) => {
    queueMicrotask(() => onError(new Error('the way to the peer is not known yet')));
  },
};
