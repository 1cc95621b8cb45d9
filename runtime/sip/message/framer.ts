import { defaultMessageLimits, type MessageLimits } from './limits';
import type { SipMessage } from './message';
import { MessageError } from './message-error';
import { parseHead } from './parse';
import { explain, type Head } from './read-message';

export type FramerEvent =
  | { readonly type: 'message'; readonly message: SipMessage }
  /** A double CRLF between messages: to be answered with one (RFC 5626 §3.5.1). */
  | { readonly type: 'ping' }
  /** A single CRLF between messages: the answer to a ping of ours, or padding. */
  | { readonly type: 'pong' }
  /**
   * Something that is no message. `error.partial` can be answered with `error.status`. With `close`
   * nobody knows where the next message begins: the stream must be closed, and the framer takes
   * nothing more.
   */
  | { readonly type: 'error'; readonly error: MessageError; readonly close: boolean };

const CR = 13;
const LF = 10;
/** Buffers up to this size are kept for the next message. */
const KEEP = 16_384;

/**
 * Cuts a stream into messages (RFC 3261 §18.3): Content-Length is mandatory there. Holds at most one
 * message, within the limits, and looks at each octet once, however the stream is cut.
 */
export class StreamFramer {
  private state: 'between' | 'head' | 'body' | 'skip' | 'closed' = 'between';
  /** What came of the message so far: the first {@link held} octets. */
  private store = Buffer.alloc(0);
  private held = 0;
  /** How far the head was searched for its end, and how much of CRLF CRLF came just before. */
  private searched = 0;
  private matched = 0;
  /** CRLFs since the last message or ping. */
  private emptyLines = 0;
  /** One of them may be a pong that nobody was told of. */
  private untold = false;
  private head: Head | undefined;
  /** Octets of the body to come, or to skip. */
  private length = 0;

  constructor(private readonly limits: MessageLimits = defaultMessageLimits) {}

  /** Octets of a message that is not complete: not 0 for long only with a slow or hostile peer. */
  get pending(): number {
    return this.state === 'skip' ? this.length : this.held + (this.head === undefined ? 0 : 1);
  }

  /** Takes the next octets of the stream; the events are in the order of the stream. */
  push(chunk: Uint8Array): FramerEvent[] {
    const events: FramerEvent[] = [];
    if (this.state === 'closed' || chunk.length === 0) return events;
    const stored = this.held > 0;
    const data = stored ? this.append(chunk) : asBuffer(chunk);
    let at = 0;
    let step = this.step(data, at, stored, events);
    while (step >= 0) {
      at = step;
      step = this.step(data, at, stored, events);
    }
    this.tellPong(events);
    this.keep(data, at, stored);
    return events;
  }

  /** One step of the machine from `at`: the position after it, or -1 when more octets are needed. */
  private step(data: Buffer, at: number, stored: boolean, events: FramerEvent[]): number {
    switch (this.state) {
      case 'between':
        return this.readEmptyLines(data, at, events);
      case 'head':
        return this.readHead(data, at, events);
      case 'body':
        return this.readBody(data, at, stored, events);
      case 'skip': {
        const skipped = Math.min(this.length, data.length - at);
        this.length -= skipped;
        if (this.length === 0) this.state = 'between';
        return skipped > 0 || this.length === 0 ? at + skipped : -1;
      }
      case 'closed':
        return -1;
    }
  }

  /** RFC 3261 §7.5: empty lines before a start line are ignored. */
  private readEmptyLines(data: Buffer, at: number, events: FramerEvent[]): number {
    while (at < data.length) {
      if (data[at] !== CR || (at + 1 < data.length && data[at + 1] !== LF)) {
        this.tellPong(events);
        this.state = 'head';
        this.searched = this.matched = this.emptyLines = 0;
        return at;
      }
      if (at + 1 === data.length) break;
      at += 2;
      this.emptyLines += 1;
      this.untold = this.emptyLines === 1;
      if (this.emptyLines === 2) {
        // One answer for many pings that came together is enough.
        pushOnce(events, { type: 'ping' });
        this.emptyLines = 0;
      }
      if (at === data.length) return at;
    }
    return -1;
  }

