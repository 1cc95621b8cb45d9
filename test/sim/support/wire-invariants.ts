import { formatAddress } from '../../../runtime/core/address';
import { trace, type SipMessageTrace } from '../../../runtime/core/trace';
import type { SipMessage, SipRequest } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';

/** One request that came to an element, by RFC 3261 §17.2.3. */
interface ServerSide {
  readonly what: string;
  /** Final statuses with the To tags that they had: a forked INVITE may have several 2xx. */
  readonly finals: Set<string>;
}

/** An INVITE that an element sent. */
interface ClientSide {
  readonly what: string;
  refused: boolean;
  acknowledged: boolean;
}

/**
 * Watches all SIP elements of a simulation, and notes what none of them may do: leave a request unanswered, answer it
 * in two ways, answer what nobody asked, leave a refusal unacknowledged, send what cannot be read or what has gone
 * through too many hands.
 */
export class WireInvariants {
  private readonly servers = new Map<string, ServerSide>();
  private readonly clients = new Map<string, ClientSide>();
  private readonly broken: string[] = [];
  private readonly gone = new Set<string>();
  private readonly stop = trace.sipMessage.subscribe((message) => this.see(message));

  /** @param isWatched whether the element at a host is one of ours: strangers may do as they like */
  constructor(private readonly isWatched: (host: string) => boolean = () => true) {}

  /** What an element has begun is not held against it: it has died. */
  forget(host: string): void {
    this.gone.add(host);
    for (const sides of [this.servers, this.clients]) {
      for (const key of sides.keys()) if (key.startsWith(`${host} `)) sides.delete(key);
    }
    this.gone.delete(host);
  }

  /** All that was wrong: nothing. To be asked when every transaction is over. */
  finish(): string[] {
    this.stop();
    const { broken } = this;
    for (const { what, finals } of this.servers.values()) {
      if (finals.size === 0) broken.push(`no final response to ${what}`);
    }
    for (const { what, refused, acknowledged } of this.clients.values()) {
      if (refused && !acknowledged) broken.push(`no ACK for the refusal of ${what}`);
    }
    return broken;
  }

  private see({ direction, local, remote, bytes }: SipMessageTrace): void {
    if (!this.isWatched(local.host)) return;
    let message: SipMessage;
    try {
      message = parseMessage(bytes);
    } catch {
      if (direction === 'out') this.broken.push(`${local.host} sends what cannot be read`);
      return;
    }
    const at = `${local.host} ${formatAddress(remote)}`;
    if (direction === 'in') this.received(message, at, local.host);
    else this.sent(message, at, local.host);
  }

  private received(message: SipMessage, at: string, host: string): void {
    const key = keyOf(message, host);
    if (message.kind === 'response') {
      const client = this.clients.get(key);
      if (client !== undefined && message.status >= 300) client.refused = true;
      return;
    }
    if (message.method === 'ACK' || this.servers.has(key)) return;
    this.servers.set(key, { what: `${at} ${nameOf(message)}`, finals: new Set() });
  }

  private sent(message: SipMessage, at: string, host: string): void {
    const key = keyOf(message, host);
    if (message.kind === 'request') {
      this.sentRequest(message, at, key);
      return;
    }
    const server = this.servers.get(key);
    if (server === undefined) {
      this.broken.push(`${at} gets ${message.status} without a request`);
    } else if (message.status >= 200) {
      const success = message.status < 300;
      server.finals.add(success ? `2xx ${message.to.tag ?? ''}` : String(message.status));
      if (
        server.finals.size > 1 &&
        !(success && [...server.finals].every((each) => each.startsWith('2xx')))
      ) {
        this.broken.push(`${server.what} answered ${[...server.finals].join(' and ')}`);
      }
    }
  }

  private sentRequest(request: SipRequest, at: string, key: string): void {
    const { maxForwards, method } = request;
    if (maxForwards === undefined || maxForwards > 70 || maxForwards < 0) {
      this.broken.push(`${at} gets Max-Forwards ${maxForwards}`);
    }
    const branches = request.via.map(({ branch }) => branch);
    if (new Set(branches).size < branches.length) this.broken.push(`${at} gets a branch twice`);
    if (method === 'INVITE' && !this.clients.has(key)) {
      const what = `${at} ${nameOf(request)}`;
      this.clients.set(key, { what, refused: false, acknowledged: false });
    }
    const client = method === 'ACK' ? this.clients.get(key) : undefined;
    if (client !== undefined) client.acknowledged = true;
  }
}

/** RFC 3261 §17.1.3, §17.2.3: branch, sent-by and method, in which an ACK for a refusal is its INVITE's. */
function keyOf(message: SipMessage, host: string): string {
  const { branch, host: by, port } = message.topVia;
  const method = message.cseq.method === 'ACK' ? 'INVITE' : message.cseq.method;
  return `${host} ${by}:${port ?? ''} ${branch ?? ''} ${method}`;
}

function nameOf({ method, callId, cseq }: SipRequest): string {
  return `${method} ${cseq.sequence} of ${callId}`;
}
