import type { TransferResult } from '../call/port';
import { CallchartError } from '../core/errors';
import { answered, delay } from './actor-scope';
import type { ActorScope } from './actor-scope';
import { playToEnd } from './live-media';
import type {
  HangupInput,
  HangupOutcome,
  RedirectInput,
  RejectInput,
  SendDigitsInput,
  SendDigitsOutcome,
  TransferInput,
  TransferOutcome,
} from './outcomes';

/** How long a `w` waits among digits to send. */
const digitWait = 500;

export async function runSendDigits(
  scope: ActorScope,
  input: SendDigitsInput,
): Promise<SendDigitsOutcome> {
  const { call, activity } = scope;
  await answered(scope);
  const { digits, duration = 100, gap = 100, form = 'auto' } = input;
  for (const part of digits.split(/(w)/)) {
    if (part === 'w') await delay(scope, digitWait);
    else if (part !== '') await activity.until(call.sendDigits(part, duration, gap, form));
  }
  return { type: 'sent' };
}

export async function runHangup(
  scope: ActorScope,
  input: HangupInput = {},
): Promise<HangupOutcome> {
  if (input.prompt !== undefined) await playToEnd(scope, input.prompt);
  scope.call.hangup(input.reason);
  return scope.activity.forever();
}

export async function runReject(
  scope: ActorScope,
  input: RejectInput = {},
): Promise<HangupOutcome> {
  scope.call.reject(input.status ?? 486, input.reason);
  return scope.activity.forever();
}

export async function runRedirect(scope: ActorScope, input: RedirectInput): Promise<HangupOutcome> {
  if (scope.call.state === 'answered') {
    throw new CallchartError(
      'CALLCHART_CALL_STATE',
      'redirect comes before the answer, and this call is answered: use transfer',
    );
  }
  const contacts = typeof input.to === 'string' ? [input.to] : input.to;
  scope.call.redirect(contacts, input.status);
  return scope.activity.forever();
}

export async function runTransfer(
  scope: ActorScope,
  input: TransferInput,
): Promise<TransferOutcome> {
  const { call, activity } = scope;
  await answered(scope);
  try {
    return transferOutcome(
      await activity.until(call.transfer(input.to, { timeout: input.timeout ?? 30_000 })),
    );
  } catch (error) {
    // A phone that was put through may end our call before it has reported so.
    if (call.end?.cause === 'transferred') return { type: 'transferred' };
    throw error;
  }
}

/** RFC 3515 §2.4.4 and §2.4.5: the answer to the REFER is one thing, what its NOTIFY reports another. */
function transferOutcome(result: TransferResult): TransferOutcome {
  switch (result.type) {
    case 'accepted':
      return { type: 'transferred' };
    case 'noNotify':
      return { type: 'noAnswer' };
    case 'refused':
      // RFC 3261 §21.4.6, §21.4.15, §21.5.2: the peer does not know the method, or what it requires.
      return [405, 420, 501].includes(result.status)
        ? { type: 'notSupported', status: result.status }
        : { type: 'rejected', status: result.status, reason: result.reason };
    case 'failed':
      // RFC 3261 §21.4.24 and §21.6.1: busy here, busy everywhere.
      if (result.status === 486 || result.status === 600) return { type: 'busy' };
      // §21.4.9, §21.4.18, §21.4.25: nobody took the call in time.
      if ([408, 480, 487].includes(result.status)) return { type: 'noAnswer' };
      return { type: 'rejected', status: result.status, reason: result.reason };
  }
}
