import type { CallControl } from '../call/port';
import { CallchartError, describeError } from '../core/errors';
import type { WebResult } from '../web/port';
import { SIGNATURE_HEADER, signatureOf } from '../web/signature';
import { shownUrl } from '../web/url';
import type { ActorScope } from './actor-scope';
import type { WebhookCall, WebhookInput, WebhookOutcome } from './outcomes';
import { issuePath, type StandardSchema } from './standard-schema';

const usualTimeout = 15_000;
const usualRetries = 2;
/** Bytes of an answer: what a flow decides by is short. */
const longestAnswer = 1024 * 1024;
const mostRedirects = 5;

/** How many requests each call has made: no two get one key. */
const made = new WeakMap<CallControl, number>();

/** Asks a web app, and tells of its answer what the flow has to know. */
export async function runWebhook(scope: ActorScope, input: WebhookInput): Promise<WebhookOutcome> {
  const { call, activity, web, clock, signingKeys = [] } = scope;
  if (web === undefined) {
    throw new CallchartError('CALLCHART_NO_WEB', 'this call has no way to ask web apps');
  }
  const { url, method = 'POST', timeout = usualTimeout, retries = usualRetries } = input;
  const body = method === 'GET' ? undefined : written(call, input);
  const abort = new AbortController();
  activity.onStop(() => abort.abort());
  const result = await activity.until(
    web.request({
      ...{ url, method, timeout, retries, maxSize: longestAnswer, maxRedirects: mostRedirects },
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        'idempotency-key': input.idempotencyKey ?? keyOf(scope),
        ...input.headers,
      },
      ...(body === undefined ? {} : { body }),
      signal: abort.signal,
      ...(signingKeys.length === 0
        ? {}
        : {
            sign: ({ body: sent = '' }) => ({
              [SIGNATURE_HEADER.toLowerCase()]: signatureOf(sent, signingKeys, clock.now()),
            }),
          }),
    }),
  );
  const outcome = await activity.until(outcomeOf(result, input.schema));
  const problem = problemOf(result, outcome);
  if (problem !== undefined) call.note({ type: 'error', message: `webhook: ${problem}` });
  return outcome;
}

async function outcomeOf(
  result: WebResult,
  schema: StandardSchema | undefined,
): Promise<WebhookOutcome> {
  if (result.type === 'failed') {
    const { reason, message } = result;
    return reason === 'timeout' ? { type: 'timeout' } : { type: 'unreachable', reason, message };
  }
  const { status } = result;
  const text = new TextDecoder().decode(result.body);
  const read = readJson(text);
  if (status < 200 || status > 299) {
    return { type: 'rejected', status, body: 'value' in read ? read.value : text };
  }
  if (!('value' in read)) {
    const type = result.headers['content-type'] ?? 'of no type';
    const message = `the answer is not JSON (${type})`;
    return { type: 'invalid', status, issues: [{ message, path: '' }] };
  }
  if (schema === undefined) return { type: 'ok', status, data: read.value };
  const validated = await schema['~standard'].validate(read.value);
  if (validated.issues === undefined) return { type: 'ok', status, data: validated.value };
  const issues = validated.issues.map((issue) => ({
    message: issue.message,
    path: issuePath(issue),
  }));
  return { type: 'invalid', status, issues };
}

/** Nothing is a value, too: that of an answer without a body. */
function readJson(text: string): { readonly value: unknown } | Record<string, never> {
  if (text.trim() === '') return { value: undefined };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return {};
  }
}

/** For the call's record. */
function problemOf(result: WebResult, outcome: WebhookOutcome): string | undefined {
  if (result.type === 'failed') return result.message;
  const url = shownUrl(result.url);
  if (outcome.type === 'rejected') return `${url}: it answered ${outcome.status}`;
  if (outcome.type !== 'invalid') return undefined;
  const [first] = outcome.issues;
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `;
  return `${url}: ${where}${first?.message ?? 'the answer does not fit'}`;
}

function written(call: CallControl, { body, call: withCall = true }: WebhookInput): string {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const facts = withCall && (body === undefined || isObject) ? { call: callFacts(call) } : {};
  try {
    // A member of the flow's own outranks ours.
    return JSON.stringify(isObject || body === undefined ? { ...facts, ...body } : body);
  } catch (error) {
    throw new CallchartError(
      'CALLCHART_FLOW_INPUT',
      `webhook: the body cannot be written as JSON: ${describeError(error)}`,
    );
  }
}

function callFacts({ info, state }: CallControl): WebhookCall {
  const { id, direction = 'inbound', from, to, dialled, user, trunk, anonymous, started } = info;
  return {
    ...{ id, direction, state, from, to, dialled },
    ...(user === undefined ? {} : { user }),
    ...(trunk === undefined ? {} : { trunk }),
    ...(anonymous === undefined ? {} : { anonymous }),
    started: new Date(started).toISOString(),
  };
}

/** Of the call, the state, and how many requests the call has made: a state that is entered anew asks anew. */
function keyOf({ call, activity }: ActorScope): string {
  const count = (made.get(call) ?? 0) + 1;
  made.set(call, count);
  return [call.info.id, activity.actor.id, String(count)].map(encodeURIComponent).join('.');
}
