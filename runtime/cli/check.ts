import { statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { checkFlow } from '../explore/check-flow';
import type { Finding } from '../explore/port';
import { reportText } from '../explore/report-text';
import { findFlows, loadFlows } from '../flow/load';
import { loadConfig } from './load-config';

export interface CheckOptions {
  readonly json?: boolean;
  readonly config?: string;
}

/** `callchart check`: what is wrong with flows. Returns the exit status. */
export function check(names: readonly string[], options: CheckOptions): number {
  const config = loadConfig(options.config);
  const wanted = names.length > 0 ? names : [config.flows.directory ?? 'flows'];
  const files: string[] = [];
  for (const name of wanted) {
    const stat = statSync(name, { throwIfNoEntry: false });
    if (stat === undefined) {
      process.stderr.write(`callchart: there is no flow ${name}\n`);
      return 2;
    }
    files.push(...(stat.isDirectory() ? findFlows(name) : [resolve(name)]));
  }
  const { flows, problems } = loadFlows(files);
  const findings: Finding[] = problems.map(({ file, state, problem, remedy }) => ({
    id: 'flow-invalid',
    severity: 'error',
    flow: undefined,
    file,
    line: undefined,
    state: state ?? '',
    message: problem,
    remedy,
    call: undefined,
    allowed: undefined,
  }));
  const shown = (file: string): string => relative(process.cwd(), file);
  for (const flow of flows) findings.push(...checkFlow(flow, { shown }).findings);
  if (options.json === true) {
    for (const finding of findings) process.stdout.write(`${JSON.stringify(finding)}\n`);
  } else {
    const count = findings.filter(({ severity }) => severity !== 'note').length;
    const text = reportText(findings);
    process.stdout.write(text === '' ? '' : `${text}\n\n`);
    process.stdout.write(`${flows.length} flows checked: ${count} findings\n`);
  }
  return findings.some(({ severity }) => severity !== 'note') ? 1 : 0;
}
