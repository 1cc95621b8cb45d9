import { MessageError } from './message-error';
import { formatParams, paramsEnd, scanParams } from './params';
import type { Params } from './values';

/** A dialog that a message names: Replaces (RFC 3891 §6.1), Join (RFC 3911), Target-Dialog (RFC 4538). */
export interface DialogReference {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  /** Replaces only: not once the dialog is confirmed. */
  readonly earlyOnly: boolean;
  readonly params: Params;
}

/** Throws a `MessageError` when the Call-ID or a tag is missing. */
export function parseDialogReference(text: string): DialogReference {
  let end = text.indexOf(';');
  if (end < 0) end = text.length;
  const callId = text.slice(0, end).trimEnd();
  const params = scanParams(text, end, text.length);
  // RFC 4538 §6 calls the same two by another name.
  const toTag = params.get('to-tag') ?? params.get('remote-tag');
  const fromTag = params.get('from-tag') ?? params.get('local-tag');
  if (callId === '' || toTag === undefined || fromTag === undefined || paramsEnd < text.length) {
    throw new MessageError('malformed reference to a dialog');
  }
  return { callId, toTag, fromTag, earlyOnly: params.has('early-only'), params };
}

/** The value of Replaces or Join. */
export function formatDialogReference(
  reference: Pick<DialogReference, 'callId' | 'toTag' | 'fromTag'> & {
    readonly earlyOnly?: boolean;
  },
): string {
  const params = new Map([
    ['to-tag', reference.toTag],
    ['from-tag', reference.fromTag],
  ]);
  if (reference.earlyOnly === true) params.set('early-only', '');
  return reference.callId + formatParams(params);
}
