import { CODEC_NAMES, RECORDING_FORMATS, type CodecName } from '../core/audio';
import { isLanguageTag } from '../core/language';
import type { CallActorContracts, CallActorName } from './actors';
import { dialTargets } from './dial-targets';
import type {
  AnswerInput,
  ConferenceInput,
  DetectMachineInput,
  DetectSpeechInput,
  DialInput,
  DialQueueInput,
  DialTargetInput,
  EchoInput,
  EnqueueInput,
  GatherInput,
  ListenInput,
  PauseInput,
  PlayControls,
  PlayInput,
  RecordCallInput,
  RecordInput,
  RedirectInput,
  RejectInput,
  RingInput,
  SendDigitsInput,
  SetLanguageInput,
  StreamInput,
  TransferInput,
  WebhookInput,
} from './outcomes';
import { isStandardSchema } from './standard-schema';

type Bounds = readonly [least: number, most?: number];

/**
 * What is wrong with the input of a call actor, as one sentence, or undefined. The types rule out most
 * of it; numbers out of range, and what a flow computes, they cannot.
 */
export function checkInput<N extends CallActorName>(
  name: N,
  input: CallActorContracts[N]['input'],
): string | undefined {
  return checks[name](input);
}

const checks: {
  readonly [N in CallActorName]: (input: CallActorContracts[N]['input']) => string | undefined;
} = {
  answer: (input: AnswerInput = {}) => codecsProblem(input.codecs),
  hangup: () => undefined,
  ring: (input: RingInput = {}) => durations(input, 'duration'),
  setLanguage: (input: SetLanguageInput | undefined) =>
    needs(input, 'language') ??
    (isLanguageTag(input?.language) ? undefined : "language must be a tag such as 'de' or 'pt-BR'"),
  play: (input: PlayInput | undefined) =>
    needs(input, 'prompt') ??
    (input === undefined
      ? undefined
      : (whole(input.loop, 'loop', [0]) ??
        durations(input, 'offset') ??
        gainProblem(input.gain) ??
        keysProblem(input.controls ?? {}))),
  gather: (input: GatherInput | undefined) => checkGather(input ?? {}),
  record: (input: RecordInput = {}) =>
    durations(input, 'maxDuration', 'endSilence', 'minDuration', 'startSilence', 'trim') ??
    formatProblem(input) ??
    pauseKeyProblem(input),
  recordCall: (input: RecordCallInput = {}) =>
    durations(input, 'maxDuration') ??
    oneOf(input.channels, 'channels', ['stereo', 'mixed']) ??
    formatProblem(input),
  pause: (input: PauseInput | undefined) =>
    needs(input, 'duration') ?? durations(input ?? {}, 'duration'),
  sendDigits: (input: SendDigitsInput | undefined) =>
    needs(input, 'digits') ??
    (['auto', 'event', 'info', 'inband'].includes(input?.form ?? 'auto')
      ? undefined
      : "form must be 'auto', 'event', 'info' or 'inband'") ??
    (/^[0-9*#A-Dw]*$/.test(input?.digits ?? '')
      ? durations(input ?? {}, 'duration', 'gap')
      : 'digits may be 0 to 9, *, #, A to D, and w to wait'),
  reject: (input: RejectInput = {}) => whole(input.status, 'status', [400, 699]),
  redirect: (input: RedirectInput | undefined) =>
    needs(input, 'to') ?? whole(input?.status, 'status', [300, 399]),
  transfer: (input: TransferInput | undefined) =>
    needs(input, 'to') ?? durations(input ?? {}, 'timeout'),
  dial: (input: DialInput | undefined) =>
    needs(input, 'to') ??
    (input === undefined ? undefined : (codecsProblem(input.codecs) ?? checkDial(input))),
  conference: (input: ConferenceInput | undefined) =>
    needs(input, 'name') ?? (input === undefined ? undefined : checkConference(input)),
  enqueue: (input: EnqueueInput | undefined) =>
    queueProblem(input) ??
    (input === undefined
      ? undefined
      : (priorityProblem(input.priority) ??
        whole(input.maxSize, 'maxSize', [1]) ??
        durations(input, 'timeout'))),
  dialQueue: (input: DialQueueInput | undefined) =>
    queueProblem(input) ??
    (input === undefined
      ? undefined
      : (keyProblem(input.hangupKey, 'hangupKey') ??
        durations(input, 'timeout', 'timeLimit') ??
        fileProblem(input.record))),
  detectMachine: (input: DetectMachineInput = {}) =>
    whole(input.maximumWords, 'maximumWords', [0]) ??
    durations(
      input,
      ...(['initialSilence', 'greeting', 'afterGreetingSilence', 'totalTime'] as const),
      ...(['minimumWordLength', 'betweenWordsSilence', 'beepTimeout'] as const),
    ),
  detectSpeech: (input: DetectSpeechInput = {}) =>
    durations(input, 'timeout', 'onset', 'hangover', 'maxDuration'),
  listen: (input: ListenInput | undefined) => listenProblem(input ?? {}),
  echo: (input: EchoInput = {}) => durations(input, 'maxDuration'),
  stream: (input: StreamInput | undefined) =>
    needs(input, 'url') ?? (input === undefined ? undefined : streamProblem(input)),
  webhook: (input: WebhookInput | undefined) =>
    needs(input, 'url') ?? (input === undefined ? undefined : webhookProblem(input)),
};

function codecsProblem(codecs: readonly CodecName[] | undefined): string | undefined {
  if (codecs === undefined) return undefined;
  if (!Array.isArray(codecs) || codecs.length === 0) return 'codecs must be a list, not empty';
  return codecs
    .map((codec: CodecName) => oneOf(codec, 'a codec', CODEC_NAMES))
    .find((problem) => problem !== undefined);
}

function listenProblem({ speech = false, tones = false }: ListenInput): string | undefined {
  if (speech === false && !tones) return "the input needs 'speech', 'tones' or both";
  return typeof speech === 'object' ? durations(speech, 'onset', 'hangover') : undefined;
}

function streamProblem(input: StreamInput): string | undefined {
  const { encoding = 'mulaw', sampleRate = 8_000, parameters = {} } = input;
  if (encoding === 'mulaw' && sampleRate !== 8_000) {
    return `sampleRate is ${sampleRate} and must be 8000 with mulaw: other rates need encoding 'l16'`;
  }
  const odd = Object.entries(parameters).find(([, value]) => typeof value !== 'string');
  if (odd !== undefined) return `the parameter '${odd[0]}' must be a text`;
  return (
    oneOf(input.mode, 'mode', ['talk', 'listen']) ??
    oneOf(input.track, 'track', ['inbound', 'outbound', 'both']) ??
    oneOf(encoding, 'encoding', ['mulaw', 'l16']) ??
    oneOf(sampleRate, 'sampleRate', [8_000, 16_000, 24_000]) ??
    durations(input, 'timeout')
  );
}

function webhookProblem(input: WebhookInput): string | undefined {
  const { url, method, body, headers = {}, idempotencyKey: key, schema } = input;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return 'url must be absolute, with https: or http:';
  }
  if (method === 'GET' && body !== undefined) return 'GET has no body: put it into the url';
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    return 'idempotencyKey must be 1 to 255 characters of ASCII, without spaces';
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w.!#$%&*+^|`'~-]+$/.test(name)) return `'${name}' is no name of a header`;
    if (/[\r\n\0]/.test(value)) return `the header ${name} has a line end in it`;
  }
  if (schema !== undefined && !isStandardSchema(schema)) {
    return 'schema must be one of zod, valibot or another library of Standard Schema';
  }
  return (
    oneOf(method, 'method', ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) ??
    whole(input.retries, 'retries', [0, 10]) ??
    durations(input, 'timeout')
  );
}

