import { spawn, type ChildProcess } from 'node:child_process';
import { join, relative } from 'node:path';
import { describeError } from '../core/errors';
import { FlowError, FlowsError } from '../flow/flow-error';
import { scanImports } from '../flow/import-graph';
import { configuredFlows, type Flow } from '../flow/load';
import type { Server } from '../main';
import { PromptsError } from '../prompt/errors';
import { SettledChanges } from '../service/settled-changes';
import { Workshop } from '../service/workshop';
import { FolderWatch } from './folder-watch';
import { banner } from './banner';
import { configFileOf } from './load-config';
import { prepareServer, type ServeOptions, type Serving } from './serve';
import { packageVersion } from './version';

export interface DevOptions extends ServeOptions {
  readonly check?: boolean;
}

/** `callchart dev`: serves, and takes over what is saved. */
export async function dev(options: DevOptions): Promise<void> {
  const serving = prepareServer(options);
  const configFile = configFileOf(options.config);
  let onChange: (path: string) => void = () => undefined;
  const folders = new FolderWatch((path) => {
    if (path !== configFile) onChange(path);
    else say(`${relative(process.cwd(), path)} has changed: restart to serve with it.`);
  });
  const { flows, prompts } = serving.config;
  const directory = flows.directory === undefined ? [] : [join(flows.directory, '*')];
  await Promise.all([
    folders.files([...directory, ...flows.files]),
    folders.folder(prompts.directory),
  ]);
  if (configFile !== undefined) await folders.file(configFile);
  const server = await opened(serving, folders, (listener) => {
    onChange = listener;
  });
  const check = checker(options);
  const watchSources = (served: readonly Flow[]): Promise<boolean> =>
    folders.files(served.flatMap(({ sources }) => sources));
  await watchSources(server.flows);
  const workshop = new Workshop({
    ...{ clock: serving.clock, server, say, complain },
    onTaken: (served, changed) => {
      void watchSources(served);
      check(changed.map(({ file }) => file));
    },
  });
  onChange = (path) => workshop.changed(path);
  await serving.run(server, () => {
    process.on('SIGHUP', () => workshop.reload());
    process.stdout.write(
      banner({
        ...{ version: packageVersion(), server, config: serving.config },
        tracing: options.trace === true,
      }),
    );
    say('Save a flow, a prompt or a manifest: the next call gets it.\n');
    check(configuredFlows(serving.config.flows));
  });
}

/** The server, as soon as its flows can be served: what is wrong with them is said, and waits to be corrected. */
async function opened(
  serving: Serving,
  folders: FolderWatch,
  listen: (onChange: (path: string) => void) => void,
): Promise<Server> {
  for (;;) {
    const saved = new Promise<void>((resolve) => {
      const changes = new SettledChanges(serving.clock, () => resolve());
      listen((path) => changes.changed(path));
    });
    try {
      return await serving.start();
    } catch (error) {
      // The folder of the flows is not there yet.
      const noFolder = error instanceof FlowError;
      if (!noFolder && !(error instanceof FlowsError) && !(error instanceof PromptsError)) {
        // What is watched would keep the process.
        await folders.close();
        throw error;
      }
      // What is wrong may stand in a file that a flow imports. What was saved before that was watched is read once more.
      const files = noFolder ? [] : configuredFlows(serving.config.flows);
      const imported = files.flatMap((file) => [...scanImports(file).keys()]);
      if (await folders.files(imported)) continue;
      complain(describeError(error).split('\n'));
      say('Nothing is served until this is corrected: waiting for a save …');
      await saved;
    }
  }
}

/** Checks flows in a process of its own, so that calls are not held up; a newer save ends it. */
function checker({ check, config }: DevOptions): (files: readonly string[]) => void {
  let running: ChildProcess | undefined;
  const [, program] = process.argv;
  return (files) => {
    if (check !== true || program === undefined || files.length === 0) return;
    running?.kill();
    const args = ['check', ...files, ...(config === undefined ? [] : ['--config', config])];
    running = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(lines: readonly string[]): void {
  const coloured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  for (const line of lines) say(coloured ? `\u001b[31m${line}\u001b[0m` : line);
}
