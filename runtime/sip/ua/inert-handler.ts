import { DefectError } from '../../core/errors';
import type { SessionHandler } from './port';

/** Until the owner assigns its own: refuses whatever is asked for, and hears nothing. */
export const inertHandler: SessionHandler = {
  onOffer: () => ({ type: 'reject', status: 488 }),
  onOfferWanted: () => {
    throw new DefectError('a session without a handler was asked for an offer');
  },
  onAnswer: () => false,
  onEstablished: () => undefined,
  onInfo: () => 415,
  onEnded: () => undefined,
};
