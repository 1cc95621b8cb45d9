import type { CallchartEvent } from '../http/port';
import type { OperationId } from '../http/api/endpoints';
import { followEvents, type FollowOptions } from './events';
import { type ClientOptions, type Sent, Transport } from './transport';
import type { Answer, Body, Query } from './types';

/** What may be said of each request. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Of a POST: the same key is carried out once in 24 hours. One is made where none is given. */
  readonly idempotencyKey?: string;
}

/**
 * Places, steers and follows the calls of a Callchart server. Methods reject with a `CallchartApiError`; durations are
 * milliseconds, times ISO 8601.
 */
export class CallchartClient {
  private readonly transport: Transport;

  constructor(options: ClientOptions) {
    this.transport = new Transport(options);
  }

  readonly calls = {
    /** Places a call; resolves as soon as it is being placed. */
    create: (body: Body<'createCall'>, options?: RequestOptions) =>
      this.ask<'createCall'>('POST', '/v1/calls', { body, ...options }),
    list: (query?: Query<'listCalls'>, options?: RequestOptions) =>
      this.ask<'listCalls'>('GET', '/v1/calls', { query, ...options }),
    /** All of a list, page by page. */
    all: (query: Query<'listCalls'> = {}, options?: RequestOptions) =>
      pages((cursor) => this.calls.list({ ...query, ...cursor }, options)),
    get: (id: string, options?: RequestOptions) =>
      this.ask<'getCall'>('GET', at('/v1/calls', id), { ...options }),
    /** Holds or mutes a call, or undoes it. */
    change: (id: string, body: Body<'changeCall'>, options?: RequestOptions) =>
      this.ask<'changeCall'>('PATCH', at('/v1/calls', id), { body, ...options }),
    /** Gives a call to another flow, a web app or a document. */
    redirect: (id: string, body: Body<'redirectCall'>, options?: RequestOptions) =>
      this.ask<'redirectCall'>('POST', at('/v1/calls', id, 'redirect'), { body, ...options }),
    hangup: (id: string, body: Body<'hangupCall'> = {}, options?: RequestOptions) =>
      this.ask<'hangupCall'>('POST', at('/v1/calls', id, 'hangup'), { body, ...options }),
    play: (id: string, body: Body<'playToCall'>, options?: RequestOptions) =>
      this.ask<'playToCall'>('POST', at('/v1/calls', id, 'play'), { body, ...options }),
    stopPlaying: (id: string, options?: RequestOptions) =>
      this.ask<'stopPlaying'>('DELETE', at('/v1/calls', id, 'play'), { ...options }),
    sendDigits: (id: string, digits: string, options?: RequestOptions) =>
      this.ask<'sendDigits'>('POST', at('/v1/calls', id, 'digits'), {
        body: { digits },
        ...options,
      }),
    startRecording: (id: string, body: Body<'startRecording'> = {}, options?: RequestOptions) =>
      this.ask<'startRecording'>('POST', at('/v1/calls', id, 'recordings'), { body, ...options }),
    /** Pauses a recording, goes on with it, or completes it. */
    changeRecording: (
      id: string,
      recording: string,
      body: Body<'changeRecording'>,
      options?: RequestOptions,
    ) =>
      this.ask<'changeRecording'>('PATCH', at('/v1/calls', id, 'recordings', recording), {
        body,
        ...options,
      }),
    /** Sends an event to the machine of the flow. */
    sendEvent: (id: string, body: Body<'sendEvent'>, options?: RequestOptions) =>
      this.ask<'sendEvent'>('POST', at('/v1/calls', id, 'events'), { body, ...options }),
  };

  readonly recordings = {
    list: (query?: Query<'listRecordings'>, options?: RequestOptions) =>
      this.ask<'listRecordings'>('GET', '/v1/recordings', { query, ...options }),
    all: (query: Query<'listRecordings'> = {}, options?: RequestOptions) =>
      pages((cursor) => this.recordings.list({ ...query, ...cursor }, options)),
    get: (id: string, options?: RequestOptions) =>
      this.ask<'getRecording'>('GET', at('/v1/recordings', id), { ...options }),
    /** The sound; `range` as HTTP has it: `bytes=0-1023`. */
    audio: (id: string, { range, ...options }: RequestOptions & { readonly range?: string } = {}) =>
      this.transport.send({
        ...{ method: 'GET', path: at('/v1/recordings', id, 'audio'), ...options },
        ...(range === undefined ? {} : { headers: { Range: range } }),
      }),
    delete: (id: string, options?: RequestOptions) =>
      this.ask<'deleteRecording'>('DELETE', at('/v1/recordings', id), { ...options }),
  };