function gainProblem(gain: number | undefined): string | undefined {
  return gain === undefined || (gain >= -60 && gain <= 20)
    ? undefined
    : 'gain must be -60 to 20 dB';
}

function keysProblem({ skip, ...keys }: PlayControls): string | undefined {
  const used = new Set<string>();
  for (const [name, key] of Object.entries(keys)) {
    if (!/^[0-9*#A-D]$/.test(key)) return `controls.${name} must be one key, such as '5'`;
    if (used.has(key)) return `controls has the key ${key} twice`;
    used.add(key);
  }
  return durations({ skip }, 'skip');
}

/** A name may come from a caller, and is kept: it is no text of any length. */
const longestName = 200;

function queueProblem(input: { readonly queue: string } | undefined): string | undefined {
  const missing = needs(input, 'queue');
  if (missing !== undefined || input === undefined) return missing;
  const { queue } = input;
  return typeof queue === 'string' && queue.trim() !== '' && queue.length <= longestName
    ? undefined
    : `queue must be a name of 1 to ${longestName} characters`;
}

function priorityProblem(priority: number | undefined): string | undefined {
  return priority === undefined || Number.isFinite(priority)
    ? undefined
    : 'priority must be a number';
}

function keyProblem(key: string | undefined, name: string): string | undefined {
  return key === undefined || /^[0-9*#A-D]$/.test(key)
    ? undefined
    : `${name} is '${key}' and must be one key: 0 to 9, *, # or A to D`;
}

function checkConference(input: ConferenceInput): string | undefined {
  const { leaveKey, muteKey } = input;
  for (const [name, key] of Object.entries({ leaveKey, muteKey })) {
    if (key !== undefined && !/^[0-9*#A-D]$/.test(key))
      return `${name} must be one key, such as '*'`;
  }
  if (leaveKey !== undefined && leaveKey === muteKey)
    return 'leaveKey and muteKey are the same key';
  return (
    whole(input.maxParties, 'maxParties', [1]) ??
    durations(input, 'timeLimit') ??
    fileProblem(input.record)
  );
}

function fileProblem(record: DialInput['record']): string | undefined {
  if (typeof record !== 'object') return undefined;
  return (
    oneOf(record.format, 'record.format', RECORDING_FORMATS) ??
    oneOf(record.channels, 'record.channels', ['stereo', 'mixed'])
  );
}

function formatProblem({ format, sampleRate }: RecordInput | RecordCallInput): string | undefined {
  return (
    oneOf(format, 'format', RECORDING_FORMATS) ??
    oneOf(sampleRate, 'sampleRate', [8_000, 16_000, 48_000])
  );
}

function pauseKeyProblem({ pauseOn = '', finishOn = '#' }: RecordInput): string | undefined {
  const both = Array.from(pauseOn).find((key) => finishOn.includes(key));
  return both === undefined ? undefined : `'${both}' cannot be in pauseOn and in finishOn`;
}

function checkGather(input: GatherInput): string | undefined {
  const { minDigits, maxDigits, attempts, valid } = input;
  const problem =
    speechProblem(input) ??
    whole(minDigits, 'minDigits', [0]) ??
    whole(maxDigits, 'maxDigits', [1]) ??
    whole(attempts, 'attempts', [1]) ??
    durations(input, 'firstDigitTimeout', 'interDigitTimeout');
  if (problem !== undefined) return problem;
  const most = maxDigits ?? Infinity;
  if ((minDigits ?? 1) > most)
    return `minDigits (${minDigits ?? 1}) is more than maxDigits (${most})`;
  if (valid === undefined) return undefined;
  if (valid.length === 0) return 'valid lists no entry, so that none could be right';
  const odd = valid.find((entry) => !/^[0-9*#A-D]*$/.test(entry) || entry.length > most);
  return odd === undefined
    ? undefined
    : `the valid entry '${odd}' can never be pressed: digits are 0 to 9, * and #, at most maxDigits of them`;
}

function speechProblem(given: GatherInput): string | undefined {
  const { input, hints = [], language, speechTimeout, partial, sensitive } = given;
  const kinds: readonly unknown[] = ['digits', 'speech'];
  if (
    input !== undefined &&
    (!Array.isArray(input) || input.length === 0 || !input.every((kind) => kinds.includes(kind)))
  ) {
    return "input must be ['digits'], ['speech'] or ['digits', 'speech']";
  }
  if (!Array.isArray(hints) || !hints.every((hint) => typeof hint === 'string')) {
    return 'hints must be a list of words and phrases';
  }
  if (language !== undefined && !isLanguageTag(language)) {
    return "language must be a tag such as 'de' or 'pt-BR'";
  }
  if (partial === true && sensitive === true) {
    return 'partial tells what sensitive hides: leave one of them out';
  }
  return speechTimeout === 'auto' ? undefined : durations(given, 'speechTimeout');
}

/** The longest list of targets: each is an INVITE, or several, at the same moment. */
const mostTargets = 10;

function checkDial(input: DialInput): string | undefined {
  const { to, screening, hangupKey, headers = {} } = input;
  const targets = dialTargets(to);
  if (targets.length === 0 || targets.length > mostTargets) {
    return `to names ${targets.length} targets and must name 1 to ${mostTargets}`;
  }
  for (const target of targets) {
    const problem = targetProblem(typeof target === 'string' ? { to: target } : target);
    if (problem !== undefined) return problem;
  }
  for (const [name, key] of [
    ['hangupKey', hangupKey],
    ['screening.accept', screening?.accept],
  ] as const) {
    const problem = keyProblem(key, name);
    if (problem !== undefined) return problem;
  }
  return (
    headersProblem(headers) ??
    durations(input, 'timeout', 'timeLimit') ??
    fileProblem(input.record) ??
    (screening === undefined
      ? undefined
      : (needs(screening, 'prompt') ?? durations(screening, 'timeout')))
  );
}

function targetProblem(target: DialTargetInput): string | undefined {
  const { to, sendDigits = '', whisper, username, password } = target;
  if (typeof to !== 'string' || to.trim() === '') return 'to names an empty target';
  if (!/^[0-9*#A-DwW]*$/.test(sendDigits)) {
    return 'sendDigits may be 0 to 9, *, #, A to D, and w or W to wait';
  }
  if ((username === undefined) !== (password === undefined)) {
    return `the target ${to} has one of username and password, and needs both or none`;
  }
  if (whisper !== undefined && (typeof whisper.flow !== 'string' || whisper.flow === '')) {
    return `the whisper of ${to} names no flow`;
  }
  return (
    headersProblem(target.headers ?? {}) ??
    durations(target, 'timeout') ??
    (target.machineDetection === undefined
      ? undefined
      : checks.detectMachine(target.machineDetection))
  );
}

/** RFC 3261 §25.1: a name is a token, and a line end would begin another header. */
export function headersProblem(headers: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w.!%*+`'~-]+$/.test(name)) return `'${name}' is no name of a header`;
    if (/[\r\n\0]/.test(value)) return `the header ${name} has a line end in it`;
    if (ownHeaders.has(name.toLowerCase())) return `the header ${name} is written by the server`;
  }
  return undefined;
}

/** What makes the dialog, the transaction and the session: a flow that set these would break its own call. */
const ownHeaders: ReadonlySet<string> = new Set([
  ...['via', 'v', 'from', 'f', 'to', 't', 'call-id', 'i', 'cseq', 'contact', 'm', 'max-forwards'],
  ...['route', 'record-route', 'content-length', 'l', 'content-type', 'c', 'content-encoding', 'e'],
  ...['authorization', 'proxy-authorization', 'session-expires', 'x', 'min-se', 'allow'],
  ...['supported', 'k', 'require', 'proxy-require'],
]);

function needs(input: object | undefined, member: string): string | undefined {
  return input !== undefined && Reflect.get(input, member) !== undefined
    ? undefined
    : `the input needs '${member}'`;
}

function oneOf<T extends string | number>(
  value: T | undefined,
  name: string,
  choices: readonly T[],
): string | undefined {
  if (value === undefined || choices.includes(value)) return undefined;
  return `${name} is ${JSON.stringify(value)} and must be one of ${choices.join(', ')}`;
}

function whole(
  value: number | undefined,
  name: string,
  [least, most = Infinity]: Bounds,
): string | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most))
    return undefined;
  const range = most === Infinity ? `${least} or more` : `${least} to ${most}`;
  return `${name} is ${value} and must be a whole number, ${range}`;
}

/** What the platform's timers can count to: 24.8 days. */
const longest = 0x7fffffff;

function durations(input: object, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value: unknown = Reflect.get(input, name);
    if (value === undefined) continue;
    if (typeof value === 'number' && value >= 0 && value <= longest) continue;
    return `${name} is ${JSON.stringify(value)} and must be milliseconds, 0 to ${longest}`;
  }
  return undefined;
}
