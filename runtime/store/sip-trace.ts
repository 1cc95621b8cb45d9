import { formatAddress } from '../core/address';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import { trace, type SipMessageTrace } from '../core/trace';
import { DailyLines } from './daily-lines';
import { dailyFiles, linesBackwards, parseLine } from './line-reader';

const prefix = 'sip';

/** A SIP message as it went over the wire. Addresses are `host:port`. */
export interface TracedMessage {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly direction: 'in' | 'out';
  readonly protocol: string;
  readonly local: string;
  readonly remote: string;
  /** The SIP Call-ID; '' when the bytes were not understood. */
  readonly callId: string;
  readonly text: string;
}

export interface SipTraceOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Writes every SIP message to `sip-<day>.jsonl` from its creation to {@link close}. One file a day and not
 * one a call: a file a call costs two more system calls for each message. What callers type into INFO
 * and who calls whom can be read there, so it is only done on request.
 */
export class SipTrace {
  private readonly lines: DailyLines;
  private readonly subscriptions: readonly (() => void)[];
  private day = '';
  /** When {@link day} ends. */
  private dayEnd = 0;

  constructor(options: SipTraceOptions) {
    this.lines = new DailyLines({ ...options, prefix });
    this.subscriptions = [
      trace.sipMessage.subscribe((message) => this.write(message)),
      // So that a call is found by Callchart's own id as well, while it is in progress.
      trace.call.subscribe(({ time, id, callId }) => {
        this.lines.append(this.dayOf(time), JSON.stringify({ time, call: id, callId }));
      }),
    ];
  }

  flush(): Promise<void> {
    return this.lines.flush();
  }

  async close(): Promise<void> {
    for (const unsubscribe of this.subscriptions) unsubscribe();
    await this.lines.close();
  }

  private write(message: SipMessageTrace): void {
    const { time, direction, protocol, callId, bytes } = message;
    const line: TracedMessage = {
      time,
      direction,
      protocol,
      local: formatAddress(message.local),
      remote: formatAddress(message.remote),
      callId,
      text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
    };
    this.lines.append(this.dayOf(time), JSON.stringify(line));
  }

  private dayOf(time: number): string {
    if (time >= this.dayEnd || time < this.dayEnd - 86_400_000) {
      this.day = new Date(time).toISOString().slice(0, 10);
      this.dayEnd = Date.parse(`${this.day}T00:00:00Z`) + 86_400_000;
    }
    return this.day;
  }
}

/** A call whose messages were kept, under the ids that it is found by. */
export interface TracedCall {
  /** Callchart's own. */
  readonly id: string;
  readonly callId: string;
}

/**
 * Calls by Callchart's id or the beginning of it, newest first, `limit` of them at the most; also those
 * in progress, which have no record yet. The one that matches exactly comes alone.
 */
export async function findTracedCalls(
  folder: string,
  text: string,
  limit = 10,
): Promise<TracedCall[]> {
  if (text === '') return [];
  const found: TracedCall[] = [];
  for (const file of await dailyFiles(folder, prefix)) {
    for await (const call of callsIn(file, text)) {
      if (call.id === text) return [call];
      if (found.length < limit) found.push(call);
    }
  }
  return found;
}

/** The calls of one file whose id begins with `text`, newest first. */
async function* callsIn(file: string, text: string): AsyncGenerator<TracedCall> {
  // Only the line that names a call has this: the quotes of messages and of what follows are escaped.
  const written = `"call":${JSON.stringify(text).slice(0, -1)}`;
  for await (const line of linesBackwards(file)) {
    if (!line.includes(written)) continue;
    const value = parseLine(line);
    if (typeof value?.call === 'string' && typeof value.callId === 'string') {
      if (value.call.startsWith(text)) yield { id: value.call, callId: value.callId };
    }
  }
}

/**
 * The messages of a call in their order, by SIP Call-ID or by Callchart's own id; empty when there are none.
 */
export async function readTrace(folder: string, id: string): Promise<TracedMessage[]> {
  const callId = id === '' ? undefined : await callIdOf(folder, id);
  if (callId === undefined) return [];
  const written = JSON.stringify(callId);
  const found: TracedMessage[] = [];
  for (const file of await dailyFiles(folder, prefix)) {
    const before = found.length;
    for await (const line of linesBackwards(file)) {
      if (!line.includes(written)) continue;
      const message = toMessage(parseLine(line));
      if (message?.callId === callId) found.push(message);
    }
    // A call may run over midnight, but not through a day without a message.
    if (before > 0 && found.length === before) break;
  }
  return found.reverse();
}

async function callIdOf(folder: string, id: string): Promise<string | undefined> {
  const written = JSON.stringify(id);
  for (const file of await dailyFiles(folder, prefix)) {
    for await (const line of linesBackwards(file)) {
      if (!line.includes(written)) continue;
      const value = parseLine(line);
      if (value?.callId === id) return id;
      if (value?.call === id && typeof value.callId === 'string') return value.callId;
    }
  }
  return undefined;
}

function toMessage(
  value: Readonly<Record<string, unknown>> | undefined,
): TracedMessage | undefined {
  if (value === undefined) return undefined;
  const { time, direction, protocol, local, remote, callId, text } = value;
  if (
    typeof time !== 'number' ||
    (direction !== 'in' && direction !== 'out') ||
    typeof protocol !== 'string' ||
    typeof local !== 'string' ||
    typeof remote !== 'string' ||
    typeof callId !== 'string' ||
    typeof text !== 'string'
  ) {
    return undefined;
  }
  return { time, direction, protocol, local, remote, callId, text };
}
