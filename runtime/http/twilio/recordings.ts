import { extname } from 'node:path';
import type { RecordingFilter, RecordingRow } from '../../store/recording-table';
import { callSid, recordingSid } from '../../twiml/sid';
import { timestamp } from '../../twiml/status-parameters';
import type { RequestParameters } from './parameters';
import { pageBody, pageRequest, type Slice } from './pages';
import type { ResourceParts } from './port';
import { TwilioProblem, twilioProblems } from './problem';
import { type BegunRecording, type BegunRecordings, recordingWish } from './recording-start';
import {
  type Account,
  API_VERSION,
  type TwilioAnswer,
  type TwilioRequest,
  type TwilioRoute,
} from './route';

const STATUSES = { recording: 'in-progress', paused: 'paused', completed: 'completed' } as const;

/** `/Recordings`, and `/Calls/{call}/Recordings`. */
export function recordingRoutes(parts: ResourceParts, begun: BegunRecordings): TwilioRoute[] {
  const { account, history, server, book } = parts;

  const complete = (sid: string): RecordingRow => {
    const row = history.recording(sid);
    if (row?.sid === sid) return row;
    throw twilioProblems.notFound(account.uri(`/Recordings/${sid}`));
  };

  /** Those of a call in progress that were begun here; `Twilio.CURRENT` is the latest. */
  const running = (request: TwilioRequest): BegunRecording | undefined => {
    const call = book.get(request.sid('call'));
    if (call === undefined) return undefined;
    const all = begun.of(call.id).filter(({ live }) => live.state !== 'completed');
    const sid = request.sid('recording');
    return sid === 'Twilio.CURRENT'
      ? all.at(-1)
      : all.find(({ live }) => recordingSid(live.path) === sid);
  };

  const fetch = (request: TwilioRequest): object => {
    const live = running(request);
    if (live !== undefined) return liveResource(account, live);
    const row = complete(request.sid('recording'));
    if (callSid(row.call) !== request.sid('call')) {
      throw twilioProblems.notFound(request.raw.originalUrl);
    }
    return rowResource(account, row);
  };

  const list = (request: TwilioRequest, call: string | undefined): TwilioAnswer => {
    const { given } = request;
    const { size, page, token } = pageRequest(given);
    const own = call === undefined || page > 0 ? [] : begun.of(call);
    const cursor = token?.replace(/^PH/, '');
    const { rows, next } = history.recordings(filterOf(given, call), { limit: size, cursor });
    const slice: Slice<object> = {
      items: [
        ...own
          .filter(({ live }) => live.state !== 'completed')
          .map((each) => liveResource(account, each)),
        ...rows.map((row) => rowResource(account, row)),
      ],
      next: next === undefined ? undefined : `PH${next}`,
    };
    return { status: 200, body: pageBody(request, 'recordings', slice) };
  };

  const callId = (sid: string): string => {
    const id = book.get(sid)?.id ?? history.call(sid)?.id;
    if (id === undefined) throw twilioProblems.notFound(account.uri(`/Calls/${sid}`));
    return id;
  };

  const remove = async (sid: string): Promise<TwilioAnswer> => {
    if (!(await history.deleteRecording(complete(sid).id))) {
      throw twilioProblems.notFound(account.uri(`/Recordings/${sid}`));
    }
    return { status: 204 };
  };

  return [
    {
      ...{ method: 'get', path: '/Recordings', scope: 'read' },
      handle: (request) => {
        const { given } = request;
        if (given.text('ConferenceSid') !== undefined) {
          throw twilioProblems.notHere('To list the recordings of a conference');
        }
        const sid = given.text('CallSid');
        return list(request, sid === undefined ? undefined : callId(sid));
      },
    },
    {
      ...{ method: 'get', path: '/Recordings/:recording', scope: 'read' },
      handle: (request) => {
        const row = complete(request.sid('recording'));
        // Without an ending it is the sound: so Twilio's `RecordingUrl` is written.
        if (request.extension === 'json') return { status: 200, body: rowResource(account, row) };
        return sound(row, request);
      },
    },
    {
      ...{ method: 'delete', path: '/Recordings/:recording', scope: 'admin' },
      handle: (request) => remove(request.sid('recording')),
    },
    {
      ...{ method: 'get', path: '/Calls/:call/Recordings', scope: 'read' },
      handle: (request) => list(request, callId(request.sid('call'))),
    },
    {
      ...{ method: 'post', path: '/Calls/:call/Recordings', scope: 'call' },
      handle: async (request) => {
        const { given } = request;
        const wish = recordingWish(given, 'StartCallRecordingAPI');
        const sid = request.sid('call');
        const call = book.get(sid);
        const handle = call === undefined ? undefined : server.call(callId(sid));
        if (call?.answered === undefined || call.ended !== undefined || handle === undefined) {
          callId(sid);
          throw twilioProblems.wrongState('Requested resource is not eligible for recording');
        }
        return { status: 201, body: liveResource(account, await begun.begin(handle, wish)) };
      },
    },
    {
      ...{ method: 'get', path: '/Calls/:call/Recordings/:recording', scope: 'read' },
      handle: (request) => ({ status: 200, body: fetch(request) }),
    },
    {
      ...{ method: 'post', path: '/Calls/:call/Recordings/:recording', scope: 'call' },
      handle: async (request) => {
        const status = request.given.oneOf('Status', ['in-progress', 'paused', 'stopped']);
        const recording = running(request);
        if (recording === undefined) {
          fetch(request);
          throw twilioProblems.wrongState('The recording is complete');
        }
        if (status === 'paused') recording.live.pause();
        else if (status === 'in-progress') recording.live.resume();
        else if (status === 'stopped') await recording.live.stop();
        else throw twilioProblems.badValue(20001, 'Status is required');
        return { status: 200, body: liveResource(account, recording) };
      },
    },
    {
      ...{ method: 'delete', path: '/Calls/:call/Recordings/:recording', scope: 'admin' },
      handle: (request) => {
        if (running(request) !== undefined) {
          throw twilioProblems.wrongState('The recording is in progress: stop it first');
        }
        return remove(request.sid('recording'));
      },
    },
  ];
}

