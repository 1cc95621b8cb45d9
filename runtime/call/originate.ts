import type { CodecName } from '../core/audio';
import { CallchartError, describeError } from '../core/errors';
import type { TrunkName } from '../core/register';
import type { MachineOptions } from '../media/port';
import { parseUri } from '../sip/message/uri';
import { callInfo } from './info';
import { LiveCall } from './live-call';
import type { Failure } from './dial/classify';
import { OutboundSetup } from './outbound-setup';
import type { CallerIdentity, CallInfo, CallParty, DialResult } from './port';
import type { CallFlow, CallOwner, CallServices } from './services';

/** A call to be placed. Durations are milliseconds. */
export interface OriginateOptions {
  /** SIP or tel URIs, numbers for the trunk, or names of registered users; all at once. */
  readonly to: string | readonly string[];
  readonly trunk?: TrunkName | undefined;
  /** How long it may ring; 30 000. */
  readonly timeout?: number | undefined;
  /** Whom the callee sees. */
  readonly callerIdentity?: CallerIdentity | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For whoever asks who calls; the trunk's own as well, where there is one. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  /** What is offered, in this order, where the trunk allows it; all of ours when absent. */
  readonly codecs?: readonly CodecName[] | undefined;
  /** Finds out who has answered before the flow begins; not when absent. */
  readonly machineDetection?: MachineOptions | undefined;
}

/** Why nobody answered: as of a dial. */
export type NotAnswered = Exclude<DialResult, { readonly type: 'answered' }>;

export interface PlacedCall {
  readonly call: LiveCall;
  /**
   * Resolves when somebody has answered, or nobody will. Rejects when the configuration is broken, as for a
   * trunk that does not exist.
   */
  readonly outcome: Promise<{ readonly type: 'answered' } | NotAnswered>;
}

const ringTimeout = 30_000;

const callCancelled: NotAnswered = { type: 'cancelled' };

/**
 * Places a call that nobody has asked for by SIP: it is a live call from the start, and rings until it is answered.
 *
 * @param id Callchart's own id of the call
 * @param onCall told of the call before the first INVITE goes out
 * @throws {CallchartError} `CALLCHART_NO_OUTBOUND` when this server places no calls
 */
export function originateCall(
  id: string,
  options: OriginateOptions,
  services: CallServices,
  owner: CallOwner,
  flow: CallFlow | undefined,
  onCall: (call: LiveCall) => void,
): PlacedCall {
  const { outbound } = services;
  if (outbound === undefined) {
    throw new CallchartError('CALLCHART_NO_OUTBOUND', 'this server places no calls');
  }
  const { to, trunk, callerIdentity = {}, headers, codecs, timeout = ringTimeout } = options;
  const targets = typeof to === 'string' ? [to] : to;
  const { credentials } = options;
  const info = firstInfo(id, targets.join(' '), callerIdentity, services.clock.now(), trunk);
  let setup: OutboundSetup | undefined;
  let settle: (outcome: { readonly type: 'answered' } | NotAnswered) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const outcome = new Promise<{ readonly type: 'answered' } | NotAnswered>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  // Whoever waits for it gets the failure; when nobody does, it is not an unhandled one.
  outcome.catch(() => undefined);
  const call = new LiveCall({
    info,
    identity: { localTag: '', remoteTag: undefined, transport: '' },
    services,
    owner,
    flow,
    setup: (callOwner) => {
      setup = new OutboundSetup(
        { ...services, outbound },
        {
          ...{ trunk, headers, timeout, codecs },
          targets:
            credentials === undefined
              ? targets
              : targets.map((each) => ({ to: each, credentials })),
          ...{ strategy: 'parallel', identity: callerIdentity },
        },
        {
          ...callOwner,
          onLegEnded: (facts) => call.noteLeg(facts),
          onRinging: () => call.markRinging(),
          onGone: () => {
            release();
            callOwner.onGone();
          },
          onTaken: ({ leg: { session }, options: { trunk: by } }) => {
            release();
            call.identify(
              { ...callInfo(session, id, info.started, { trunk: by }), dialled: info.dialled },
              {
                localTag: session.localTag,
                remoteTag: session.remoteTag,
                transport: session.channel.protocol,
              },
            );
            settle({ type: 'answered' });
          },
          onFailed: (failure) => {
            settle(failure.result);
            call.notPlaced(endOf(failure));
          },
          onBroken: (error) => {
            call.reportError(error);
            fail(error);
            call.notPlaced({
              ...{ by: 'system', cause: 'error', status: 500 },
              reason: describeError(error),
            });
          },
        },
      );
      return setup;
    },
  });
  // Hunting goes on for a moment after the call's end: what it notes belongs to the record.
  const release = call.hold();
  call.onEnd(() => {
    settle(callCancelled);
    setup?.release();
  });
  onCall(call);
  setup?.start();
  return { call, outcome };
}

function endOf({ result, status, reason }: Failure) {
  const end = { by: 'system', status, reason } as const;
  return result.type === 'noAnswer'
    ? { ...end, cause: 'no-answer' }
    : { ...end, cause: 'rejected' };
}

/** What is known before anybody has answered. */
function firstInfo(
  id: string,
  dialled: string,
  identity: CallerIdentity,
  started: number,
  trunk: string | undefined,
): CallInfo {
  const number = identity.number ?? '';
  return {
    id,
    direction: 'outbound',
    ...(trunk === undefined ? {} : { trunk }),
    callId: '',
    from: { ...partyOf(number), displayName: identity.displayName ?? '' },
    to: partyOf(dialled),
    dialled,
    headers: {},
    remoteAddress: '',
    started,
  };
}

function partyOf(text: string): CallParty {
  try {
    const uri = parseUri(text);
    const user = uri.scheme === 'tel' ? uri.number : (uri.user ?? '');
    return { uri: text, user, displayName: '' };
  } catch {
    // A number, or a name of ours.
    return { uri: '', user: text, displayName: '' };
  }
}
