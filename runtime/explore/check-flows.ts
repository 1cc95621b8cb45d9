import type { FlowError } from '../flow/flow-error';
import type { Prompt, PromptCatalog } from '../prompt/port';
import { checkFlow } from './check-flow';
import type { CheckedFlow, CheckOptions, FlowReport } from './check-flow';
import type { Finding } from './port';
import { namesOf, promptsOf } from './prompt-rules';

export interface CheckFlowsOptions extends CheckOptions {
  /** All flows of a project are here, so that a prompt that none of them plays is not used. */
  readonly all: boolean;
  /** What is played beside the flows: the apology, the music on hold. */
  readonly alsoPlayed: readonly Prompt[];
  /** The folder of the prompts, as it is shown. */
  readonly promptsFolder: string;
  readonly onFlow?: (flow: CheckedFlow, index: number) => void;
}

export interface CheckReport {
  readonly flows: readonly FlowReport[];
  readonly findings: readonly Finding[];
}

/** Checks flows one after another, and what can be said of all of them. */
export function checkFlows(
  flows: readonly CheckedFlow[],
  problems: readonly FlowError[],
  options: CheckFlowsOptions,
): CheckReport {
  const reports = flows.map((flow, index) => {
    options.onFlow?.(flow, index);
    return checkFlow(flow, options);
  });
  const { catalog } = options;
  // Of a flow that does not load nobody knows what it plays.
  const complete = options.all && problems.length === 0;
  return {
    flows: reports,
    findings: [
      ...problems.map(invalid),
      ...reports.flatMap(({ findings }) => findings),
      ...(catalog === undefined || !complete ? [] : unusedPrompts(reports, catalog, options)),
    ],
  };
}

function invalid({ file, state, problem, remedy }: FlowError): Finding {
  const line = /\(?[\w.-]+(?::|, line )(\d+)/.exec(problem)?.[1];
  return {
    id: 'flow-invalid',
    severity: 'error',
    flow: undefined,
    file,
    line: line === undefined ? undefined : Number(line),
    state: state ?? '',
    message: problem,
    remedy,
    call: undefined,
    allowed: undefined,
  };
}

function unusedPrompts(
  reports: readonly FlowReport[],
  catalog: PromptCatalog,
  { alsoPlayed, promptsFolder }: CheckFlowsOptions,
): Finding[] {
  const used = new Set(namesOf(alsoPlayed));
  for (const { flow, exploration } of reports) {
    for (const one of [exploration, ...exploration.children]) {
      promptsOf(flow.machine, one, catalog).forEach((name) => used.add(name));
    }
  }
  return catalog.names
    .filter((name) => !used.has(name) && !/^(?:digits|phrases)\//.test(name))
    .map((name): Finding => {
      const language = catalog.languages.find(
        (tag) => catalog.find(name, tag, { exact: true }) !== undefined,
      );
      const found = catalog.find(name, language);
      const written = found?.type === 'spoken';
      return {
        id: 'prompt-unused',
        severity: 'warning',
        flow: undefined,
        file: written ? `${promptsFolder}/${found.language}.yaml` : promptsFolder,
        line: written ? found.line : undefined,
        state: '',
        message: `no flow plays '${name}'.`,
        remedy: 'Take it out, or play it.',
        call: undefined,
        allowed: undefined,
      };
    });
}
