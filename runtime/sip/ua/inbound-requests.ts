import type { SipRequest } from '../message/message';
import type { ServerTransaction } from '../transaction/port';
import { acceptInfo, unsupportedTags, type Methods } from './capabilities';
import { retrySoon } from './environment';
import type { ExtraHeader } from './port';
import type { SessionBase } from './session-base';

/**
 * A request of the peer's inside the dialog of a session (RFC 3261 §12.2.2); ACK and CANCEL go other ways.
 * @returns `message` for a MESSAGE that may be taken: it has nothing to do with the session (RFC 3428 §2).
 */
export function receiveInDialog(
  session: SessionBase,
  transaction: ServerTransaction,
): 'message' | undefined {
  const { request } = transaction;
  if (!isAdmitted(session, transaction)) return undefined;
  const { methods } = session.environment;
  if (request.method === 'MESSAGE' && methods.verdictOn('MESSAGE') === 'allowed') return 'message';
  dispatch(session, transaction, methods);
  return undefined;
}

/** The checks of every request; false when it was refused. */
function isAdmitted(session: SessionBase, transaction: ServerTransaction): boolean {
  const { request } = transaction;
  const dialog = session.dialogOf(request);
  if (dialog === undefined || (session.state === 'ended' && !isTakenAtTheEnd(request.method))) {
    session.reply(transaction, 481);
    return false;
  }
  if (!dialog.acceptSequence(request.cseq.sequence)) {
    // RFC 3261 §12.2.2: older than what we have seen.
    session.reply(transaction, 500, { headers: [retrySoon(session.environment)] });
    return false;
  }
  if (request.headers.has('Replaces')) {
    // RFC 3891 §3: a matter of INVITEs that begin a dialog alone.
    session.reply(transaction, 400, { reason: 'Bad Replaces' });
    return false;
  }
  const unsupported = unsupportedTags(request);
  if (unsupported.length > 0) {
    session.reply(transaction, 420, { headers: [['Unsupported', unsupported.join(', ')]] });
    return false;
  }
  return true;
}

function dispatch(session: SessionBase, transaction: ServerTransaction, methods: Methods): void {
  const { request } = transaction;
  // Read now what a later moment needs: a malformed header is refused here, and not half way.
  if (request.method === 'INVITE' || request.method === 'UPDATE') readRefresh(request);
  switch (request.method) {
    case 'BYE':
      session.receiveBye(transaction);
      return;
    case 'INVITE':
      session.changes.receiveInvite(transaction);
      return;
    case 'UPDATE':
      session.changes.receiveUpdate(transaction);
      return;
    case 'PRACK':
      session.receivePrack(transaction);
      return;
    case 'INFO':
      answerInfo(session, transaction);
      return;
    case 'REFER':
      session.referrals.receive(transaction);
      return;
    case 'NOTIFY':
      session.receiveNotify(transaction);
      return;
    case 'OPTIONS':
      // RFC 3261 §11.2: inside a dialog it is answered as outside, and changes nothing.
      session.reply(transaction, 200, { headers: methods.capabilities });
      return;
    default:
      session.reply(transaction, methods.verdictOn(request.method) === 'unknown' ? 501 : 405, {
        headers: [methods.allow],
      });
  }
}

/** Throws a `MessageError` (400) when a header is malformed that a session refresh request may have. */
export function readRefresh(request: SipRequest): readonly unknown[] {
  return [request.sessionExpires, request.minSe, request.contentType];
}

/** BYEs that cross (RFC 3261 §15.1.2), and the PRACK that comes after a refusal (RFC 3262 §3). */
function isTakenAtTheEnd(method: string): boolean {
  return method === 'BYE' || method === 'PRACK';
}

function answerInfo(session: SessionBase, transaction: ServerTransaction): void {
  const status = session.handler.onInfo(transaction.request);
  const headers: ExtraHeader[] = [];
  if (status === 415) headers.push(acceptInfo);
  // RFC 6086 §4.2.2: which packages are taken: none.
  if (status === 469) headers.push(['Recv-Info', '']);
  session.reply(transaction, status, { headers });
}
