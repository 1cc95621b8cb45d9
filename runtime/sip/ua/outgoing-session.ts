import type { TimerHandle } from '../../core/clock';
import { describeError } from '../../core/errors';
import { outgoingDialog, type Dialog } from '../dialog/dialog';
import { reasonPhrase } from '../message/create';
import type { SipRequest, SipResponse } from '../message/message';
import type { Uri } from '../message/uri';
import type { ServerTransaction } from '../transaction/port';
import type { Channel } from '../transport/port';
import { maxChallenges } from './challenges';
import { sendAck, sendInDialog, type SentAck } from './dialog-requests';
import { EarlyDialogs } from './early-dialogs';
import type { Environment } from './environment';
import { inviteRequest, type InviteIdentity } from './invite-request';
import { InviteTry, type InviteOwner } from './invite-try';
import type { ExtraHeader, InviteOptions, OutgoingSession, SessionEnd } from './port';
import { noChannel, prepareInvite } from './prepared-invite';
import { readable } from './readable';
import { Redirects } from './redirects';
import { SessionBase, type EndOptions } from './session-base';

/** How often one INVITE is sent anew because of what a refusal says: an honest path is content soon. */
const maxRepairs = 4;

/** A session that an INVITE of ours begins: the user agent client of RFC 3261 §13.2. */
export class OutboundSession extends SessionBase implements OutgoingSession, InviteOwner {
  readonly direction = 'outgoing';
  contact = '';
  private way: Channel | undefined;
  private confirmedDialog: Dialog | undefined;
  private readonly early = new EarlyDialogs();
  private latest: InviteTry | undefined;
  /** ACKs by the To tag of the 2xx that they are for. */
  private readonly acks = new Map<string, SentAck | undefined>();
  private cancelled = false;
  private ringEnd: TimerHandle | undefined;
  private readonly refusedTags = new Set<string>();
  private redirects: Redirects | undefined;
  private challenges = 0;
  private repairs = 0;
  private readonly identity: InviteIdentity;
  private uri: Uri;

  constructor(
    environment: Environment,
    private readonly options: InviteOptions,
  ) {
    const prepared = prepareInvite(environment, options);
    super(environment, prepared.request, prepared.identity.localTag);
    this.handler = options.handler;
    this.identity = prepared.identity;
    this.uri = prepared.uri;
    this.flow = options.flow;
    environment.sessions.add(this);
    if (prepared.error !== undefined) {
      void this.failLater(prepared.error);
      return;
    }
    const { credentials = [], timeout = environment.options.ringTimeout } = options;
    this.useCredentials(credentials);
    this.ringEnd = environment.clock.setTimeout(this.onRingEnd, timeout);
    this.offers.offered('us');
    this.send(prepared.request, prepared.nextHop);
  }

  /** What leads there once it is known; before, a place that nothing can be sent to. */
  get channel(): Channel {
    return this.way ?? noChannel;
  }

  get dialog(): Dialog | undefined {
    return this.confirmedDialog ?? this.early.first;
  }

  dialogOf(request: SipRequest): Dialog | undefined {
    const dialog = this.confirmedDialog ?? this.early.find(request.from.tag)?.dialog;
    return dialog?.matches(request.callId, this.localTag, request.from.tag) === true
      ? dialog
      : undefined;
  }

  protected get initialInvite(): 'ours' | undefined {
    return this.current === 'proceeding' ? 'ours' : undefined;
  }

  /** We make no reliable provisional response here that it could be for (RFC 3262 §3). */
  receivePrack(transaction: ServerTransaction): void {
    this.reply(transaction, 481);
  }

  // How the INVITE fares.

  onProvisional(response: SipResponse): void {
    if (this.cancelled || this.current !== 'proceeding' || response.status === 100) return;
    this.notePeer(response);
    let sdp: string | undefined;
    if (response.to.tag !== undefined) {
      const early = this.early.for(this.request, response);
      const verdict = early.receive(response);
      if (verdict === 'stale') return;
      if (verdict !== 'plain') this.sendPrack(early.dialog, verdict);
      if (early.answered && this.offers.awaitsAnswer) this.offers.answered();
      sdp = early.finalAnswer(response);
    }
    this.guard('onProgress', undefined, () => this.handler.onProgress?.(response.status, sdp));
  }

