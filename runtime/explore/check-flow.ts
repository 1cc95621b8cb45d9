import type { AnyStateMachine } from 'xstate';
import type { CallInfo } from '../call/port';
import { scriptOf } from './call-script';
import { explore } from './explorer';
import type { Exploration, Rest, Step } from './graph';
import { wayTo } from './graph';
import { locateStates } from './locate';
import type { Finding, ShortestCall } from './port';
import * as rules from './rules';
import type { RawFinding } from './rules';
import { brokenContexts } from './context-rules';
import { endlessLoops, unsettledHangups } from './loop-rules';
import { menuKeys, missingPrompts } from './prompt-rules';
import type { PromptCatalog } from '../prompt/port';
import { noSamples } from './samples';
import type { Samples } from './samples';
import type { SampleCall } from './explorer';

/** A flow that is to be checked. */
export interface CheckedFlow {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly machine: AnyStateMachine;
}

/** How much is looked at. Reaching one of these is reported. */
export interface Limits {
  /** Different contexts in one state; 200. */
  readonly maxPerState?: number;
  /** Rests of the machine altogether; 20 000. */
  readonly maxTotal?: number;
}

export interface CheckOptions extends Limits {
  readonly samples?: Samples;
  /** What prompts there are and what they say; without it nothing is said of them. */
  readonly catalog?: PromptCatalog | undefined;
  /** In which prompts must be there; all that the catalog has. */
  readonly languages?: readonly string[] | undefined;
  /** The name under which a file is shown. */
  readonly shown?: (file: string) => string;
  /** Asked now and then; true ends the exploration. */
  readonly outOfTime?: () => boolean;
  readonly onProgress?: (rests: number) => void;
}

/** What came of a flow's check. */
export interface FlowReport {
  readonly flow: CheckedFlow;
  readonly findings: readonly Finding[];
  readonly exploration: Exploration;
}

/** When calls come: in and out of hours, wherever the office is, and on holidays of many countries. */
const sampleTimes: readonly (readonly [string, number])[] = [
  ['on Wednesday, 14 January 2026, 10:00 UTC', Date.UTC(2026, 0, 14, 10)],
  ['on Wednesday, 14 January 2026, 18:00 UTC', Date.UTC(2026, 0, 14, 18)],
  ['on Wednesday, 14 January 2026, 02:00 UTC', Date.UTC(2026, 0, 14, 2)],
  ['on Sunday, 18 January 2026, 03:00 UTC', Date.UTC(2026, 0, 18, 3)],
  ['on Christmas Day 2026, 12:00 UTC', Date.UTC(2026, 11, 25, 12)],
];

/** The call that the explorer makes. */
export function sampleCall(flow: string, time = sampleTimes[0]?.[1] ?? 0): CallInfo {
  return {
    id: 'sample',
    callId: 'sample@example.com',
    from: { uri: 'sip:caller@example.com', user: 'caller', displayName: '' },
    to: { uri: `sip:${flow}@example.com`, user: flow, displayName: '' },
    dialled: flow,
    headers: {},
    remoteAddress: '192.0.2.1:5060',
    started: time,
  };
}

/** The usual call at several times, and those that the samples have. */
function sampleCalls(flow: string, { calls }: Samples): SampleCall[] {
  const times = sampleTimes.map(([words, time], index) => ({
    input: { call: sampleCall(flow, time) },
    time,
    words: index === 0 ? '' : `the call comes ${words}`,
  }));
  const others = calls.map(({ call, ...input }, index) => ({
    input: { ...input, call: { ...sampleCall(flow), ...call } },
    time: call?.started ?? sampleCall(flow).started,
    words: `it is sample call ${index + 1}`,
  }));
  return [...times, ...others];
}

