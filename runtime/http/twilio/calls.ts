import type { PastCall } from '../../events/port';
import type { CallHandle } from '../../service/live-control';
import { machineReport } from '../../twiml/status-parameters';
import type { TimerHandle } from '../../core/clock';
import { describeError } from '../../core/errors';
import type { BookedCall } from './call-book';
import { CallList } from './call-list';
import { type CallResource, liveCallResource, pastCallResource } from './call-resource';
import { missing, type RequestParameters } from './parameters';
import { pageBody, pageRequest } from './pages';
import { callTarget, machineOptions, placement, sentDigits, statusCallback } from './place-call';
import type { ResourceParts } from './port';
import { TwilioProblem, twilioProblems } from './problem';
import { type BegunRecordings, recordingWish } from './recording-start';
import type { TwilioRequest, TwilioRoute } from './route';

/** What of a call's parameters there is nothing for here. */
const UNAVAILABLE = ['Passports', 'ClientNotificationUrl', 'RecordingConfigurationId'] as const;

/** `/Calls`. */
export function callRoutes(parts: ResourceParts, recordings: BegunRecordings): TwilioRoute[] {
  const { account, server, history, book } = parts;
  const list = new CallList(parts);

  const found = (request: TwilioRequest): CallResource => {
    const resource = list.find(request.sid('call'));
    if (resource !== undefined) return resource;
    throw twilioProblems.notFound(account.uri(`/Calls/${request.sid('call')}`));
  };

  const create = ({ given }: TwilioRequest): CallResource => {
    given.refuse(UNAVAILABLE);
    const digits = sentDigits(given);
    const target = callTarget(given, digits);
    const call = placement(given, server.trunks.names);
    if (target === undefined) throw missing('Url', 21205);
    const wishes = wishesOf(given, digits !== undefined);
    const { machine } = wishes;
    const placed = server.place({
      ...call,
      target,
      ...(machine === undefined || wishes.async !== undefined ? {} : { machineDetection: machine }),
    });
    if ('refused' in placed) {
      throw new TwilioProblem(503, 20503, placed.refused.reason, { 'Retry-After': '5' });
    }
    // What becomes of it the call itself tells.
    placed.done.catch(() => undefined);
    grant(placed.id, wishes);
    const begun = book.byId(placed.id);
    if (begun !== undefined) return liveCallResource(account, begun, undefined);
    const past = history.call(placed.id);
    if (past === undefined) throw new TwilioProblem(500, 20500, 'the call is not known any more');
    return pastCallResource(account, past.record, undefined);
  };

  /** What is done with a call as soon as it is answered. */
  const grant = (id: string, { limit, machine, async, recording }: Wishes): void => {
    const handle = server.call(id);
    if (handle === undefined) return;
    if (limit !== undefined) limitTime(handle, limit);
    if (recording === undefined && async === undefined) return;
    book.onAnswered(id, () => {
      // Not before everybody has heard of the answer.
      queueMicrotask(() => {
        if (recording !== undefined) {
          aside(handle, recordings.begin(handle, recording));
        }
        if (async === undefined) return;
        const told = handle.detectMachine(machine).then((result) => {
          if (async.url !== '')
            handle.tell({ ...async, events: ['amd'] }, machineReport(handle.id, result));
        });
        aside(handle, told);
      });
    });
  };

  const aside = ({ id }: CallHandle, work: Promise<unknown>): void => {
    work.catch((error: unknown) =>
      parts.logger.warn({ call: id, error: describeError(error) }, "Twilio's REST API"),
    );
  };

  const limits = new Map<string, TimerHandle>();

  /** Seconds of talk, in place of what was said before. */
  const limitTime = (handle: CallHandle, seconds: number): void => {
    const { clock } = parts;
    const { id } = handle;
    const begin = (): void => {
      const talked = clock.now() - (book.byId(id)?.answered ?? clock.now());
      const left = Math.max(0, seconds * 1_000 - talked);
      if (!limits.has(id)) {
        book.onOver(id, () => {
          clock.clearTimeout(limits.get(id));
          limits.delete(id);
        });
      }
      clock.clearTimeout(limits.get(id));
      limits.set(
        id,
        clock.setTimeout(() => handle.hangup('time limit'), left),
      );
    };
    if (book.byId(id)?.answered === undefined) book.onAnswered(id, begin);
    else begin();
  };

  const update = async (request: TwilioRequest): Promise<CallResource> => {
    const { given } = request;
    const sid = request.sid('call');
    const status = given.oneOf('Status', ['completed', 'canceled']);
    const target = callTarget(given);
    const callback = statusCallback(given);
    const limit = given.integer('TimeLimit', [1, 86_400], 20001);
    const call = book.get(sid);
    if (call === undefined) return updateOther(request, status);
    const handle = live(call);
    if (callback !== undefined) handle.follow(callback);
    if (limit !== undefined) limitTime(handle, limit);
    if (status === 'canceled' && call.answered !== undefined) {
      throw twilioProblems.wrongState('Call is in-progress. Cannot cancel: it can be completed.');
    }
    if (status !== undefined) handle.hangup();
    else if (target !== undefined) await handle.redirect(target);
    return found(request);
  };

  /** A leg of a call can be hung up; all else is for calls in progress. */
  const updateOther = (request: TwilioRequest, status: string | undefined): CallResource => {
    const resource = found(request);
    const parent = book.parentOf(resource.sid);
    const leg =
      parent === undefined
        ? undefined
        : book
            .byId(parent)
            ?.legs.find((each) => each.sid === resource.sid && each.ended === undefined);
    if (parent === undefined || leg === undefined) {
      throw twilioProblems.wrongState('Call is not in-progress. Cannot redirect.');
    }
    if (status === undefined) {
      throw twilioProblems.notHere('To redirect a call that another call has dialled');
    }
    server.call(parent)?.endLeg(leg.leg);
    return found(request);
  };

  const live = ({ id, ended }: BookedCall): CallHandle => {
    const handle = ended === undefined ? server.call(id) : undefined;
    if (handle !== undefined) return handle;
    throw twilioProblems.wrongState('Call is not in-progress. Cannot redirect.');
  };

  return [
    {
      ...{ method: 'post', path: '/Calls', scope: 'call' },
      handle: (request) => ({ status: 201, body: create(request) }),
    },
    {
      ...{ method: 'get', path: '/Calls', scope: 'read' },
      handle: (request) => ({
        status: 200,
        body: pageBody(request, 'calls', list.page(request.given, pageRequest(request.given))),
      }),
    },
    {
      ...{ method: 'get', path: '/Calls/:call', scope: 'read' },
      handle: (request) => ({ status: 200, body: found(request) }),
    },
    {
      ...{ method: 'post', path: '/Calls/:call', scope: 'call' },
      handle: async (request) => ({ status: 200, body: await update(request) }),
    },
    {
      ...{ method: 'delete', path: '/Calls/:call', scope: 'admin' },
      handle: (request) => {
        const { sid } = found(request);
        const past: PastCall | undefined = history.call(sid);
        if (past === undefined) {
          throw twilioProblems.wrongState('Only a call that is over can be deleted.');
        }
        history.deleteCall(past.id);
        return { status: 204 };
      },
    },
  ];
}

interface Wishes {
  /** Seconds of talk. */
  readonly limit: number | undefined;
  readonly machine: ReturnType<typeof machineOptions>;
  /** Who has answered is found out beside the document; `url` is '' where nobody is told. */
  readonly async: { readonly url: string; readonly method: 'GET' | 'POST' } | undefined;
  readonly recording: ReturnType<typeof recordingWish> | undefined;
}

function wishesOf(given: RequestParameters, keys: boolean): Wishes {
  // Twilio: who sends keys does not listen for a machine.
  const machine = keys ? undefined : machineOptions(given);
  const url = given.url('AsyncAmdStatusCallback', 21609) ?? '';
  const method = given.method('AsyncAmdStatusCallbackMethod') ?? 'POST';
  const async = machine !== undefined && given.flag('AsyncAmd') === true;
  return {
    limit: given.integer('TimeLimit', [1, 86_400]),
    machine,
    async: async ? { url, method } : undefined,
    recording: given.flag('Record') === true ? recordingWish(given, 'OutboundAPI') : undefined,
  };
}
