import { DefectError } from '../../core/errors';
import type { ClientAuthentication } from '../auth/port';
import type { Dialog } from '../dialog/dialog';
import type { SipRequest, SipResponse } from '../message/message';
import type { ClientTransactionHandler } from '../transaction/port';
import type { Channel } from '../transport/port';
import { credentialsOf, maxChallenges } from './challenges';
import { drop, type Environment } from './environment';
import { asError } from './outbound';
import type { ExtraHeader, RequestOutcome } from './port';
import type { WayOptions } from './ways';

/** Where requests inside a dialog go when its URIs do not say all, and who we are in it. */
export interface DialogWay {
  readonly environment: Environment;
  readonly channel: Channel;
  /** The peer cannot be reached at its Contact: the way its INVITE came is the only one. */
  readonly behindTranslator: boolean;
  /** Tried first, while it is open. */
  readonly flow: string | undefined;
  /** Answers challenges; undefined when we have no credentials. */
  readonly authentication: ClientAuthentication | undefined;
  readonly state: 'proceeding' | 'accepted' | 'confirmed' | 'ended';
}

type Done = (outcome: RequestOutcome, request: SipRequest | undefined) => void;

const ignoreError = (): void => undefined;

/**
 * Sends a request of ours inside a dialog (RFC 3261 §12.2.1), and again with credentials when it is
 * challenged (§22.2, §22.3); `done` is called once, and never at once. `onRetry` hears of the CSeq number of
 * each further one.
 */
export function sendInDialog(
  way: DialogWay,
  dialog: Dialog,
  method: string,
  headers: readonly ExtraHeader[],
  body: string | undefined,
  done: Done,
  onRetry?: (sequence: number) => void,
): void {
  new DialogRequest(way, dialog, { method, headers, body, done, onRetry }, 0).send();
}

/** Methods to which more belongs than one answer. */
const otherwiseSent: ReadonlySet<string> = new Set([
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'UPDATE',
  'PRACK',
  'REFER',
]);

/** Throws a defect for a method that changes the session or a subscription, and so has a member of its own. */
export function checkPlain(method: string): void {
  if (otherwiseSent.has(method)) throw new DefectError(`${method} is not sent so in a dialog`);
}

/** An ACK that was sent for a 2xx: each retransmission of the 2xx gets it again (RFC 3261 §13.2.2.4). */
export class SentAck {
  private channel: Channel | undefined;
  private request: SipRequest | undefined;

  sent(channel: Channel, request: SipRequest): void {
    this.channel = channel;
    this.request = request;
  }

  again(): void {
    if (this.request !== undefined) this.channel?.send(this.request, ignoreError);
  }
}

/** Acknowledges a 2xx to an INVITE of ours, in the dialog that the 2xx belongs to. */
export function sendAck(
  way: DialogWay,
  dialog: Dialog,
  invite: SipRequest,
  sequence = invite.cseq.sequence,
): SentAck | undefined {
  const { outbound, sender } = way.environment;
  let request: SipRequest;
  try {
    // RFC 3261 §13.2.2.4, §22.1: with the INVITE's credentials, since an ACK cannot be challenged.
    const headers = credentialsOf(invite);
    request = dialog.createAck(outbound.newVia(), sequence, { headers });
  } catch (error) {
    drop(way.environment, 'unsendable-request', `ACK: ${asError(error).message}`);
    return undefined;
  }
  const ack = new SentAck();
  sender.sendStateless(request, wayOf(way, dialog), (channel, sent) => ack.sent(channel, sent));
  return ack;
}

function wayOf(way: DialogWay, dialog: Dialog): WayOptions {
  const { channel: fallback } = way;
  const { nextHop, routes } = dialog.way;
  // The flow leads to the peer itself, or to its edge: what a route set names comes first.
  const flow = routes.length === 0 ? way.flow : undefined;
  return { nextHop: way.behindTranslator ? undefined : nextHop, flow, fallback };
}

interface DialogRequestParts {
  readonly method: string;
  readonly headers: readonly ExtraHeader[];
  readonly body: string | undefined;
  readonly done: Done;
  readonly onRetry: ((sequence: number) => void) | undefined;
}

/** A request inside a dialog, and its one outcome unless it is repeated with credentials. */
class DialogRequest implements ClientTransactionHandler {
  private request: SipRequest | undefined;
  private finished = false;
  /** Of a re-INVITE: its 2xx, and every retransmission of it, is acknowledged. */
  private ack: SentAck | undefined;

  constructor(
    private readonly way: DialogWay,
    private readonly dialog: Dialog,
    private readonly parts: DialogRequestParts,
    /** How often it was challenged before. */
    private readonly challenges: number,
  ) {}

  send(): void {
    const { way, dialog, parts, onChannel } = this;
    const { environment } = way;
    const { method, headers, body } = parts;
    const { outbound, sender } = environment;
    try {
      const request = dialog.createRequest(method, outbound.newVia(), {
        headers: [['User-Agent', environment.options.product], ...headers],
        ...(body === undefined ? {} : { body }),
      });
      this.request = request;
      // Nothing else would end a re-INVITE whose peer has said "trying" and then nothing more.
      const limit = method === 'INVITE' ? environment.options.ringTimeout : undefined;
      sender.send({ request, ...wayOf(way, dialog), limit, onChannel, handler: this });
    } catch (error) {
      // The peer's Contact, or a header that the owner gave, cannot be written.
      const failure = asError(error);
      drop(environment, 'unsendable-request', `${method}: ${failure.message}`);
      queueMicrotask(() => parts.done({ type: 'transport-error', error: failure }, undefined));
    }
  }

  onFinal(response: SipResponse): void {
    if (this.finished) {
      this.ack?.again();
      return;
    }
    this.finished = true;
    const { way, dialog, parts, request } = this;
    if (way.authentication?.take(response) === true && this.mayRetry) {
      parts.onRetry?.(dialog.lastSequence + 1);
      new DialogRequest(way, dialog, parts, this.challenges + 1).send();
      return;
    }
    if (parts.method === 'INVITE' && response.status < 300 && request !== undefined) {
      this.ack = sendAck(way, dialog, request);
    }
    parts.done({ type: 'response', response }, request);
  }

  onTimeout(): void {
    this.parts.done({ type: 'timeout' }, this.request);
  }

  onTransportError(error: Error): void {
    // The ACK for a refusal may fail after all has been said.
    if (!this.finished) this.parts.done({ type: 'transport-error', error }, this.request);
  }

  onTerminated(): void {
    this.ack = undefined;
  }

  private readonly onChannel = (_channel: Channel, request: SipRequest): void => {
    this.request = request;
    this.way.authentication?.authorize(request);
  };

  /** What the end of the session overtook is not asked again; its BYE is. */
  private get mayRetry(): boolean {
    if (this.challenges >= maxChallenges) return false;
    return this.way.state !== 'ended' || this.parts.method === 'BYE';
  }
}
