import type { AnyStateMachine } from 'xstate';
import type { CallInfo } from '../call/port';
import { explore } from './explorer';
import type { Exploration, Rest, Step } from './graph';
import { wayTo } from './graph';
import { locateStates } from './locate';
import type { Finding, ShortestCall } from './port';
import * as rules from './rules';
import type { RawFinding } from './rules';
import type { Samples } from './samples';

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

/** When all calls of the explorer are: a Wednesday, 10:00 UTC. */
export const sampleTime = Date.UTC(2026, 0, 14, 10);

/** The call that the explorer makes. */
export function sampleCall(flow: string): CallInfo {
  return {
    id: 'sample',
    callId: 'sample@example.com',
    from: { uri: 'sip:caller@example.com', user: 'caller', displayName: '' },
    to: { uri: `sip:${flow}@example.com`, user: flow, displayName: '' },
    dialled: flow,
    headers: {},
    remoteAddress: '192.0.2.1:5060',
    started: sampleTime,
  };
}

/** Walks all that can happen in a flow's calls, and says what is wrong with it. */
export function checkFlow(flow: CheckedFlow, options: CheckOptions = {}): FlowReport {
  const exploration = explore(flow.machine, {
    input: { call: sampleCall(flow.name) },
    time: sampleTime,
    samples: options.samples ?? { outcomes: {}, events: [] },
    maxPerState: options.maxPerState ?? 200,
    maxTotal: options.maxTotal ?? 20_000,
    outOfTime: options.outOfTime ?? (() => false),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const raw: RawFinding[] = [
    ...rules.unreachableStates(exploration),
    ...rules.deadEnds(exploration),
    ...rules.missingOutcomes(exploration),
    ...rules.missingOnError(exploration),
    ...rules.inlineActors(exploration),
    ...rules.throwingFlows(exploration),
    ...capNotes(exploration),
  ];
  const file = options.shown?.(flow.file) ?? flow.file;
  const lines = raw.length === 0 ? undefined : locateStates(flow.file, exploration.map.id);
  const findings = raw.map(({ at, ...found }): Finding => ({
    ...found,
    flow: flow.name,
    file,
    line: lines?.lineOf(found.state) ?? lines?.machine,
    call: at === undefined ? undefined : callTo(at),
    allowed: undefined,
  }));
  return { flow, findings, exploration };
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
  const steps = 'happening' in at ? [...wayTo(at.from), at] : wayTo(at);
  const first = steps[0]?.from ?? ('happening' in at ? at.from : at);
  const path = [first, ...steps.flatMap(({ to }) => to ?? [])].map(({ state }) => state);
  return {
    words: steps.map(({ happening }) => happening.words),
    path: path.filter((state, index) => state !== path[index - 1]),
    caller: [],
  };
}
