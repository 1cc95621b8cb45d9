import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ResolvedConfig } from '../config/resolve';
import { CallchartError } from '../core/errors';
import type { FlowLog } from '../flow/flow-log';
import { FlowsError } from '../flow/flow-error';
import { configuredFlows, type Flow, loadFlows } from '../flow/load';
import { replay as runAgain } from '../replay/replay';
import { writeReplay } from '../replay/report';
import { asFlowLog } from '../replay/stored-log';
import { writeTest } from '../replay/to-test';
import { findFlowLogs } from '../store/flow-logs';
import { loadConfig } from './load-config';
import { projectCatalog } from './project';
import { shownPath } from './shown-path';

export interface ReplayOptions {
  readonly flow?: string;
  readonly toTest?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** `callchart replay`: a call from its log. Resolves with the exit status. */
export async function replay(id: string, options: ReplayOptions): Promise<number> {
  const config = loadConfig(options.config);
  const log = await findLog(config, id);
  const flow = options.flow === undefined ? versionOf(log, config) : loadOne(options.flow);
  const again = runAgain(flow.machine, log);
  if (options.toTest !== undefined) {
    const { text, differs } = await writeTest(flow, log, again, options.toTest);
    writeOut(options.toTest, text);
    if (differs === undefined) return 0;
    process.stderr.write(`callchart: the test does not repeat the call: ${differs}\n`);
    return 1;
  }
  if (options.json === true) {
    const { steps, initial, parting } = again;
    for (const { at, what, then, now, note } of steps) {
      process.stdout.write(`${JSON.stringify({ at, what, then, now, note })}\n`);
    }
    const { call, result } = log;
    process.stdout.write(
      `${JSON.stringify({ call, flow: log.flow, on: flow.version, initial, result, parting: parting ?? null })}\n`,
    );
  } else {
    process.stdout.write(`${heading(log, flow)}\n\n${writeReplay(again, log)}`);
  }
  return again.parting === undefined ? 0 : 1;
}

async function findLog(config: ResolvedConfig, id: string): Promise<FlowLog> {
  const { directory } = config.records;
  const found = await findFlowLogs(directory, id);
  const [first] = found;
  if (first === undefined) {
    throw notReplayable(
      `no call "${id}" has a flow log in ${directory}: callchart calls lists the calls; logs are kept unless records.flowLog is false`,
    );
  }
  if (found.length > 1) {
    const ids = found.map(({ call }) => `  ${call}`).join('\n');
    throw notReplayable(`several calls begin with "${id}":\n${ids}`);
  }
  const log = asFlowLog(first);
  if (log === undefined) {
    throw notReplayable(
      `the flow log of call ${first.call} cannot be read: another version of Callchart wrote it`,
    );
  }
  return log;
}

/** The flow as it was when the call ran. */
function versionOf({ flow: { name, version }, call }: FlowLog, config: ResolvedConfig): Flow {
  // What prompts say is part of a version, as the server counts it; whether they are all there is not asked here.
  const prompts = { catalog: projectCatalog(config), check: () => [] };
  const { flows, problems } = loadFlows(configuredFlows(config.flows), { prompts });
  const flow = flows.find((each) => each.name === name);
  if (flow?.version === version) return flow;
  const problem = problems.find(({ file }) => file.includes(`${name}.flow.`));
  if (problem !== undefined) throw problem;
  if (flow === undefined && name === 'document') {
    throw notReplayable(
      `call ${call} was answered by a web app, and its documents cannot be had again: see its record, or let --flow run the file of a flow on it`,
    );
  }
  const there =
    flow === undefined
      ? `there is no flow "${name}" any more`
      : `what is here is ${name} ${flow.version}`;
  const file = flow === undefined ? `the file of a flow` : shownPath(flow.file);
  throw notReplayable(
    `call ${call} ran on ${name} ${version}, and ${there}: check that version out, or see what another one makes of the call with --flow ${file}`,
  );
}

function loadOne(file: string): Flow {
  const { flows, problems } = loadFlows([file]);
  const [flow] = flows;
  if (flow === undefined) throw new FlowsError(problems);
  return flow;
}

function heading({ flow, started, call, input }: FlowLog, on: Flow): string {
  const time = new Date(started).toISOString().slice(0, 19).replace('T', ' ');
  const from = callerOf(input);
  const same = on.version === flow.version;
  return [
    `call ${call}  ${time}${from === undefined ? '' : `  from ${from}`}`,
    `flow ${flow.name} ${flow.version}${same ? '' : `, replayed on ${shownPath(on.file)} ${on.version}`}`,
  ].join('\n');
}

function callerOf(input: unknown): string | undefined {
  const { call } = (input ?? {}) as { readonly call?: { readonly from?: { uri?: unknown } } };
  const uri = call?.from?.uri;
  return typeof uri === 'string' ? uri : undefined;
}

function writeOut(file: string, text: string): void {
  if (file === '-') {
    process.stdout.write(text);
    return;
  }
  if (existsSync(file)) throw notReplayable(`${file} is there already: name another file`);
  mkdirSync(dirname(resolve(file)), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`wrote ${shownPath(resolve(file))}\n`);
}

function notReplayable(message: string): CallchartError {
  return new CallchartError('CALLCHART_REPLAY', message);
}
