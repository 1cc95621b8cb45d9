import type { IncomingRefer } from '../../sip/ua/port';
import type { CallServices } from '../services';
import { joinOthers } from './attended';
import { BlindTransfer } from './blind';
import { isSameParty, type FindSide, type TransferSide } from './side';

/**
 * One of two who talk asks for a transfer: blind, attended with another conversation of ours, or attended with one
 * that is not ours, whose INVITE then has a Replaces.
 */
export function receiveRefer(
  side: TransferSide,
  refer: IncomingRefer,
  services: CallServices,
  find: FindSide,
): void {
  const { conversation } = side;
  if (conversation.pending !== undefined) {
    // One at a time: two targets cannot both take the same place.
    refer.reject(491);
    return;
  }
  const { replaces } = refer;
  const other = replaces === undefined ? undefined : find(replaces);
  if (other === undefined) {
    const { outbound } = services;
    if (outbound === undefined || !conversation.canLose(side.leaver)) refer.reject(603);
    else new BlindTransfer(side, refer, { ...services, outbound });
    return;
  }
  if (
    other === 'alone' ||
    other.conversation === conversation ||
    other.conversation.pending !== undefined
  ) {
    refer.reject(603);
  } else if (!isSameParty(side, other)) {
    refer.reject(403);
  } else if (!conversation.canLose(side.leaver) || !other.conversation.canLose(other.leaver)) {
    refer.reject(603);
  } else {
    joinOthers(side, other, refer, services);
  }
}
