import type { CallHistory } from '../../events/port';
import { CallchartError } from '../../core/errors';
import type { CallHandle } from '../../service/live-control';
import {
  endedCall,
  endedDetails,
  liveCall,
  liveDetails,
  type ShownCall,
  shownRecording,
} from '../call-shapes';
import { readTarget } from '../call-target';
import { readCursor, writeCursor } from '../cursor';
import type { CallService } from '../port';
import { Problem, problems } from '../problem';
import type { ApiRequest, Handlers } from '../router';
import type { callEndpoints } from '../api/call-endpoints';

type CallQuery = ApiRequest<(typeof callEndpoints)['listCalls']>['query'];

/** The calls that there are and were: placed, listed, steered. */
export function callHandlers(
  server: CallService,
  history: CallHistory,
): Handlers<keyof typeof callEndpoints> {
  /** A call in progress; says whether it is over, or never was. */
  const live = ({ id }: { readonly id: string }): CallHandle => {
    const handle = server.call(id);
    if (handle !== undefined) return handle;
    throw history.call(id) === undefined ? problems.notFound(`call ${id}`) : problems.ended(id);
  };
  return {
    createCall: ({ body }) => {
      const { to, trunk, callerId, headers, codecs, machineDetection, timeout } = body;
      const placed = server.place({
        ...given({ to, trunk, callerId, headers, codecs, machineDetection, timeout }),
        target: readTarget(body),
      });
      if ('refused' in placed) {
        throw new Problem(503, 'CALLCHART_REFUSED', placed.refused.reason, {
          headers: { 'Retry-After': '5' },
        });
      }
      // What becomes of it the call itself tells; nobody waits here.
      placed.done.catch(() => undefined);
      const { id } = placed;
      return {
        status: 201,
        headers: { Location: `/v1/calls/${id}` },
        body: liveDetails(live({ id })),
      };
    },
    listCalls: ({ query }) => listCalls(server, history, query),
    getCall: ({ params: { id } }) => {
      const handle = server.call(id);
      if (handle !== undefined) return { status: 200, body: liveDetails(handle) };
      const past = history.call(id);
      if (past === undefined) throw problems.notFound(`call ${id}`);
      return { status: 200, body: endedDetails(past) };
    },
    changeCall: async ({ params, body: { held, music, muted } }) => {
      const handle = live(params);
      if (held !== undefined) await handle.hold(held, music);
      if (muted !== undefined) handle.mute(muted);
      return { status: 200, body: liveDetails(handle) };
    },
    redirectCall: async ({ params, body }) => {
      await live(params).redirect(readTarget(body));
      return { status: 204 };
    },
    hangupCall: ({ params, body: { reason } }) => {
      live(params).hangup(reason);
      return { status: 204 };
    },
    playToCall: async ({ params, body: { prompt, ...options } }) => {
      await live(params).play(prompt, options);
      return { status: 204 };
    },
    stopPlaying: ({ params }) => {
      live(params).stopPlaying();
      return { status: 204 };
    },
    sendDigits: async ({ params, body: { digits } }) => {
      await live(params).sendDigits(digits);
      return { status: 204 };
    },
    startRecording: async ({ params, body }) => {
      const recording = await live(params).startRecording(body);
      return { status: 201, body: shownRecording(recording) };
    },
    changeRecording: async ({ params, body: { state } }) => {
      const recording = live(params).recordings.find(({ id }) => id === params.recording);
      if (recording === undefined) throw problems.notFound(`recording ${params.recording}`);
      if (recording.state === 'completed' && state !== 'completed') {
        throw new CallchartError('CALLCHART_CALL_STATE', 'the recording is complete');
      }
      if (state === 'paused') recording.pause();
      else if (state === 'recording') recording.resume();
      else await recording.stop();
      return { status: 200, body: { id: recording.id, state } };
    },
    sendEvent: ({ params, body }) => {
      const taken = live(params).send(body);
      return { status: 200, body: { taken } };
    },
  };
}

/** Those in progress first; a cursor says among which the next page begins. */
function listCalls(server: CallService, history: CallHistory, query: CallQuery) {
  const { limit, cursor, state } = query;
  const [kind = '', mark = '', id = ''] = cursor === undefined ? [] : readCursor(cursor);
  const live =
    state === 'ended' || kind === 'ended' || query.outcome !== undefined
      ? []
      : server
          .liveCalls()
          .map(liveCall)
          .filter((call) => fits(call, query))
          .sort((a, b) => compare(b.started, a.started) || compare(b.id, a.id))
          .filter((call) => kind === '' || isBehind(call, mark, id));
  const shown = live.slice(0, limit);
  const last = shown.at(-1);
  if (live.length > limit && last !== undefined) {
    return page(shown, ['live', last.started, last.id]);
  }
  if (state === 'live') return page(shown, undefined);
  const room = limit - shown.length;
  // A page that is full goes on with the latest that is over.
  if (room === 0) return page(shown, ['ended', '']);
  const { flow, direction, from, to, outcome: status, since, until } = query;
  const { rows, next } = history.calls(
    given({ flow, direction, from, to, status, startedAfter: since, startedBefore: until }),
    { limit: room, cursor: kind === 'ended' && mark !== '' ? mark : undefined },
  );
  return page([...shown, ...rows.map(endedCall)], next === undefined ? undefined : ['ended', next]);
}

function page(items: ShownCall[], next: readonly string[] | undefined) {
  return {
    status: 200 as const,
    body: { items, next: next === undefined ? null : writeCursor(next) },
  };
}

function fits(call: ShownCall, { flow, direction, from, to, since, until }: CallQuery): boolean {
  const started = Date.parse(call.started);
  return (
    (flow === undefined || call.flow?.name === flow) &&
    (direction === undefined || call.direction === direction) &&
    (from === undefined || isParty(call.from, from)) &&
    (to === undefined || call.dialled === to || isParty(to, call.dialled)) &&
    (since === undefined || started >= since) &&
    (until === undefined || started < until)
  );
}

/** The whole URI, or the user in it. */
function isParty(uri: string, wanted: string): boolean {
  return uri === wanted || uri.replace(/^\w+:/, '').replace(/[@;].*$/, '') === wanted;
}

function isBehind(call: ShownCall, mark: string, id: string): boolean {
  return (compare(mark, call.started) || compare(id, call.id)) > 0;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the members that are undefined. */
function given<T extends object>(members: T): Given<T> {
  const known = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Given<T>;
}
