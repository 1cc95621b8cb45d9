import type { DialogReference } from '../../sip/message/dialog-reference';
import type { Session } from '../../sip/ua/port';
import type { LegEnd } from '../call-record';
import type { Conversation } from '../dial/conversation';
import type { TransferHost } from '../dial/party';

/** One end of a conversation: the party that transfers, or that is to be replaced. */
export interface TransferSide {
  readonly host: TransferHost;
  readonly conversation: Conversation;
  readonly leaver: 'caller' | 'callee';
  /** Of the party that leaves. */
  readonly session: Session;
  /** Whom it was called as, or by which trunk it came, where that is proven. */
  readonly user: string | undefined;
  readonly trunk: string | undefined;
}

/** The conversation that a dialog of ours belongs to; `alone` when its peer talks with a flow, or still waits. */
export type FindSide = (reference: DialogReference) => TransferSide | 'alone' | undefined;

export const transferred: LegEnd = { by: 'system', cause: 'transferred', status: 200, reason: '' };

/** As a Replaces names a session to us. */
export function referenceTo({ callId, localTag, remoteTag = '' }: Session): DialogReference {
  return { callId, toTag: localTag, fromTag: remoteTag, earlyOnly: false, params: new Map() };
}

/** Whether nothing stands in the way of this party's leaving, and of another's coming in its place. */
export function mayLeave({ conversation, leaver }: TransferSide): boolean {
  return conversation.pending === undefined && conversation.canLose(leaver);
}

/** Whether a Replaces names this session: its to-tag is our tag, its from-tag the peer's (RFC 3891 §3). */
export function isNamed(session: Session, { callId, toTag, fromTag }: DialogReference): boolean {
  return session.callId === callId && session.localTag === toTag && session.remoteTag === fromTag;
}

/**
 * Whether the same party is at the other end of both: nobody else may put an end to a conversation by naming it
 * (RFC 3891 §5). Where one of them is not proven to be anybody, both are known by the address.
 */
export function isSameParty(one: TransferSide, other: TransferSide): boolean {
  if (one.user !== undefined && other.user !== undefined) return one.user === other.user;
  if (one.trunk !== undefined && other.trunk !== undefined) return one.trunk === other.trunk;
  const { remote: here, protocol } = one.session.channel;
  const { remote: there } = other.session.channel;
  return (
    here.host === there.host &&
    here.port === there.port &&
    protocol === other.session.channel.protocol
  );
}