/** Walks all that can happen in a flow's calls, and says what is wrong with it. */
export function checkFlow(flow: CheckedFlow, options: CheckOptions = {}): FlowReport {
  const samples = options.samples ?? noSamples;
  const exploration = explore(flow.machine, {
    calls: sampleCalls(flow.name, samples),
    samples,
    maxPerState: options.maxPerState ?? 200,
    maxTotal: options.maxTotal ?? 20_000,
    outOfTime: options.outOfTime ?? (() => false),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const file = options.shown?.(flow.file) ?? flow.file;
  const findings = [exploration, ...exploration.children].flatMap((each) =>
    placed(each, findingsOf(each, flow.machine, options), flow, file),
  );
  return { flow, findings: distinct(findings), exploration };
}

/** What is wrong with one machine: the flow's, or one that it invokes. */
function findingsOf(
  exploration: Exploration,
  machine: AnyStateMachine,
  { catalog, languages }: CheckOptions,
): RawFinding[] {
  return [
    ...rules.throwingFlows(exploration),
    ...rules.unreachableStates(exploration),
    ...rules.deadEnds(exploration),
    ...endlessLoops(exploration),
    ...rules.missingOutcomes(exploration),
    ...rules.missingOnError(exploration),
    ...unsettledHangups(exploration),
    ...brokenContexts(exploration),
    ...rules.inlineActors(exploration),
    ...(catalog === undefined
      ? []
      : [
          ...menuKeys(exploration, catalog),
          ...missingPrompts(machine, exploration, catalog, languages),
        ]),
    ...capNotes(exploration),
  ];
}

/** Findings with their lines, as far as they are meant, and as far as the flow says that they are. */
function placed(
  { map }: Exploration,
  raw: readonly RawFinding[],
  flow: CheckedFlow,
  file: string,
): Finding[] {
  const allowances = map.states.flatMap(({ name, node }) =>
    allowed(node.meta).map((one) => ({ ...one, state: name })),
  );
  if (raw.length === 0 && allowances.length === 0) return [];
  const unused = allowances
    .filter(({ id, state }) => !raw.some((one) => one.id === id && one.state === state))
    .map(({ id, state }): RawFinding => ({
      id: 'allow-unused',
      severity: 'note',
      state,
      message: `'${id}' is allowed here, and was not found.`,
      remedy: 'Take it out of `meta.allow`.',
    }));
  const lines = locateStates(flow.file, map.id);
  return [...raw, ...unused].map(({ at, steps, ...found }) => ({
    ...found,
    flow: flow.name,
    file,
    line: lines.lineOf(found.state) ?? lines.machine,
    call: steps !== undefined ? callOf(steps) : at === undefined ? undefined : callTo(at),
    allowed: allowances.find(({ id, state }) => id === found.id && state === found.state)?.reason,
  }));
}

function allowed(meta: unknown): { readonly id: string; readonly reason: string }[] {
  const allow: unknown =
    typeof meta === 'object' && meta !== null && 'allow' in meta ? meta.allow : undefined;
  if (typeof allow !== 'object' || allow === null) return [];
  return Object.entries(allow).flatMap(([id, reason]: [string, unknown]) =>
    typeof reason === 'string' && reason.trim() !== '' ? [{ id, reason }] : [],
  );
}

/** A machine that is invoked with several inputs has its findings once. */
function distinct(findings: readonly Finding[]): Finding[] {
  return rules.firstOfEach(findings, ({ id, file, line, state, message }) =>
    [id, file, line, state, message].join('\n'),
  );
}

/** Whatever was not looked at is said. */
function capNotes({ caps }: Exploration): RawFinding[] {
  return caps.map((cap) => ({
    id: 'exploration-capped',
    severity: 'note',
    state: cap.state ?? '',
    message:
      cap.type === 'state'
        ? `it was looked at with ${cap.limit} different contexts, and there are more.`
        : cap.type === 'total'
          ? `${cap.limit} snapshots were looked at, and there are more.`
          : 'the time for the check is over, and there is more to look at.',
    remedy: 'Keep in the context only what decides where the call goes, or raise the limit.',
  }));
}

/** The shortest call that comes to a rest, or takes a step. */
export function callTo(at: Rest | Step): ShortestCall {
  return 'happening' in at ? callOf([...wayTo(at.from), at]) : callOf(wayTo(at), at);
}

function callOf(steps: readonly Step[], only?: Rest): ShortestCall {
  const first = steps[0]?.from ?? only;
  const rests = [first, ...steps.map(({ to }) => to)];
  const path = rests.flatMap((rest) => (rest === undefined ? [] : [rest.state]));
  return {
    words: [
      ...(first === undefined || first.call.words === '' ? [] : [first.call.words]),
      ...steps
        .filter(({ happening }) => happening.kind !== 'stopped')
        .map(({ happening }) => happening.words),
    ],
    path: path.filter((state, index) => state !== path[index - 1]),
    script: scriptOf(steps),
  };
}
