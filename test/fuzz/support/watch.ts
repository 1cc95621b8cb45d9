import { trace } from '../../../runtime/core/trace';
import type { SipMessage } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';

/** What a server's traces say of a storm: what it answered, and what it dropped and counted. */
export interface Watch {
  /** Responses by status. */
  readonly answered: ReadonlyMap<number, number>;
  /** Drops by reason. */
  readonly dropped: ReadonlyMap<string, number>;
  /** Responses and drops together: it grows with every reaction. */
  readonly reactions: number;
  /** Requests that wanted an answer and got none, as text. */
  unanswered(): string[];
  /** Expects an answer to a message, if it is one that must have one. */
  expectAnswer(message: SipMessage): void;
  /** Ends it, and forgets the messages. */
  stop(): void;
}

/** RFC 3261 §17.2.3: what tells one request from another; a retransmission is answered as what it repeats. */
function keyOf({ callId, cseq, from, topVia }: SipMessage): string {
  const { branch = '', host, port = 0 } = topVia;
  return branch.startsWith('z9hG4bK')
    ? `${cseq.method} ${branch} ${host.toLowerCase()}:${port}`
    : `${cseq.method} ${cseq.sequence} ${callId} ${from.tag ?? ''}`;
}

/** Watches the server whose own addresses begin with `host`. */
export function watchServer(hosts: readonly string[]): Watch {
  const answered = new Map<number, number>();
  const dropped = new Map<string, number>();
  const wanted = new Map<string, string>();
  const given = new Set<string>();
  let reactions = 0;
  const stopMessages = trace.sipMessage.subscribe(({ direction, local, bytes }) => {
    if (direction !== 'out' || !hosts.includes(local.host)) return;
    const status = statusOf(bytes);
    if (status === undefined) return;
    reactions += 1;
    answered.set(status, (answered.get(status) ?? 0) + 1);
    const message = understood(bytes);
    if (status >= 200 && message !== undefined) given.add(keyOf(message));
  });
  const stopDrops = trace.drop.subscribe(({ reason }) => {
    reactions += 1;
    dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
  });
  return {
    answered,
    dropped,
    get reactions() {
      return reactions;
    },
    unanswered: () => [...wanted].filter(([key]) => !given.has(key)).map(([, text]) => text),
    expectAnswer(message) {
      if (message.kind !== 'request' || message.method === 'ACK') return;
      wanted.set(keyOf(message), label(message));
    },
    stop() {
      stopMessages();
      stopDrops();
      wanted.clear();
      given.clear();
    },
  };
}

function statusOf(bytes: Uint8Array): number | undefined {
  const match = /^SIP\/2\.0 (\d{3}) /.exec(Buffer.from(bytes.subarray(0, 12)).toString('latin1'));
  return match === null ? undefined : Number(match[1]);
}

/** Undefined for what is no message; an answer to something malformed gives its headers back as they were. */
export function understood(bytes: Uint8Array): SipMessage | undefined {
  try {
    return parseMessage(bytes);
  } catch {
    return undefined;
  }
}

function label(message: SipMessage): string {
  return message.kind === 'request'
    ? `${message.method} ${message.requestUri} ${keyOf(message)}`
    : keyOf(message);
}
