import { decimal } from './characters';
import {
  CALL_ID,
  CONTACT,
  CONTENT_LENGTH,
  CSEQ,
  FROM,
  MAX_FORWARDS,
  RECORD_ROUTE,
  ROUTE,
  TO,
  VIA,
} from './header-names';
import { checkCallId, parseCSeq } from './header-values';
import type { MessageLimits } from './limits';
import { MessageError } from './message-error';
import { nameAddrEnd, scanNameAddr, scanNameAddrs, scanOnlyNameAddr } from './name-addr';
import type { RequestMessage } from './request-message';
import type { ResponseMessage } from './response-message';
import type { NameAddr } from './values';
import { scanVia, scanVias, viaEnd } from './via';

/** Greater lengths count as this: no limit of ours is near it. */
const MAX_LENGTH = 0x7fff_ffff;

/** Those that may come once only, as bits: RFC 4475 §3.3.8 and §3.3.9. */
const single =
  (1 << FROM) |
  (1 << TO) |
  (1 << CALL_ID) |
  (1 << CSEQ) |
  (1 << MAX_FORWARDS) |
  (1 << CONTENT_LENGTH);

/** Those that must come (RFC 3261 §8.1.1; for Max-Forwards see RFC 4475 §3.4.1), with their names. */
const mandatory: readonly (readonly [id: number, name: string])[] = [
  [VIA, 'Via'],
  [FROM, 'From'],
  [TO, 'To'],
  [CALL_ID, 'Call-ID'],
  [CSEQ, 'CSeq'],
];
const mandatoryBits = mandatory.reduce((bits, [id]) => bits | (1 << id), 0);

/**
 * Parses the fields that every message is checked for, as they are read, into the members of the
 * message. Keeps the first problem and goes on.
 */
export class FieldChecker {
  problem: MessageError | undefined;
  private length: number | undefined;
  private unreadable = false;
  private seen = 0;
  private vias = 0;
  private star = false;

  constructor(
    readonly message: RequestMessage | ResponseMessage,
    private readonly limits: MessageLimits,
    problem: MessageError | undefined,
  ) {
    this.problem = problem;
  }

  fail(problem: MessageError): void {
    this.problem ??= problem;
  }

  /** For a field that cannot be told from its neighbours: it may have been the Content-Length. */
  failField(problem: MessageError): void {
    this.fail(problem);
    this.unreadable = true;
  }

  /** Undefined when there is none, or none to be relied on. */
  get contentLength(): number | undefined {
    return this.unreadable ? undefined : this.length;
  }

  /** The value stands in `text` from `start` to `end`, unfolded and trimmed. */
  check(id: number, text: string, start: number, end: number): void {
    if (id === 0 || id > RECORD_ROUTE) return;
    const bit = 1 << id;
    if ((this.seen & single & bit) !== 0) {
      this.fail(new MessageError('a header field that may come once came twice'));
      if (id === CONTENT_LENGTH) this.unreadable = true;
      return;
    }
    this.seen |= bit;
    try {
      this.parse(id, text, start, end);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.fail(error);
    }
  }

  /** After the last field. */
  finish(): void {
    if (this.problem !== undefined) return;
    if ((this.seen & mandatoryBits) !== mandatoryBits) {
      const missing = mandatory.find(([id]) => (this.seen & (1 << id)) === 0);
      this.fail(new MessageError(`no ${missing?.[1] ?? ''}`));
      return;
    }
    const { message } = this;
    // RFC 3261 §8.1.1.5; RFC 4475 §3.1.2.17.
    if (message.kind === 'request' && message.cseq.method !== message.method) {
      this.fail(new MessageError('CSeq names another method'));
    }
  }

  private parse(id: number, text: string, start: number, end: number): void {
    const { message } = this;
    const { maxParams } = this.limits;
    if (id === VIA) this.parseVia(text, start, end);
    else if (id === FROM) message.fromValue = scanOnlyNameAddr(text, start, end, maxParams);
    else if (id === TO) message.toValue = scanOnlyNameAddr(text, start, end, maxParams);
    else if (id === CALL_ID) checkCallId(text, start, end);
    else if (id === CSEQ) message.cseqValue = parseCSeq(text, start, end);
    else if (id === MAX_FORWARDS) {
      // RFC 3261 §20.22.
      const hops = decimal(text, start, end, 255);
      if (hops < 0 || hops > 255) throw new MessageError('malformed Max-Forwards');
    } else if (id === CONTENT_LENGTH) {
      const length = decimal(text, start, end, MAX_LENGTH);
      if (length < 0) throw new MessageError('malformed Content-Length');
      this.length = length;
    } else if (id === CONTACT) this.parseContact(text, start, end);
    else if (id === ROUTE) {
      message.routeValues = this.addresses(message.routeValues, text, start, end);
    } else if (id === RECORD_ROUTE) {
      message.recordRouteValues = this.addresses(message.recordRouteValues, text, start, end);
    }
  }

  private parseVia(text: string, start: number, end: number): void {
    const { message, limits } = this;
    this.vias += 1;
    if (this.vias === 1) {
      const top = scanVia(text, start, end, limits.maxParams);
      const values = [top];
      if (viaEnd < end) scanVias(text, viaEnd + 1, end, values, limits.maxParams);
      message.topViaValue = top;
      message.viaValues = values;
    } else {
      // Those below the top are for proxies: parsed when somebody asks.
      message.viaFieldsLeft = true;
      if (this.vias > limits.maxVias) throw new MessageError('too many Via', { status: 513 });
    }
  }

  private parseContact(text: string, start: number, end: number): void {
    const { message } = this;
    if (end === start + 1 && text.charCodeAt(start) === 42) {
      if (message.contactValues !== undefined) throw new MessageError(STAR);
      message.contactValues = [];
      this.star = true;
    } else {
      if (this.star) throw new MessageError(STAR);
      message.contactValues = this.addresses(message.contactValues, text, start, end);
    }
  }

  private addresses(
    before: readonly NameAddr[] | undefined,
    text: string,
    start: number,
    end: number,
  ): readonly NameAddr[] {
    const { maxParams } = this.limits;
    if (before !== undefined) return scanNameAddrs(text, start, end, [...before], maxParams);
    // As a rule it is the only one: a list that grows makes room for seventeen.
    const only = [scanNameAddr(text, start, end, maxParams)];
    return nameAddrEnd === end ? only : scanNameAddrs(text, nameAddrEnd + 1, end, only, maxParams);
  }
}

/** RFC 3261 §25.1 `Contact`. */
const STAR = 'Contact * is not the only one';