function filterOf(given: RequestParameters, call: string | undefined): RecordingFilter {
  const on = given.time('DateCreated');
  const after = on?.from ?? given.time('DateCreated>')?.from;
  const before = on?.to ?? given.time('DateCreated<')?.from;
  return {
    ...(call === undefined ? {} : { call }),
    ...(after === undefined ? {} : { createdAfter: after }),
    ...(before === undefined ? {} : { createdBefore: before }),
  };
}

/** The file, with ranges; there is no other format of it than it was recorded in. */
function sound({ path, sid }: RecordingRow, { extension }: TwilioRequest): TwilioAnswer {
  const format = extname(path).slice(1);
  if (extension !== '' && extension !== format) {
    throw new TwilioProblem(406, 20406, `The recording is there as .${format} alone`);
  }
  return {
    stream: (response) =>
      new Promise((resolve, reject) => {
        const options = { dotfiles: 'allow', cacheControl: false } as const;
        response.sendFile(path, options, (error?: Error & { readonly code?: string }) => {
          // A client that leaves is no failure.
          if (error === undefined || response.destroyed) resolve();
          else reject(error.code === 'ENOENT' ? twilioProblems.notFound(sid) : error);
        });
      }),
  };
}

interface RecordingFacts {
  readonly sid: string;
  readonly call: string;
  readonly created: number;
  readonly updated: number;
  readonly status: string;
  /** Milliseconds; undefined while it is being made. */
  readonly duration: number | undefined;
  readonly channels: 1 | 2;
  readonly source: string;
}

function rowResource(account: Account, row: RecordingRow): object {
  const { sid, call, created, duration, channels } = row;
  return resource(account, {
    ...{ sid, call, duration, updated: created, status: 'completed' },
    created: created - duration,
    channels: channels === 'stereo' ? 2 : 1,
    // What has made it stands in the record of its call, in our own words.
    source: 'StartCallRecordingAPI',
  });
}

function liveResource(
  account: Account,
  { live, call, started, channels, source }: BegunRecording,
): object {
  const sid = recordingSid(live.path);
  const status = STATUSES[live.state];
  const times = { created: started, updated: started, duration: undefined };
  return resource(account, { sid, call, ...times, status, channels, source });
}

function resource(account: Account, facts: RecordingFacts): object {
  const { sid, call, created, updated, status, duration, channels, source } = facts;
  const path = `/Recordings/${sid}`;
  const parts = { transcriptions: 'Transcriptions', add_on_results: 'AddOnResults' };
  return {
    ...{ sid, account_sid: account.sid, api_version: API_VERSION, call_sid: callSid(call) },
    conference_sid: null,
    ...{ date_created: timestamp(created), date_updated: timestamp(updated) },
    start_time: timestamp(created),
    duration: duration === undefined ? null : String(Math.round(duration / 1_000)),
    ...{ status, channels, source, track: 'both' },
    ...{ price: null, price_unit: 'USD', error_code: null, encryption_details: null },
    uri: account.uri(path),
    media_url: account.uri(path, ''),
    subresource_uris: Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [name, account.uri(`${path}/${part}`)]),
    ),
  };
}
