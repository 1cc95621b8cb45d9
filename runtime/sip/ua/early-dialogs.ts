import { outgoingDialog, type Dialog } from '../dialog/dialog';
import type { SipRequest, SipResponse } from '../message/message';
import { hasTag } from './capabilities';
import { readable } from './readable';
import { sdpOf } from './sdp-body';

/** A dialog that a provisional response to an INVITE of ours began: one for each branch of a fork. */
export class EarlyDialog {
  /** The RSeq of the last reliable response that came in order (RFC 3262 §4). */
  private rseq: number | undefined;
  /** The answer that came reliably: it counts, whatever the 2xx says (RFC 3261 §13.2.1). */
  private answer: string | undefined;
  /** SDP of an unreliable response: no more than a foretaste. */
  private preview: string | undefined;

  constructor(readonly dialog: Dialog) {}

  /**
   * Takes a provisional response in. Returns the RSeq to acknowledge with PRACK, `plain` for one that
   * asks for none, `stale` for one that was seen before or has come too early.
   */
  receive(response: SipResponse): number | 'plain' | 'stale' {
    const sdp = sdpOf(response);
    const rseq = readable(() => response.rseq);
    if (rseq === undefined || !hasTag(response.require, '100rel')) {
      this.preview = sdp ?? this.preview;
      return 'plain';
    }
    if (this.rseq !== undefined && rseq !== this.rseq + 1) return 'stale';
    this.rseq = rseq;
    this.answer ??= sdp;
    return rseq;
  }

  get answered(): boolean {
    return this.answer !== undefined;
  }

  /** The answer to the offer of the INVITE that this 2xx accepts. */
  finalAnswer(response: SipResponse): string | undefined {
    return this.answer ?? sdpOf(response) ?? this.preview;
  }
}

/** All the early dialogs of one INVITE (RFC 3261 §13.2.2.4), told apart by the To tag. */
export class EarlyDialogs {
  private list: EarlyDialog[] = [];

  get first(): Dialog | undefined {
    return this.list[0]?.dialog;
  }

  find(remoteTag: string | undefined): EarlyDialog | undefined {
    return this.list.find((each) => each.dialog.remoteTag === (remoteTag ?? ''));
  }

  /** The one that a response belongs to, begun if need be. */
  for(request: SipRequest, response: SipResponse): EarlyDialog {
    const known = this.find(response.to.tag);
    if (known !== undefined) return known;
    const begun = new EarlyDialog(outgoingDialog(request, response));
    this.list.push(begun);
    return begun;
  }

  clear(): void {
    this.list = [];
  }
}