  /** A single CRLF with nothing more behind it yet, or with the next message. */
  private tellPong(events: FramerEvent[]): void {
    if (this.untold) events.push({ type: 'pong' });
    this.untold = false;
  }

  private readHead(data: Buffer, at: number, events: FramerEvent[]): number {
    let i = at + this.searched;
    let matched = this.matched;
    const limit = Math.min(data.length, at + this.limits.maxHead + 4);
    while (i < limit && matched < 4) {
      const octet = data[i] as number;
      if (octet === CR) matched = matched === 2 ? 3 : 1;
      else matched = octet === LF && (matched & 1) === 1 ? matched + 1 : 0;
      i += 1;
    }
    this.searched = i - at;
    this.matched = matched;
    if (matched < 4) {
      if (this.searched < this.limits.maxHead + 4) return -1;
      const seen = Buffer.concat([data.subarray(at, i), Buffer.from('\r\n\r\n')]);
      const error = new MessageError('head too long', { status: 513 });
      this.fail(explain(error, parseHead(seen, this.limits).message), true, events);
      return i;
    }
    this.begin(parseHead(data.subarray(at, i), this.limits), events);
    return i;
  }

  /** Decides by the head how the stream goes on. */
  private begin(head: Head, events: FramerEvent[]): void {
    const { message, contentLength } = head;
    let { problem } = head;
    if (contentLength === undefined) {
      // RFC 3261 §20.14: over a stream nothing else says where the body ends.
      problem ??= new MessageError('no Content-Length on a stream');
      this.fail(explain(problem, message), true, events);
    } else if (contentLength > this.limits.maxBody) {
      problem ??= new MessageError('body too large', { status: 413 });
      this.fail(explain(problem, message), true, events);
    } else if (problem !== undefined) {
      this.state = 'skip';
      this.length = contentLength;
      this.fail(explain(problem, message), false, events);
    } else {
      this.state = 'body';
      this.head = head;
      this.length = contentLength;
    }
  }

  private readBody(data: Buffer, at: number, stored: boolean, events: FramerEvent[]): number {
    const end = at + this.length;
    if (this.head === undefined || end > data.length) return -1;
    const { message } = this.head;
    if (this.length > 0) {
      const body = data.subarray(at, end);
      // The store is written over by the next message.
      message.body = stored ? Buffer.from(body) : body;
    }
    events.push({ type: 'message', message });
    this.head = undefined;
    this.state = 'between';
    return end;
  }

  private fail(error: MessageError, close: boolean, events: FramerEvent[]): void {
    if (close) this.state = 'closed';
    events.push({ type: 'error', error, close });
  }

  private append(chunk: Uint8Array): Buffer {
    const length = this.held + chunk.length;
    if (length > this.store.length) {
      // Doubled, so that a message that comes octet by octet is not copied at each.
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.store.length, 1024));
      this.store.copy(larger, 0, 0, this.held);
      this.store = larger;
    }
    this.store.set(chunk, this.held);
    this.held = length;
    return this.store.subarray(0, length);
  }

  /** Keeps what was not used, and no more memory than that needs. */
  private keep(data: Buffer, at: number, stored: boolean): void {
    const rest = this.state === 'closed' ? 0 : data.length - at;
    if (rest === 0) {
      this.held = 0;
      if (this.store.length > KEEP) this.store = Buffer.alloc(0);
    } else if (!stored) {
      this.append(data.subarray(at));
    } else if (at > 0) {
      this.store.copyWithin(0, at, data.length);
      this.held = rest;
    }
  }
}

function pushOnce(events: FramerEvent[], event: FramerEvent): void {
  if (events.at(-1)?.type !== event.type) events.push(event);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
