import type { CallRecord, LegRecord } from '../../call/call-record';
import type { CallEnd, CallInfo } from '../../call/port';
import type { MachineResult } from '../../media/port';
import { type CallStatus, sipStatus } from '../../twiml/call-status';
import { machineParameters } from '../../twiml/outcome-parameters';
import { callParameters } from '../../twiml/parameters';
import { addressName, partiesOfCall } from '../../twiml/parties-of-call';
import { callSid } from '../../twiml/sid';
import { endStatus, timestamp } from '../../twiml/status-parameters';
import type { BookedCall, BookedLeg } from './call-book';
import { type Account, API_VERSION } from './route';

/** What a resource of a call is made of. Times are milliseconds since the epoch. */
interface CallFacts {
  readonly sid: string;
  readonly parent?: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly direction: string;
  readonly status: CallStatus;
  readonly created: number;
  readonly updated: number;
  /** The answer; of one that nobody answered its end. */
  readonly started: number | undefined;
  readonly ended: number | undefined;
  /** Milliseconds of talk. */
  readonly talked: number | undefined;
  readonly answeredBy?: MachineResult | undefined;
  readonly forwardedFrom?: string | undefined;
  readonly callerName?: string | undefined;
}

/** A call as Twilio's clients read it. */
export interface CallResource {
  readonly sid: string;
  readonly status: CallStatus;
  readonly from: string;
  readonly to: string;
  readonly [property: string]: unknown;
}

export function liveCallResource(
  account: Account,
  call: BookedCall,
  answeredBy: MachineResult | undefined,
): CallResource {
  const { sid, info, answered, ended, updated } = call;
  const parameters = parametersOf(account, info);
  return resource(account, {
    ...{ sid, status: statusOfLive(call), created: info.started, updated, answeredBy },
    ...partiesOfCall(info),
    direction: parameters['Direction'] ?? '',
    forwardedFrom: parameters['ForwardedFrom'],
    callerName: parameters['CallerName'],
    started: answered ?? ended?.at,
    ended: ended?.at,
    talked: ended === undefined ? undefined : ended.at - (answered ?? ended.at),
  });
}

export function statusOfLive({ info, rang, answered, ended }: BookedCall): CallStatus {
  if (ended !== undefined) return endStatus(ended.end, answered !== undefined);
  if (answered !== undefined) return 'in-progress';
  return rang || info.direction !== 'outbound' ? 'ringing' : 'queued';
}

/** Of a call that is over. */
export function pastCallResource(
  account: Account,
  record: CallRecord,
  answeredBy: MachineResult | undefined,
): CallResource {
  const info = infoOf(record);
  const parameters = parametersOf(account, info);
  const ended = Date.parse(record.ended);
  return resource(account, {
    sid: callSid(record.id),
    ...partiesOfCall(info),
    direction: parameters['Direction'] ?? '',
    callerName: parameters['CallerName'],
    status: endStatus(record.end, record.answered),
    ...{ created: info.started, updated: ended, ended, answeredBy, talked: record.talked },
    started: record.answeredAt === undefined ? ended : Date.parse(record.answeredAt),
  });
}

/** A leg of a call that is in progress. */
export function liveLegResource(
  account: Account,
  parent: BookedCall,
  leg: BookedLeg,
): CallResource {
  const { sid, target, started, rang, answered, ended } = leg;
  const status =
    ended !== undefined
      ? legStatus(ended)
      : answered !== undefined
        ? 'in-progress'
        : rang
          ? 'ringing'
          : 'queued';
  return resource(account, {
    ...{ sid, parent: parent.sid, direction: 'outbound-dial', status },
    ...{ from: partiesOfCall(parent.info).from, to: addressName(target) },
    ...{ created: started, updated: ended?.at ?? answered ?? started },
    ...{ started: answered ?? ended?.at, ended: ended?.at, talked: ended?.talked },
  });
}

/** A leg of a call that is over. */
export function pastLegResource(
  account: Account,
  record: CallRecord,
  leg: LegRecord,
): CallResource {
  const started = Date.parse(record.started) + leg.at;
  const ended = started + leg.duration;
  return resource(account, {
    ...{ sid: callSid(leg.id), parent: callSid(record.id), direction: 'outbound-dial' },
    ...{ from: partiesOfCall(infoOf(record)).from, to: addressName(leg.target) },
    status: legStatus({ answered: leg.answered, ...leg.end }),
    ...{ created: started, updated: ended, ended, talked: leg.talked },
    started: leg.answered ? ended - leg.talked : ended,
  });
}

function legStatus({
  answered,
  status,
  cause,
}: Pick<CallEnd, 'status' | 'cause'> & { readonly answered: boolean }): CallStatus {
  if (answered) return 'completed';
  if (cause === 'cancel' || cause === 'answered-elsewhere') return 'canceled';
  return cause === 'timeout' ? 'no-answer' : sipStatus(status);
}

/** What Twilio's parameters are made of, as far as a record has it. */
function infoOf(record: CallRecord): CallInfo {
  const { id, direction, trunk, user, callId, from, to, dialled, remoteAddress, started } = record;
  return {
    ...{ id, direction, callId, from, to, dialled, remoteAddress, headers: {} },
    started: Date.parse(started),
    ...(trunk === undefined ? {} : { trunk }),
    ...(user === undefined ? {} : { user }),
  };
}

function parametersOf({ sid }: Account, info: CallInfo): Readonly<Record<string, string>> {
  return callParameters({ info, state: 'answered' }, sid);
}

const SUBRESOURCES = {
  events: 'Events',
  notifications: 'Notifications',
  payments: 'Payments',
  recordings: 'Recordings',
  siprec: 'Siprec',
  streams: 'Streams',
  transcriptions: 'Transcriptions',
  user_defined_message_subscriptions: 'UserDefinedMessageSubscriptions',
  user_defined_messages: 'UserDefinedMessages',
} as const;

function resource(account: Account, facts: CallFacts): CallResource {
  const { sid, parent, from, to, direction, status, created, updated, started, ended } = facts;
  const path = `/Calls/${sid}`;
  return {
    ...{ sid, account_sid: account.sid, api_version: API_VERSION, direction, status },
    date_created: timestamp(created),
    date_updated: timestamp(updated),
    parent_call_sid: parent ?? null,
    ...{ from, from_formatted: from, to, to_formatted: to },
    phone_number_sid: null,
    start_time: started === undefined ? null : timestamp(started),
    end_time: ended === undefined ? null : timestamp(ended),
    duration: facts.talked === undefined ? null : String(Math.round(facts.talked / 1_000)),
    // Calls cost here what the carrier says, which nobody tells us.
    ...{ price: null, price_unit: 'USD' },
    answered_by: machineParameters(facts.answeredBy)['AnsweredBy'] ?? null,
    annotation: null,
    forwarded_from: facts.forwardedFrom ?? null,
    caller_name: facts.callerName ?? null,
    ...{ group_sid: null, queue_time: '0', trunk_sid: null },
    uri: account.uri(path),
    subresource_uris: Object.fromEntries(
      Object.entries(SUBRESOURCES).map(([name, part]) => [name, account.uri(`${path}/${part}`)]),
    ),
  };
}