  onFinal(response: SipResponse): void {
    const challenged = this.authentication?.take(response) === true;
    if (response.status < 300) this.onAccepted(response);
    else if (this.cancelled) this.settle();
    else if (this.current === 'proceeding') this.onRefused(response, challenged);
  }

  onTimeout(): void {
    this.fail({ by: 'system', cause: 'timeout', status: 408, reason: reasonPhrase(408) });
  }

  onTransportError(error: Error): void {
    this.fail({ by: 'system', cause: 'transport', status: 503, reason: error.message });
  }

  onTerminated(): void {
    this.acks.clear();
    this.latest = undefined;
  }

  isLatest(each: InviteTry): boolean {
    return this.latest === each;
  }

  protected endProceeding({ reason, headers }: EndOptions): void {
    const end = { by: 'local', cause: 'cancel', status: 487 } as const;
    this.cancel({ ...end, reason: reason ?? reasonPhrase(487) }, headers);
  }

  protected onFinishing(): void {
    this.stopRinging();
    this.early.clear();
  }

  private send(request: SipRequest, nextHop: Uri): void {
    const { environment, flow, onChannel } = this;
    const handler = new InviteTry(this);
    this.request = request;
    this.latest = handler;
    handler.sent = environment.sender.send({ request, nextHop, flow, onChannel, handler });
  }

  /** The way is known: what depends on it goes in. */
  private readonly onChannel = (channel: Channel, request: SipRequest): void | Promise<void> => {
    const { environment, options } = this;
    this.request = request;
    this.way = channel;
    const secure = this.uri.scheme === 'sips';
    this.contact = environment.outbound.contact(channel, userOf(request), secure);
    request.headers.set('Contact', this.contact);
    const sdp = typeof options.sdp === 'string' ? options.sdp : options.sdp(channel);
    if (typeof sdp === 'string') {
      this.describe(request, sdp);
      return undefined;
    }
    return sdp.then((text) => this.describe(request, text));
  };

  private describe(request: SipRequest, sdp: string): void {
    request.body = Buffer.from(sdp, 'utf8');
    // Last of all: a digest may cover the body (RFC 7616 §3.4.3).
    this.authentication?.authorize(request);
  }

  private readonly onRingEnd = (): void => {
    this.ringEnd = undefined;
    const reason = 'The call was not answered in time';
    this.cancel({ by: 'system', cause: 'timeout', status: 408, reason });
  };

  /** RFC 3261 §9.1: the end for us; the INVITE is left in peace until its fate is known. */
  private cancel(end: SessionEnd, headers?: readonly ExtraHeader[]): void {
    if (this.current !== 'proceeding') return;
    this.cancelled = true;
    this.hold();
    this.finish(end);
    if (this.latest?.sent?.cancel(headers) !== true) this.settle();
  }

  /** The fate of a cancelled INVITE is known. */
  private settle(): void {
    if (!this.cancelled) return;
    this.cancelled = false;
    this.release();
  }

  private onAccepted(response: SipResponse): void {
    const tag = response.to.tag ?? '';
    if (this.acks.has(tag)) {
      // RFC 3261 §13.2.2.4: our ACK was lost, or is late.
      this.acks.get(tag)?.again();
      return;
    }
    const early = this.early.find(response.to.tag);
    const dialog = early?.dialog ?? outgoingDialog(this.request, response);
    dialog.confirm(response);
    this.acks.set(tag, sendAck(this, dialog, this.request, response.cseq.sequence));
    if (this.current !== 'proceeding') {
      // Another branch of the fork (§13.2.2.4), or a 2xx that crossed our CANCEL (§9.1, §15).
      this.dismiss(dialog);
      return;
    }
    this.stopRinging();
    this.confirmedDialog = dialog;
    this.current = 'confirmed';
    this.notePeer(response);
    this.timer.adopt(this.request, response);
    const answer = (early ?? this.early.for(this.request, response)).finalAnswer(response);
    this.early.clear();
    this.takeAnswer(answer);
    if (this.state === 'confirmed') this.confirmed();
  }

