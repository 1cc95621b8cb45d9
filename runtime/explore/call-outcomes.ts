import type { CallActorContracts, CallActorName } from '../flow/actors';
import { dialTargets, targetName } from '../flow/dial-targets';
import { GatherEntry } from '../flow/gather-entry';
import type {
  ConferenceInput,
  DialInput,
  DialQueueInput,
  EchoInput,
  EnqueueInput,
  GatherInput,
  PlayInput,
  RecordCallInput,
  RecordInput,
} from '../flow/outcomes';

/** What `event.output` is. */
export interface Output {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** One thing that a call actor can come to. */
export interface CallOutcome {
  readonly output: Output;
  /** What happens in the call, as a sentence about the caller or somebody else: `the caller presses 1`. */
  readonly words: string;
  /** It comes without anybody's doing: nobody has pressed a key, spoken, or taken a call. */
  readonly silent: boolean;
  /** Something is broken or full, so that it is no way out of a state. */
  readonly failure?: true;
  /** What it carries can be anything, and `{}` stands for that. */
  readonly guessed?: true;
  /** Keys that the caller presses for it, an attempt each. */
  readonly keys?: readonly string[];
  /** What the caller says for it. */
  readonly says?: string;
}

type Sampler<N extends CallActorName> = (
  input: CallActorContracts[N]['input'],
  keys: readonly string[],
) => readonly CallOutcome[];

const allKeys = Array.from('1234567890*#');

/** Where recordings of calls that never were would be. */
const recording = { path: 'recordings/sample.wav', duration: 5_000 };

/**
 * Each kind of outcome that the contract allows an actor with this input, but for those that the end of the call
 * brings: see {@link outcomesAtHangup}.
 *
 * @param keys what the flow's `choices` name, so that each of them is pressed.
 */
export function outcomesOf<N extends CallActorName>(
  name: N,
  input: CallActorContracts[N]['input'],
  keys: readonly string[],
): readonly CallOutcome[] {
  return samplers[name](input, keys);
}

/** The actors after which the call is over, because the flow wanted it so. */
export function endsCall(name: CallActorName): boolean {
  return name === 'hangup' || name === 'reject' || name === 'redirect';
}

/** What an actor that runs comes to when the caller hangs up. */
export function outcomesAtHangup(name: CallActorName): readonly Output[] {
  switch (name) {
    case 'dial':
      return [
        { type: 'cancelled' },
        { type: 'answered', target: 'sample', talkTime: 60_000, endedBy: 'caller' },
      ];
    case 'record':
      return [{ type: 'hangup' }, { type: 'hangup', recording }];
    case 'enqueue':
      return [
        { type: 'hangup', waited: 20_000 },
        queueTalk('bridged', { endedBy: 'caller', agentCall: 'another' }),
      ];
    case 'dialQueue':
      return [
        { type: 'hangup' },
        queueTalk('answered', { endedBy: 'agent', call: 'another', data: {} }),
      ];
    case 'recordCall':
      return [{ type: 'recorded', recording }, { type: 'hangup' }];
    default:
      return [{ type: 'hangup' }];
  }
}

/** Whether an actor can fail at all: these have nothing that could be missing or broken. */
export function canFail(name: CallActorName, input: unknown): boolean {
  const prompted = typeof input === 'object' && input !== null && 'prompt' in input;
  return !(name === 'pause' || name === 'reject' || (name === 'hangup' && !prompted));
}

const samplers: { readonly [N in CallActorName]: Sampler<N> } = {
  answer: () => [waits('answered', 'the call is answered')],
  ring: () => [waits('rung', 'it has rung')],
  setLanguage: () => [waits('set', 'the language is set')],
  pause: () => [waits('paused', 'the pause is over')],
  sendDigits: () => [waits('sent', 'the digits are sent')],
  play: playOutcomes,
  gather: gatherOutcomes,
  record: recordOutcomes,
  recordCall: recordCallOutcomes,
  hangup: () => [],
  reject: () => [],
  redirect: () => [],
  transfer: () => [
    other({ type: 'transferred' }, 'the transfer is taken'),
    waits('busy', 'the other side is busy'),
    waits('noAnswer', 'nobody takes the transfer'),
    silent({ type: 'rejected', status: 603, reason: 'Decline' }, 'the transfer is declined'),
    silent({ type: 'notSupported', status: 405 }, "the caller's phone cannot transfer"),
  ],
  dial: dialOutcomes,
  conference: conferenceOutcomes,
  enqueue: enqueueOutcomes,
  dialQueue: dialQueueOutcomes,
  detectMachine: (input) => [
    silent({ type: 'human', reason: 'sample' }, 'a human has answered'),
    silent(
      { type: 'machine', reason: 'sample', beep: (input?.beepTimeout ?? 0) > 0 },
      'a machine has answered',
    ),
    silent({ type: 'fax', reason: 'sample' }, 'a fax has answered'),
    silent({ type: 'unknown', reason: 'sample' }, 'nobody knows who has answered'),
  ],
  detectSpeech: () => [
    other({ type: 'speech', duration: 2_000 }, 'the caller speaks'),
    waits('silence', 'the caller does not speak'),
  ],
  listen: () => [],
  echo: echoOutcomes,
  webhook: () => [
    {
      ...silent({ type: 'ok', status: 200, data: {} }, 'the web app answers'),
      guessed: true,
    },
    silent({ type: 'rejected', status: 404, body: {} }, 'the web app refuses'),
    silent({ type: 'invalid', status: 200, issues: [] }, 'the web app answers something odd'),
    { ...waits('timeout', 'the web app is too slow'), failure: true },
    {
      ...silent(
        { type: 'unreachable', reason: 'refused', message: 'nobody listens there' },
        'the web app cannot be reached',
      ),
      failure: true,
    },
  ],
  stream: () => [
    other({ type: 'ended', endedBy: 'app', duration: 60_000 }, 'the app ends the stream'),
    {
      ...waits('failed', 'the app cannot be reached'),
      output: { type: 'failed', reason: 'refused', message: 'nobody listens there', duration: 0 },
      failure: true,
    },
  ],
};

function silent(output: Output, words: string): CallOutcome {
  return { output, words, silent: true };
}

function waits(type: string, words: string): CallOutcome {
  return silent({ type }, words);
}

function other(output: Output, words: string): CallOutcome {
  return { output, words, silent: false };
}

function presses(output: Output, ...keys: string[]): CallOutcome {
  return { output, words: `the caller presses ${keys.join(', then ')}`, silent: false, keys };
}

function playOutcomes(input: PlayInput, keys: readonly string[]): CallOutcome[] {
  const { stopOn, loop, controls } = input;
  const steering = new Set(Object.values(controls ?? {}).map(String));
  const stops =
    stopOn === true
      ? [...new Set([...keys.filter((key) => key.length === 1), '1'])]
      : [...new Set(stopOn ?? '')];
  return [
    ...(loop === 0 ? [] : [waits('played', 'the prompt ends')]),
    ...stops
      .filter((digit) => !steering.has(digit))
      .map((digit) => presses({ type: 'stopped', digit }, digit)),
  ];
}

function gatherOutcomes(input: GatherInput, keys: readonly string[]): CallOutcome[] {
  const digits = input.input?.includes('digits') !== false;
  const speech = input.input?.includes('speech') === true;
  const wrong = digits ? wrongEntry(input) : undefined;
  return [
    ...(digits ? pressedEntries(input, keys) : []),
    ...(speech ? saidOutcomes(input) : []),
    waits('noInput', digits ? 'the caller presses nothing' : 'the caller says nothing'),
    ...(wrong === undefined ? [] : [wrong]),
    ...(speech && wrong === undefined
      ? [other({ type: 'invalid', digits: '' }, 'the caller says what nobody understands')]
      : []),
  ];
}

function pressedEntries(input: GatherInput, keys: readonly string[]): CallOutcome[] {
  const found: CallOutcome[] = [];
  const seen = new Set<string>();
  for (const entry of [...(input.valid ?? []), ...keys]) {
    if (seen.has(entry) || !isEntry(input, entry)) continue;
    seen.add(entry);
    found.push(presses({ type: 'digits', digits: entry }, entry));
  }
  const another = entries(input).find((entry) => !seen.has(entry) && isEntry(input, entry));
  // One more that nothing names, where any will do.
  if (another !== undefined)
    found.push(presses({ type: 'digits', digits: another }, another || '#'));
  return found;
}

function wrongEntry(input: GatherInput): CallOutcome | undefined {
  const wrong = ['', ...entries(input)].find((entry) => isWrong(input, entry));
  if (wrong === undefined) return undefined;
  const key = wrong || (input.finishOn ?? '#').charAt(0);
  const pressed = Array.from({ length: input.attempts ?? 1 }, () => key);
  return presses({ type: 'invalid', digits: wrong }, ...pressed);
}

/** As many of the hints are said, which a flow may tell apart. */
const mostSaid = 12;

function saidOutcomes({ hints = [] }: GatherInput): CallOutcome[] {
  const said = hints.length === 0 ? ['sample'] : hints.slice(0, mostSaid);
  return said.map((text) => ({
    ...other({ type: 'speech', text, confidence: 1 }, `the caller says "${text}"`),
    says: text,
  }));
}

/** Entries that are as long as the gather wants them, and one that is too short. */
function entries(input: GatherInput): string[] {
  const least = Math.max(1, input.minDigits ?? 1);
  const most = Math.max(least, Math.min(input.maxDigits ?? least + 1, 32));
  const lengths = [...new Set([least, most, 1])];
  return [
    ...((input.minDigits ?? 1) === 0 ? [''] : []),
    ...lengths.flatMap((length) => allKeys.slice(0, 10).map((key) => key.repeat(length))),
    '*',
    '#',
  ];
}

function entered(input: GatherInput, keys: string): { type: string; digits: string } | undefined {
  const entry = new GatherEntry(input);
  let open = true;
  for (const key of keys) {
    if (!open) return undefined;
    open = entry.press(key) === 'open';
  }
  // An entry of nothing needs the key that ends it.
  if (keys === '' && (input.finishOn ?? '#') === '') return undefined;
  return entry.outcome();
}

function isEntry(input: GatherInput, keys: string): boolean {
  const outcome = entered(input, keys);
  return outcome?.type === 'digits' && outcome.digits === keys;
}

function isWrong(input: GatherInput, keys: string): boolean {
  const outcome = entered(input, keys);
  return outcome?.type === 'invalid' && outcome.digits === keys;
}

function recordOutcomes(input: RecordInput = {}): CallOutcome[] {
  const { finishOn = '#', endSilence = 0, minDuration = 0, startSilence = 0 } = input;
  return [
    ...[...new Set(finishOn)].map((digit) => ({
      ...presses(recorded({ endedBy: 'finishOn', digit }), digit),
      words: `the caller speaks, and presses ${digit}`,
    })),
    ...(endSilence > 0
      ? [silent(recorded({ endedBy: 'silence' }), 'the caller falls silent')]
      : []),
    silent(recorded({ endedBy: 'maxDuration' }), 'the recording is as long as it may be'),
    ...(minDuration > 0
      ? [silent({ type: 'tooShort', duration: 0 }, 'the recording is too short')]
      : []),
    ...(startSilence > 0 ? [waits('noSpeech', 'the caller says nothing')] : []),
    broken,
  ];
}

function recorded(more: object): Output {
  return { type: 'recorded', recording, ...more };
}

const broken: CallOutcome = {
  output: { type: 'failed', reason: 'the disk is full' },
  words: 'the recording cannot be written',
  silent: true,
  failure: true,
};

function recordCallOutcomes(input: RecordCallInput = {}): CallOutcome[] {
  return [
    ...(input.maxDuration === undefined
      ? []
      : [silent(recorded({}), 'the recording is as long as it may be')]),
    broken,
  ];
}

function dialOutcomes(input: DialInput): CallOutcome[] {
  const targets = dialTargets(input.to);
  const target = targetName(targets[0] ?? '');
  const whispered = targets.some((each) => typeof each === 'object' && each.whisper !== undefined);
  const kept = input.record === undefined || input.record === false ? {} : { recording };
  const answered = (endedBy: string, words: string): CallOutcome =>
    other({ type: 'answered', target, talkTime: 60_000, endedBy, ...kept }, words);
  return [
    answered('callee', 'both talk, and the callee hangs up'),
    ...(input.hangupKey === undefined
      ? []
      : [answered('hangupKey', `both talk, and the caller presses ${input.hangupKey}`)]),
    ...(input.timeLimit === undefined
      ? []
      : [answered('timeLimit', 'both talk for as long as they may')]),
    answered('transfer', 'both talk, and the callee transfers'),
    waits('busy', 'the callee is busy'),
    waits('noAnswer', 'the callee does not answer'),
    silent({ type: 'rejected', status: 603, reason: 'Decline' }, 'the callee declines'),
    silent(
      { type: 'unreachable', status: 480, reason: 'Not registered' },
      'the callee cannot be reached',
    ),
    ...(input.screening === undefined && !whispered
      ? []
      : [waits('declinedByScreening', 'the callee does not accept the call')]),
  ];
}

function conferenceOutcomes(input: ConferenceInput): CallOutcome[] {
  const kept = input.record === undefined || input.record === false ? {} : { recording };
  const left = (endedBy: string): Output => ({ type: 'left', endedBy, duration: 60_000, ...kept });
  return [
    other(left('ended'), 'the conference ends'),
    other(left('kicked'), 'somebody takes the caller out of the conference'),
    ...(input.leaveKey === undefined ? [] : [presses(left('leaveKey'), input.leaveKey)]),
    ...(input.timeLimit === undefined
      ? []
      : [other(left('timeLimit'), 'the time in the conference is over')]),
    silent({ type: 'full', parties: input.maxParties ?? 50 }, 'the conference is full'),
  ];
}

function queueTalk(type: string, more: object): Output {
  return { type, talkTime: 60_000, waited: 20_000, ...more };
}

function enqueueOutcomes({ timeout }: EnqueueInput): CallOutcome[] {
  const bridged = (endedBy: string, words: string): CallOutcome =>
    other(queueTalk('bridged', { endedBy, agentCall: 'another' }), words);
  return [
    bridged('agent', 'both talk, and the agent hangs up'),
    bridged('transfer', 'both talk, and the agent transfers'),
    other({ type: 'left', waited: 20_000, position: 1 }, 'the caller leaves the queue'),
    silent({ type: 'full', size: 10 }, 'the queue is full'),
    // The configuration may have one.
    silent({ type: 'timeout', waited: timeout ?? 60_000 }, 'nobody serves the caller in time'),
  ];
}

function dialQueueOutcomes(input: DialQueueInput): CallOutcome[] {
  const { hangupKey, timeLimit, record } = input;
  const kept = record === undefined || record === false ? {} : { recording };
  const answered = (endedBy: string, words: string): CallOutcome =>
    other(queueTalk('answered', { endedBy, call: 'another', data: {}, ...kept }), words);
  return [
    answered('caller', 'both talk, and the caller hangs up'),
    ...(hangupKey === undefined
      ? []
      : [answered('hangupKey', `both talk, and the agent presses ${hangupKey}`)]),
    ...(timeLimit === undefined
      ? []
      : [answered('timeLimit', 'both talk for as long as they may')]),
    answered('transfer', 'both talk, and the caller transfers'),
    waits('empty', 'nobody waits in the queue'),
  ];
}

function echoOutcomes(input: EchoInput = {}): CallOutcome[] {
  const { finishOn = '#', maxDuration } = input;
  return [
    ...[...new Set(finishOn)].map((key) => presses({ type: 'echoed' }, key)),
    ...(maxDuration === undefined ? [] : [waits('echoed', 'the echo is over')]),
  ];
}
