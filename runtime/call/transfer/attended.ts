import type { IncomingRefer } from '../../sip/ua/port';
import type { CallServices } from '../services';
import { LegPair } from './leg-pair';
import { transferred, type TransferSide } from './side';

/**
 * Somebody who talks in two conversations of ours has asked that the two others be connected (RFC 5589 §7): no call
 * has to be placed for it. His two legs end once he has been told.
 */
export function joinOthers(
  here: TransferSide,
  there: TransferSide,
  refer: IncomingRefer,
  services: CallServices,
): void {
  const told = refer.accept().done(200);
  for (const { host, leaver } of [here, there]) {
    const note = { to: refer.target, by: leaver, outcome: 'accepted', attended: true };
    host.note({ type: 'transfer', ...note });
    services.logger.info({ call: host.info.id, ...note }, 'transfer by a leg');
  }
  if (here.leaver === 'callee' && there.leaver === 'callee') {
    here.conversation.join(there.conversation, transferred, told);
    return;
  }
  if (here.leaver === 'caller' && there.leaver === 'caller') {
    new LegPair(services, here.conversation.giveAway(), there.conversation.giveAway());
  } else {
    const [left, stays] = here.leaver === 'caller' ? [here, there] : [there, here];
    const { leg, release } = left.conversation.giveAway();
    stays.conversation.replaceCallee(leg, transferred, { release, after: told });
  }
  for (const { host, leaver } of [here, there]) {
    if (leaver === 'caller') void told.then(() => host.leave());
  }
}
