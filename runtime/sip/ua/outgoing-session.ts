import type { TimerHandle } from '../../core/clock';
import { DefectError } from '../../core/errors';
import { outgoingDialog, type Dialog } from '../dialog/dialog';
import { createRequest, reasonPhrase } from '../message/create';
import type { SipRequest, SipResponse } from '../message/message';
import type {
  ClientTransaction,
  ClientTransactionHandler,
  ServerTransaction,
} from '../transaction/port';
import type { Channel } from '../transport/port';
import { sendAck, sendInDialog, type SentAck } from './dialog-requests';
import { EarlyDialogs } from './early-dialogs';
import { lifetimeOf, newTag, type Environment } from './environment';
import { cancelRequest, inviteRequest, inviteTarget, type InviteTarget } from './invite-request';
import { asError } from './outbound';
import type { InviteOptions, OutgoingSession, SessionEnd } from './port';
import { SessionBase, type EndOptions } from './session-base';
import { firstProposal } from './session-timer';

/** A session that an INVITE of ours begins: the user agent client of RFC 3261 §13.2. */
export class OutboundSession
  extends SessionBase
  implements OutgoingSession, ClientTransactionHandler
{
  readonly direction = 'outgoing';
  contact = '';
  private way: Channel | undefined;
  private confirmedDialog: Dialog | undefined;
  private readonly early = new EarlyDialogs();
  private readonly target: InviteTarget | undefined;
  private transaction: ClientTransaction | undefined;
  /** ACKs by the To tag of the 2xx that they are for. */
  private readonly acks = new Map<string, SentAck | undefined>();
  private rings = false;
  private cancelled = false;
  /** The ring time-out, then the wait for the final response after CANCEL. */
  private timeout: TimerHandle | undefined;

  constructor(
    environment: Environment,
    private readonly options: InviteOptions,
  ) {
    const prepared = prepare(environment, options);
    super(environment, prepared.request, prepared.localTag);
    this.handler = options.handler;
    this.target = prepared.target;
    environment.sessions.add(this);
    if (prepared.error === undefined) this.start();
    else void this.failLater(prepared.error);
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

  // The INVITE's client transaction.

  onProvisional(response: SipResponse): void {
    this.rings = true;
    if (this.cancelled) {
      this.sendCancel();
      return;
    }
    if (this.current !== 'proceeding' || response.status === 100) return;
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
    if (response.status < 300) this.onAccepted(response);
    else this.onRefused(response);
  }

  onTimeout(): void {
    this.fail({ by: 'system', cause: 'timeout', status: 408, reason: reasonPhrase(408) });
  }

  onTransportError(error: Error): void {
    this.fail({ by: 'system', cause: 'transport', status: 503, reason: error.message });
  }

  onTerminated(): void {
    this.acks.clear();
    this.transaction = undefined;
  }

  protected endProceeding({ reason }: EndOptions): void {
    this.cancel({
      by: 'local',
      cause: 'cancel',
      status: 487,
      reason: reason ?? reasonPhrase(487),
    });
  }

  protected onFinishing(): void {
    if (!this.cancelled) this.stopWaiting();
    this.early.clear();
  }

  private start(): void {
    const { environment, request, target } = this;
    if (target === undefined) throw new DefectError('an INVITE without a target');
    this.offers.offered('us');
    environment.outbound.open(
      request,
      target.uri,
      undefined,
      (channel) => this.send(channel),
      (error) => this.onTransportError(error),
    );
  }

  private send(channel: Channel): void {
    const { environment, request } = this;
    if (this.cancelled) {
      // Ended while its host was looked up: nothing has gone out.
      this.settle();
      return;
    }
    this.way = channel;
    this.contact = environment.outbound.contact(channel, userOf(request));
    request.headers.set('Contact', this.contact);
    this.transaction = environment.transactions.startInvite(request, channel, this);
    this.timeout ??= environment.clock.setTimeout(this.onRingEnd, environment.options.ringTimeout);
  }

  private readonly onRingEnd = (): void => {
    this.timeout = undefined;
    this.cancel({
      by: 'system',
      cause: 'timeout',
      status: 408,
      reason: 'The call was not answered in time',
    });
  };

  /** RFC 3261 §9.1: the end for us; the INVITE is left in peace until its fate is known. */
  private cancel(end: SessionEnd): void {
    if (this.current !== 'proceeding') return;
    this.stopWaiting();
    this.cancelled = true;
    this.hold();
    this.finish(end);
    // Before a provisional response no CANCEL may go out: it could overtake the INVITE.
    if (this.rings) this.sendCancel();
  }

  private sendCancel(): void {
    const { environment, way, request } = this;
    if (way === undefined || this.timeout !== undefined) return;
    environment.transactions.startNonInvite(cancelRequest(request), way, ignored);
    // §9.1: an element that is older than RFC 3261 may never answer the INVITE.
    this.timeout = environment.clock.setTimeout(this.onCancelEnd, lifetimeOf(environment.timers));
  }

  private readonly onCancelEnd = (): void => {
    this.timeout = undefined;
    this.transaction?.abandon();
    this.settle();
  };

  /** The fate of a cancelled INVITE is known. */
  private settle(): void {
    if (!this.cancelled) return;
    this.cancelled = false;
    this.stopWaiting();
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
    this.acks.set(tag, sendAck(this, dialog, response.cseq.sequence));
    if (this.current !== 'proceeding') {
      // Another branch of the fork (§13.2.2.4), or a 2xx that crossed our CANCEL (§9.1, §15).
      this.dismiss(dialog);
      return;
    }
    this.stopWaiting();
    this.confirmedDialog = dialog;
    this.current = 'confirmed';
    this.notePeer(response);
    this.timer.adopt(this.request, response);
    const answer = (early ?? this.early.for(this.request, response)).finalAnswer(response);
    this.early.clear();
    this.takeAnswer(answer);
    if (this.state === 'confirmed') this.confirmed();
  }

  /** BYE in a dialog that is not wanted. */
  private dismiss(dialog: Dialog): void {
    const settled = this.cancelled;
    sendInDialog(this, dialog, 'BYE', [], undefined, () => {
      if (settled) this.settle();
    });
  }

  private onRefused(response: SipResponse): void {
    const { status, reason } = response;
    if (this.cancelled) {
      this.settle();
      return;
    }
    if (this.current !== 'proceeding') return;
    // RFC 4028 §7.3: once more, with an interval that the path finds long enough.
    if (status === 422 && this.timer.raise(response)) {
      this.tryAgain();
      return;
    }
    this.finish({ by: 'remote', cause: 'rejected', status, reason });
  }

  private tryAgain(): void {
    const { environment, options, request, target } = this;
    if (target === undefined) return;
    const sequence = request.cseq.sequence + 1;
    this.request = inviteRequest(environment, target, sequence, options, this.timer.propose());
    this.early.clear();
    this.rings = false;
    this.start();
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
    this.finish({ by: 'system', cause: 'transport', status: 400, reason: error.message });
  }

  private stopWaiting(): void {
    this.environment.clock.clearTimeout(this.timeout);
    this.timeout = undefined;
  }
}

interface Prepared {
  readonly request: SipRequest;
  readonly localTag: string;
  readonly target: InviteTarget | undefined;
  readonly error: Error | undefined;
}

/** The INVITE; or, of options that make none, a stand-in and what was wrong with them. */
function prepare(environment: Environment, options: InviteOptions): Prepared {
  try {
    const target = inviteTarget(environment, options);
    const timer = firstProposal(environment.options);
    const request = inviteRequest(environment, target, 1, options, timer);
    return { request, localTag: target.localTag, target, error: undefined };
  } catch (error) {
    const localTag = newTag(environment);
    const request = createRequest({
      method: 'INVITE',
      requestUri: 'sip:invalid.invalid',
      headers: [
        ['Via', environment.outbound.newVia()],
        ['From', `<sip:invalid.invalid>;tag=${localTag}`],
        ['To', '<sip:invalid.invalid>'],
        ['Call-ID', newTag(environment)],
        ['CSeq', '1 INVITE'],
      ],
    });
    return { request, localTag, target: undefined, error: asError(error) };
  }
}

function userOf(request: SipRequest): string | undefined {
  const { uri } = request.from;
  return uri.scheme === 'tel' ? undefined : uri.user;
}

const nowhere = { host: '0.0.0.0', port: 0 } as const;

const noChannel: Channel = {
  protocol: 'UDP',
  reliable: false,
  local: nowhere,
  remote: nowhere,
  send: (_message, onError) => {
    queueMicrotask(() => onError(new Error('the way to the peer is not known yet')));
  },
};

/** The response to a CANCEL says nothing that the INVITE's final response does not (RFC 3261 §9.1). */
const ignored: ClientTransactionHandler = {
  onFinal: () => undefined,
  onTimeout: () => undefined,
  onTransportError: () => undefined,
};