  /**
   * A 2xx whose transaction is over (RFC 3261 §13.2.2.4): of a target that was given up, or of a branch that
   * answered later than 64*T1.
   */
  receiveLate(response: SipResponse): void {
    if (this.confirmedDialog?.remoteTag === response.to.tag) return;
    const dialog = outgoingDialog(this.request, response);
    sendAck(this, dialog, this.request, response.cseq.sequence);
    sendInDialog(this, dialog, 'BYE', [], undefined, () => undefined);
  }

  /** BYE in a dialog that is not wanted. */
  private dismiss(dialog: Dialog): void {
    const settled = this.cancelled;
    sendInDialog(this, dialog, 'BYE', [], undefined, () => {
      if (settled) this.settle();
    });
  }

  private onRefused(response: SipResponse, challenged: boolean): void {
    if (challenged) {
      this.challenges += 1;
      if (this.challenges <= maxChallenges) {
        this.tryAgain();
        return;
      }
    }
    if (this.isMended(response)) {
      this.tryAgain();
      return;
    }
    const { followRedirect } = this.options;
    if (followRedirect !== undefined) {
      this.redirects ??= new Redirects(this.uri, (contact) =>
        this.guard('followRedirect', false, () => followRedirect(contact)),
      );
      this.redirects.add(response);
      // RFC 3261 §8.1.3.4: one target after the other; a 6xx speaks for all of them.
      const next = response.status < 600 ? this.redirects.next() : undefined;
      if (next !== undefined) {
        this.uri = next;
        // The flow leads to the one who sent us away.
        this.flow = undefined;
        this.tryAgain();
        return;
      }
    }
    const { status, reason } = response;
    this.finish({ by: 'remote', cause: 'rejected', status, reason, response });
  }

  /** Whether the refusal says what to change, and we can (RFC 3261 §8.1.3.5, RFC 4028 §7.3). */
  private isMended(response: SipResponse): boolean {
    if (this.repairs >= maxRepairs) return false;
    const mended =
      (response.status === 420 && this.refuseTags(readable(() => response.unsupported) ?? [])) ||
      (response.status === 422 && this.timer.raise(response));
    if (mended) this.repairs += 1;
    return mended;
  }

  /** False when none of them is new: the same INVITE would meet the same answer. */
  private refuseTags(tags: readonly string[]): boolean {
    const { size } = this.refusedTags;
    for (const tag of tags) this.refusedTags.add(tag.toLowerCase());
    return this.refusedTags.size > size;
  }

  /** RFC 3261 §8.1.3.5: the same call, the next sequence number. */
  private tryAgain(): void {
    const { environment, identity, options, request, uri, refusedTags } = this;
    const sequence = request.cseq.sequence + 1;
    const timer = refusedTags.has('timer') ? [] : this.timer.propose();
    const variables = { sequence, uri, timer, refusedTags };
    this.early.clear();
    this.offers.offered('us');
    const next = inviteRequest(environment, identity, options, variables);
    this.send(next.request, next.nextHop);
  }

  private sendPrack(dialog: Dialog, rseq: number): void {
    const { sequence } = this.request.cseq;
    const headers = [['RAck', `${rseq} ${sequence} INVITE`]] as const;
    sendInDialog(this, dialog, 'PRACK', headers, undefined, () => undefined);
  }

  private fail(end: SessionEnd): void {
    if (this.cancelled) this.settle();
    else this.finish(end);
  }

  private async failLater(error: Error): Promise<void> {
    await Promise.resolve();
    this.finish({ by: 'system', cause: 'transport', status: 400, reason: describeError(error) });
  }

  private stopRinging(): void {
    this.environment.clock.clearTimeout(this.ringEnd);
    this.ringEnd = undefined;
  }
}

function userOf(request: SipRequest): string | undefined {
  const { uri } = request.from;
  return uri.scheme === 'tel' ? undefined : uri.user;
}
