import type { Dialog } from '../dialog/dialog';
import type { SipRequest, SipResponse } from '../message/message';
import type { ClientTransactionHandler } from '../transaction/port';
import type { Channel } from '../transport/port';
import { drop, type Environment } from './environment';
import { asError } from './outbound';
import type { ExtraHeader, RequestOutcome } from './port';

/** Where requests inside a dialog go when its URIs do not say all. */
export interface DialogWay {
  readonly environment: Environment;
  readonly channel: Channel;
  /** The peer cannot be reached at its Contact: the way its INVITE came is the only one. */
  readonly behindTranslator: boolean;
}

type Done = (outcome: RequestOutcome) => void;

const ignoreError = (): void => undefined;

/** Sends a request of ours inside a dialog (RFC 3261 §12.2.1); `done` is called once, and never at once. */
export function sendInDialog(
  way: DialogWay,
  dialog: Dialog,
  method: string,
  headers: readonly ExtraHeader[],
  body: string | undefined,
  done: (outcome: RequestOutcome, request: SipRequest | undefined) => void,
): void {
  const { environment } = way;
  const { outbound, transactions } = environment;
  let request: SipRequest;
  try {
    request = dialog.createRequest(method, outbound.newVia(), {
      headers: [['User-Agent', environment.options.product], ...headers],
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    // The peer's Contact, or a header that the owner gave, cannot be written.
    const failure = asError(error);
    drop(environment, 'unsendable-request', `${method}: ${failure.message}`);
    queueMicrotask(() => done({ type: 'transport-error', error: failure }, undefined));
    return;
  }
  const told: Done = (outcome) => done(outcome, request);
  open(
    way,
    dialog,
    request,
    (channel) => {
      if (method === 'INVITE') {
        const exchange = new ReInviteExchange(way, dialog, told);
        transactions.startInvite(request, channel, exchange);
      } else {
        transactions.startNonInvite(request, channel, new Exchange(told));
      }
    },
    (error) => told({ type: 'transport-error', error }),
  );
}

/** An ACK that was sent for a 2xx: each retransmission of the 2xx gets it again (RFC 3261 §13.2.2.4). */
export class SentAck {
  private channel: Channel | undefined;

  constructor(private readonly request: SipRequest) {}

  sendOn(channel: Channel): void {
    this.channel = channel;
    channel.send(this.request, ignoreError);
  }

  again(): void {
    this.channel?.send(this.request, ignoreError);
  }
}

/** Acknowledges a 2xx to an INVITE of ours with this CSeq number. */
export function sendAck(way: DialogWay, dialog: Dialog, sequence: number): SentAck | undefined {
  const { outbound } = way.environment;
  let request: SipRequest;
  try {
    request = dialog.createAck(outbound.newVia(), sequence);
  } catch (error) {
    drop(way.environment, 'unsendable-request', `ACK: ${asError(error).message}`);
    return undefined;
  }
  const ack = new SentAck(request);
  open(
    way,
    dialog,
    request,
    (channel) => ack.sendOn(channel),
    (error) => drop(way.environment, 'unsendable-request', `ACK: ${error.message}`),
  );
  return ack;
}

function open(
  way: DialogWay,
  dialog: Dialog,
  request: SipRequest,
  done: (channel: Channel) => void,
  failed: (error: Error) => void,
): void {
  const { outbound } = way.environment;
  if (way.behindTranslator) outbound.openAgain(way.channel, request, done, failed);
  else outbound.open(request, dialog.way.nextHop, way.channel, done, failed);
}

/** A request that is not INVITE, and its one outcome. */
class Exchange implements ClientTransactionHandler {
  constructor(private readonly done: Done) {}

  onFinal(response: SipResponse): void {
    this.done({ type: 'response', response });
  }

  onTimeout(): void {
    this.done({ type: 'timeout' });
  }

  onTransportError(error: Error): void {
    this.done({ type: 'transport-error', error });
  }
}

/** A re-INVITE: its 2xx, and every retransmission of it, is acknowledged. */
class ReInviteExchange extends Exchange {
  private ack: SentAck | undefined;

  constructor(
    private readonly way: DialogWay,
    private readonly dialog: Dialog,
    done: Done,
  ) {
    super(done);
  }

  override onFinal(response: SipResponse): void {
    if (this.ack !== undefined) {
      this.ack.again();
      return;
    }
    if (response.status < 300) {
      this.ack = sendAck(this.way, this.dialog, response.cseq.sequence);
    }
    super.onFinal(response);
  }

  onTerminated(): void {
    this.ack = undefined;
  }
}
