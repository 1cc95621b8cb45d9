import type { EventSourceMessage } from 'eventsource-parser';
import type { CallchartEvent } from '../http/port';
import { CallchartApiError } from './problem';
import { type Transport, wait } from './transport';

export interface FollowOptions {
  /** Events of this call alone. */
  readonly call?: string;
  /** These types alone: `call.ended`, `leg.*`. */
  readonly types?: readonly string[];
  /** Goes on behind this event: its `sequence`. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

/** Milliseconds before a stream that has ended is opened again; each further time twice as long. */
const firstPause = 500;
const longestPause = 15_000;

/**
 * What happens with calls, until it is left. A connection that ends is made again, behind the last event that came. What
 * can't be mended by waiting (a wrong key, a wrong query) is thrown.
 */
export async function* followEvents(
  transport: Transport,
  { call, types, after, signal }: FollowOptions = {},
): AsyncGenerator<CallchartEvent, void, undefined> {
  const leave = new AbortController();
  const ended = signal === undefined ? leave.signal : AbortSignal.any([signal, leave.signal]);
  const query = { call, type: types?.join(',') };
  let last = after;
  let failures = 0;
  try {
    for (;;) {
      try {
        for await (const message of messages(transport, { query, last, signal: ended })) {
          failures = 0;
          // The server has begun anew: its events go on from what it says.
          if (message.event === 'reset') last = undefined;
          if (message.id === undefined) continue;
          last = Number(message.id);
          yield JSON.parse(message.data) as CallchartEvent;
        }
      } catch (error) {
        if (ended.aborted) return;
        if (error instanceof CallchartApiError && error.status >= 400 && error.status < 500) {
          throw error;
        }
      }
      if (ended.aborted) return;
      failures += 1;
      const pause = Math.min(longestPause, firstPause * 2 ** (failures - 1));
      await wait(pause, ended).catch(() => undefined);
    }
  } finally {
    leave.abort();
  }
}

async function* messages(
  transport: Transport,
  {
    query,
    last,
    signal,
  }: {
    readonly query: Readonly<Record<string, unknown>>;
    readonly last: number | undefined;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<EventSourceMessage> {
  // Loaded by those alone who follow events.
  const { createParser } = await import('eventsource-parser');
  const { body } = await transport.send({
    ...{ method: 'GET', path: '/v1/events', query, signal },
    headers: {
      Accept: 'text/event-stream',
      ...(last === undefined ? {} : { 'Last-Event-ID': String(last) }),
    },
  });
  if (body === null) return;
  const waiting: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => waiting.push(event) });
  const decoder = new TextDecoder();
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* waiting.splice(0);
  }
}
