import type { CallActorName } from '../flow/actors';
import type { InvokeMap } from '../flow/machine-map';
import type { Prompt } from '../prompt/port';
import type { BoxKind, BoxLine } from './picture';
import { words } from './outcome';
import { plain } from './text';

/** What a prompt says, in words: `PromptCatalog.text`, in the language of the picture. */
export type PromptText = (prompt: Prompt) => string;

const actors: Readonly<Record<CallActorName, { readonly kind: BoxKind; readonly word: string }>> = {
  answer: { kind: 'call', word: 'answers' },
  ring: { kind: 'wait', word: 'rings' },
  setLanguage: { kind: 'rest', word: 'chooses the language' },
  play: { kind: 'play', word: 'plays' },
  gather: { kind: 'gather', word: 'asks' },
  record: { kind: 'record', word: 'records' },
  recordCall: { kind: 'record', word: 'records the call' },
  pause: { kind: 'wait', word: 'waits' },
  sendDigits: { kind: 'gather', word: 'sends keys' },
  hangup: { kind: 'leave', word: 'hangs up' },
  reject: { kind: 'leave', word: 'refuses' },
  redirect: { kind: 'leave', word: 'redirects' },
  transfer: { kind: 'call', word: 'transfers' },
  dial: { kind: 'call', word: 'dials' },
  conference: { kind: 'call', word: 'conference' },
  enqueue: { kind: 'wait', word: 'queues' },
  dialQueue: { kind: 'call', word: 'serves a queue' },
  detectMachine: { kind: 'listen', word: 'who answered?' },
  detectSpeech: { kind: 'listen', word: 'listens' },
  listen: { kind: 'listen', word: 'listens' },
  echo: { kind: 'listen', word: 'echoes' },
  stream: { kind: 'call', word: 'streams' },
  webhook: { kind: 'own', word: 'asks a web app' },
};

export function describeActor({ callActor, src }: InvokeMap): {
  readonly kind: BoxKind;
  readonly word: string;
} {
  return callActor === undefined ? { kind: 'own', word: words(src) } : actors[callActor];
}

/** Members with a prompt that stand behind the first, each with when it is heard. */
const furtherPrompts = {
  retryPrompt: 'again',
  noInputPrompt: 'no input',
  invalidPrompt: 'invalid',
} as const;

/** What the caller hears, and the terms that matter to whoever is called, in lines for the state's box. */
export function actorLines(invoke: InvokeMap, text: PromptText): BoxLine[] {
  const { input } = invoke;
  if (typeof input === 'function') {
    return invoke.callActor === undefined ? [] : [detail('what: known in the call only')];
  }
  if (typeof input !== 'object' || input === null) return [];
  const given = input as Readonly<Record<string, unknown>>;
  const lines: BoxLine[] = [];
  const prompt = promptOf(given['prompt']);
  if (prompt !== undefined) lines.push(said(text(prompt)));
  for (const [member, when] of Object.entries(furtherPrompts)) {
    const further = promptOf(given[member]);
    if (further !== undefined)
      lines.push(detail(`${when}: ${quoted(text(without(further, prompt)))}`));
  }
  if (invoke.callActor !== undefined)
    lines.push(...(details[invoke.callActor]?.(given, text).map(detail) ?? []));
  return lines;
}

type Details = (input: Readonly<Record<string, unknown>>, text: PromptText) => string[];

const details: Readonly<Partial<Record<CallActorName, Details>>> = {
  gather: ({ attempts }) => (isCount(attempts) && attempts > 1 ? [`up to ${attempts} times`] : []),
  record: ({ maxDuration }) => atMost(maxDuration),
  recordCall: ({ maxDuration }) => atMost(maxDuration),
  play: ({ loop }) =>
    loop === 0 ? ['for ever'] : isCount(loop) && loop > 1 ? [`${loop} times`] : [],
  pause: ({ duration }) => (isCount(duration) ? [time(duration)] : []),
  ring: ({ duration }) => (isCount(duration) ? [time(duration)] : []),
  setLanguage: ({ language }) => [plain(String(language))],
  sendDigits: ({ digits }) => [plain(String(digits))],
  transfer: ({ to, timeout }) => [targets(to), ...rings(timeout)],
  redirect: ({ to }) => [targets(to)],
  reject: ({ status }) => (isCount(status) ? [String(status)] : []),
  conference: ({ name }) => [plain(String(name))],
  enqueue: ({ queue, timeout }) => [plain(String(queue)), ...atMost(timeout)],
  dialQueue: ({ queue, timeout }) => [plain(String(queue)), ...atMost(timeout)],
  dial: ({ to, timeout, ringback, screening }, text) => [
    targets(to),
    ...rings(timeout),
    ...promptMember('caller hears', ringback, text),
    ...promptMember('callee hears', screening, text),
  ],
  echo: ({ maxDuration }) => atMost(maxDuration),
  webhook: ({ method = 'POST', url }) => [plain(`${String(method)} ${withoutSecrets(url)}`)],
  stream: ({ url, mode }) => [plain(`${mode === 'listen' ? 'to' : 'with'} ${String(url)}`)],
};

/** Host and path alone. */
function withoutSecrets(url: unknown): string {
  if (typeof url !== 'string' || !URL.canParse(url)) return '';
  const { host, pathname } = new URL(url);
  return host + pathname;
}

function said(text: string): BoxLine {
  return { style: 'said', text: quoted(text), most: 4 };
}

function detail(text: string): BoxLine {
  return { style: 'detail', text, most: 1 };
}

export function quoted(text: string): string {
  return `“${plain(text)}”`;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function atMost(duration: unknown): string[] {
  return isCount(duration) ? [`up to ${time(duration)}`] : [];
}

function rings(timeout: unknown): string[] {
  return isCount(timeout) ? [`for ${time(timeout)}`] : [];
}

/** As people say it: `20 s`, `2 min`. */
export function time(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  return seconds >= 120 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

function targets(to: unknown): string {
  const list: readonly unknown[] = Array.isArray(to) ? to : [to];
  return plain(`to ${list.map(String).join(', ')}`);
}

function promptMember(when: string, value: unknown, text: PromptText): string[] {
  if (typeof value !== 'object' || value === null || !('prompt' in value)) return [];
  const prompt = promptOf(value.prompt);
  return prompt === undefined ? [] : [`${when}: ${quoted(text(prompt))}`];
}

/** A second prompt that only leads up to the first is told by what it adds. */
function without(prompt: Prompt, first: Prompt | undefined): Prompt {
  if (!isList(prompt) || first === undefined) return prompt;
  const rest = prompt.filter((part) => JSON.stringify(part) !== JSON.stringify(first));
  return rest.length === 0 ? prompt : rest;
}

function isList(prompt: Prompt): prompt is readonly Prompt[] {
  return Array.isArray(prompt);
}

/** The flow's types have seen to what it is; a plain JavaScript flow was checked when it was loaded. */
function promptOf(value: unknown): Prompt | undefined {
  return typeof value === 'string' || (typeof value === 'object' && value !== null)
    ? (value as Prompt)
    : undefined;
}