  readonly flows = {
    list: (options?: RequestOptions) => this.ask<'listFlows'>('GET', '/v1/flows', { ...options }),
    get: (name: string, options?: RequestOptions) =>
      this.ask<'getFlow'>('GET', at('/v1/flows', name), { ...options }),
  };

  readonly conferences = {
    list: (options?: RequestOptions) =>
      this.ask<'listConferences'>('GET', '/v1/conferences', { ...options }),
    get: (id: string, options?: RequestOptions) =>
      this.ask<'getConference'>('GET', at('/v1/conferences', id), { ...options }),
    end: (id: string, options?: RequestOptions) =>
      this.ask<'endConference'>('DELETE', at('/v1/conferences', id), { ...options }),
    play: (id: string, body: Body<'announceToConference'>, options?: RequestOptions) =>
      this.ask<'announceToConference'>('POST', at('/v1/conferences', id, 'play'), {
        body,
        ...options,
      }),
    changeParticipant: (
      id: string,
      participant: string,
      body: Body<'changeParticipant'>,
      options?: RequestOptions,
    ) =>
      this.ask<'changeParticipant'>(
        'PATCH',
        at('/v1/conferences', id, 'participants', participant),
        { body, ...options },
      ),
    removeParticipant: (id: string, participant: string, options?: RequestOptions) =>
      this.ask<'removeParticipant'>(
        'DELETE',
        at('/v1/conferences', id, 'participants', participant),
        { ...options },
      ),
  };

  readonly server = {
    live: (options?: RequestOptions) => this.ask<'live'>('GET', '/health/live', { ...options }),
    /** Rejects with status 503 while no calls are taken. */
    ready: (options?: RequestOptions) => this.ask<'ready'>('GET', '/health/ready', { ...options }),
    get: (options?: RequestOptions) => this.ask<'getServer'>('GET', '/v1/server', { ...options }),
    reload: (options?: RequestOptions) =>
      this.ask<'reload'>('POST', '/v1/server/reload', { ...options }),
    drain: (body: Body<'drain'> = {}, options?: RequestOptions) =>
      this.ask<'drain'>('POST', '/v1/server/drain', { body, ...options }),
    /** The text that Prometheus reads. */
    metrics: async (options?: RequestOptions): Promise<string> => {
      const response = await this.transport.send({ method: 'GET', path: '/metrics', ...options });
      return response.text();
    },
    /** The OpenAPI description. */
    describe: (options?: RequestOptions) =>
      this.ask<'describe'>('GET', '/openapi.json', { ...options }),
  };

  queues(options?: RequestOptions) {
    return this.ask<'listQueues'>('GET', '/v1/queues', { ...options });
  }

  trunks(options?: RequestOptions) {
    return this.ask<'listTrunks'>('GET', '/v1/trunks', { ...options });
  }

  registrations(query?: Query<'listRegistrations'>, options?: RequestOptions) {
    return this.ask<'listRegistrations'>('GET', '/v1/registrations', { query, ...options });
  }

  /** What happens with calls from now on: `for await (const event of client.events()) …`. */
  events(options?: FollowOptions): AsyncGenerator<CallchartEvent, void, undefined> {
    return followEvents(this.transport, options);
  }

  readonly deadLetters = {
    list: (query?: Query<'listDeadLetters'>, options?: RequestOptions) =>
      this.ask<'listDeadLetters'>('GET', '/v1/dead-letters', { query, ...options }),
    resend: (body: Body<'resendDeadLetters'> = {}, options?: RequestOptions) =>
      this.ask<'resendDeadLetters'>('POST', '/v1/dead-letters/resend', { body, ...options }),
  };

  private ask<Id extends OperationId>(
    method: Sent['method'],
    path: string,
    sent: Omit<Sent, 'method' | 'path'>,
  ): Promise<Answer<Id>> {
    // The server's own tests hold its answers against the same schemas.
    return this.transport.json({ method, path, ...sent }) as Promise<Answer<Id>>;
  }
}

/** A path with its parts as they stand in a URL. */
function at(...[base, ...parts]: [string, ...string[]]): string {
  return [base, ...parts.map(encodeURIComponent)].join('/');
}

async function* pages<T>(
  ask: (cursor: { readonly cursor?: string }) => Promise<{
    readonly items: readonly T[];
    readonly next: string | null;
  }>,
): AsyncGenerator<T, void, undefined> {
  for (let cursor: string | undefined; ;) {
    const page = await ask(cursor === undefined ? {} : { cursor });
    yield* page.items;
    if (page.next === null) return;
    cursor = page.next;
  }
}
