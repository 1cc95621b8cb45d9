import type {
  ConferenceInput,
  DialInput,
  DialQueueInput,
  DialTargetInput,
  EnqueueInput,
  StreamInput,
  WhisperInput,
} from '../flow/outcomes';
import type { FlowInput } from '../flow/run-flow';
import { DOCUMENT_FLOW, absolute, keyOf, targetFrom } from './context';
import type { DocumentContext, DocumentInput, DocumentRole, VerbOf } from './context';
import { partyId, streamName } from './verb-followers';
import type { DialledParty, WebTarget } from './verbs';

/** Whom a dial calls, and how, as the actor takes it. */
export function dialInput({ input, parties }: VerbOf<'dial'>, context: DocumentContext): DialInput {
  return { ...input, to: parties.map((party, at) => targetOf(party, at, context)) };
}

function targetOf(
  { to, headers, username, password, sendDigits, whisper, parameters, machine }: DialledParty,
  at: number,
  context: DocumentContext,
): DialTargetInput {
  return {
    to,
    id: partyId(keyOf(context), at),
    ...(headers === undefined ? {} : { headers }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(sendDigits === undefined ? {} : { sendDigits }),
    ...(machine === undefined ? {} : { machineDetection: machine.input }),
    ...(whisper === undefined ? {} : { whisper: whisperOf(whisper, context, parameters) }),
  };
}

function whisperOf(
  target: WebTarget,
  context: DocumentContext,
  parameters: DialledParty['parameters'] = {},
): WhisperInput {
  const input = documentFor('whisper', target, context);
  return {
    flow: DOCUMENT_FLOW,
    input: { ...input, parameters: { ...input.parameters, ...parameters } },
  };
}

/** One who has a document to hear while he waits hears no other music. */
export function conferenceInput({
  input,
  label,
  coach,
  wait,
}: VerbOf<'conference'>): ConferenceInput {
  return {
    ...input,
    ...(label === undefined ? {} : { label }),
    ...(coach === undefined ? {} : { coach }),
    ...(wait === undefined ? {} : { waitMusic: false }),
  };
}

export function enqueueInput({ queue, maxSize }: VerbOf<'enqueue'>): EnqueueInput {
  return { queue, ...(maxSize === undefined ? {} : { maxSize }) };
}

export function dialQueueInput(
  verb: VerbOf<'dialQueue'>,
  context: DocumentContext,
): DialQueueInput {
  const { queue, timeout, timeLimit, hangupKey, record, whisper } = verb;
  return {
    queue,
    ...(timeout === undefined ? {} : { timeout }),
    ...(timeLimit === undefined ? {} : { timeLimit }),
    ...(hangupKey === undefined ? {} : { hangupKey }),
    ...(record === undefined ? {} : { record }),
    ...(whisper === undefined ? {} : { whisper: whisperOf(whisper, context) }),
  };
}

export function streamInput(verb: VerbOf<'stream'>, context: DocumentContext): StreamInput {
  const { url, mode, track, parameters, encoding, sampleRate } = verb;
  return {
    url: absolute(context.current.url, url),
    mode: mode === 'start' ? 'listen' : 'talk',
    ...{ track, parameters },
    name: streamName(verb, keyOf(context)),
    ...(encoding === undefined ? {} : { encoding }),
    ...(sampleRate === undefined ? {} : { sampleRate }),
  };
}

/** What somebody who waits hears. */
export function waitInput(context: DocumentContext, wait: WebTarget | undefined): FlowInput {
  const input: DocumentInput = {
    ...documentFor('wait', wait ?? { url: '', method: 'POST' }, context),
    about: context.about,
  };
  return { call: context.call, input };
}

function documentFor(
  role: DocumentRole,
  target: WebTarget,
  context: DocumentContext,
): DocumentInput {
  const { format, fallback, parameters } = context;
  return {
    ...targetFrom(context, target),
    ...{ role, format, parameters },
    ...(fallback === undefined
      ? {}
      : { fallbackUrl: fallback.url, fallbackMethod: fallback.method }),
  };
}

type Beside = 'stream' | 'recordCall';

/** Under which id something goes on beside the document; what has no name has one of its own. */
export function besideId(what: Beside, name: string, key: string): string {
  return name === '' ? `${what}: ${key}` : `${what}:${name}`;
}

/** Whether it is what is to be stopped: without a name all that have none. */
export function isBeside(id: string, what: Beside, name: string): boolean {
  return name === '' ? id.startsWith(`${what}: `) : id === `${what}:${name}`;
}
