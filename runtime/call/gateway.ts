import type { CodecName } from '../core/audio';
import { describeError } from '../core/errors';
import type { SipResponse } from '../sip/message/message';
import type { ExtraHeader } from '../sip/ua/port';
import { contactsOf } from './dial/contacts';
import type { DialReport } from './dial/dial';
import type { LiveCall } from './live-call';

export interface GatewayOptions {
  /** URIs, numbers for the trunk, or names of registered users; all at once. */
  readonly to: readonly string[];
  readonly trunk?: string | undefined;
  /** How keys reach the other side; as RFC 4733 events where it takes them, when absent. */
  readonly dtmf?: 'rfc4733' | 'info' | undefined;
  /** What is offered, in this order; all of ours when absent. */
  readonly codecs?: readonly CodecName[] | undefined;
  /** Milliseconds that it may ring. */
  readonly timeout: number;
  /** The longest conversation, in milliseconds; none when absent. */
  readonly timeLimit?: number | undefined;
}

/** What a refusal says besides its status, and whoever called may want to know. */
const passedHeaders = ['Retry-After', 'Warning', 'Reason', 'Error-Info'] as const;

/**
 * Connects a call to another with no flow: what rings there rings here, what is refused there is refused here with
 * the same status, and either side that hangs up ends both. Transport, addresses, codecs, the form of keys and
 * session timers are each leg's own. Resolves when the call is over; never rejects.
 */
export async function runGateway(call: LiveCall, options: GatewayOptions): Promise<void> {
  const { to, trunk, codecs, dtmf, timeout, timeLimit } = options;
  try {
    const report = await call.connect({
      targets: to,
      strategy: 'parallel',
      timeout,
      ringback: 'pass',
      answerOnBridge: true,
      passProgress: true,
      dtmf,
      ...(trunk === undefined ? {} : { trunk }),
      ...(codecs === undefined ? {} : { codecs }),
      ...(timeLimit === undefined ? {} : { timeLimit }),
    });
    if (report.result.type === 'answered') call.terminate('peer-ended', 200, '');
    else passRefusal(call, report);
  } catch (error) {
    call.terminate('gateway-error', 500, describeError(error));
  }
}

function passRefusal(call: LiveCall, { status, reason, response }: DialReport): void {
  // RFC 3261 §22.3: a challenge is for us, who had no answer to it; the caller cannot give one.
  if (status === 401 || status === 407) {
    call.terminate('rejected', 502, 'Bad Gateway');
    return;
  }
  // A 487 belongs to a CANCEL, and the caller has sent none.
  if (status === 487) {
    call.terminate('rejected', 480, 'Temporarily Unavailable');
    return;
  }
  const contacts = status < 400 ? contactsOf(response) : undefined;
  call.terminate('rejected', contacts?.length === 0 ? 480 : status, reason, {
    // What is wrong on our side is for the record: it may name the configuration.
    ...(response === undefined ? {} : { reason }),
    headers: headersOf(response),
    ...(contacts === undefined || contacts.length === 0 ? {} : { contacts }),
  });
}

function headersOf(response: SipResponse | undefined): readonly ExtraHeader[] {
  if (response === undefined) return [];
  return passedHeaders.flatMap((name) =>
    response.headers.getAll(name).map((value): ExtraHeader => [name, value]),
  );
}
