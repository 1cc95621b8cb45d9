import type { CallInfo } from '../call/port';
import type { DocumentCall, FormParameters } from '../document/port';
import { callStatus } from './call-status';
import {
  given,
  outcomeParameters,
  type ParameterLinks,
  type Parameters,
} from './outcome-parameters';
import { addressName, hostOf, partiesOfCall } from './parties-of-call';
import { callSid } from './sid';

/** What the server knows beside its calls. */
export interface TwilioSettings extends ParameterLinks {
  readonly accountSid: string;
}

/** Header fields of one call that are sent on at most: a request has to stay small. */
const MOST_HEADERS = 50;

/** Makes the parameters of requests as Twilio sends them: of the call, then of what it is told, then what is given. */
export function twilioParameters(settings: TwilioSettings): FormParameters {
  return ({ report, ...call }) => ({
    ...(isOfCall(report) ? callParameters(call, settings.accountSid) : names(call.info, settings)),
    // Also behind a redirect, or a key, of a document that waits.
    ...outcomeParameters('wait', report.about, undefined, settings),
    ...outcomeParameters(report.of, report.outcome, report.subject, settings),
    ...report.parameters,
  });
}

/** What is told of a recording, a stream or a conference says no more of the call than which it is. */
function isOfCall({ event, parameters }: DocumentCall['report']): boolean {
  return event === undefined || parameters?.['CallStatus'] !== undefined;
}

function names({ id }: CallInfo, { accountSid }: TwilioSettings): Parameters {
  return { CallSid: callSid(id), AccountSid: accountSid, ApiVersion: '2010-04-01' };
}

/** Those that each request has. */
export function callParameters(
  { info, state, end, parent }: Omit<DocumentCall, 'report'>,
  accountSid: string,
): Parameters {
  const { from, to } = partiesOfCall(info);
  return given({
    CallSid: callSid(info.id),
    AccountSid: accountSid,
    From: from,
    To: to,
    Caller: from,
    Called: to,
    CallStatus: callStatus(state, end),
    Direction: directionOf(info, parent),
    ApiVersion: '2010-04-01',
    ForwardedFrom: forwarderOf(info),
    CallerName: callerNameOf(info),
    ParentCallSid: parent === undefined ? undefined : callSid(parent),
    SipCallId: info.callId,
    SipDomain: hostOf(info.to.uri),
    SipUsername: info.user,
    SipSourceIp: info.remoteAddress.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'),
    ...headerParameters(info),
  });
}

export function directionOf(info: CallInfo, parent: string | undefined): string {
  if (parent !== undefined) return 'outbound-dial';
  return info.direction === 'outbound' ? 'outbound-api' : 'inbound';
}

function forwarderOf({ divertedFrom = [] }: CallInfo): string | undefined {
  const [last] = divertedFrom;
  return last === undefined ? undefined : addressName(last);
}

function callerNameOf(info: CallInfo): string | undefined {
  if (info.anonymous === true) return undefined;
  const name = info.asserted?.displayName ?? '';
  const shown = name === '' ? info.from.displayName : name;
  return shown === '' ? undefined : shown;
}

/** `x-order-number` as `SipHeader_X-Order-Number`: how the caller wrote it is not known any more. */
function headerParameters({ headers }: CallInfo): Record<string, string> {
  const parameters: Record<string, string> = {};
  const own = Object.entries(headers).filter(([name]) => /^(x-|user-to-user$)/.test(name));
  for (const [name, value] of own.slice(0, MOST_HEADERS)) {
    parameters[`SipHeader_${headerName(name)}`] = value;
  }
  return parameters;
}

function headerName(name: string): string {
  if (name === 'user-to-user') return 'User-to-User';
  return name.replace(/(^|-)([a-z])/g, (whole) => whole.toUpperCase());
}
