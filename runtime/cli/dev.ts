import { spawn, type ChildProcess } from 'node:child_process';
import { relative } from 'node:path';
import type { TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import { FlowsError } from '../flow/flow-error';
import type { Flow } from '../flow/load';
import type { Server } from '../main';
import { PromptsError } from '../prompt/errors';
import { changeLines, keptLines, short } from '../service/change-text';
import { SettledChanges } from '../service/settled-changes';
import { FolderWatch } from './folder-watch';
import { configFileOf } from './load-config';
import { projectFlowFiles } from './project';
import { banner, prepareServer, type ServeOptions, type Serving } from './serve';
import { packageVersion } from './version';

export interface DevOptions extends ServeOptions {
  readonly check?: boolean;
}

/** Milliseconds after which what could not be read is called wrong: until then it may be saved whole. */
const patience = 120;

/** `callchart dev`: serves, and takes over what is saved. */
export async function dev(options: DevOptions): Promise<void> {
  const serving = prepareServer(options);
  const workshop = new Workshop(serving, options);
  await workshop.watch();
  const server = await workshop.open();
  await serving.run(server, () => {
    process.stdout.write(banner(packageVersion(), server, options.trace === true));
    say('Save a flow, a prompt or a manifest: the next call gets it.\n');
    process.on('SIGHUP', () => workshop.reload([]));
  });
}

/** A server, and the files that it is made of. */
class Workshop {
  private readonly folders: FolderWatch;
  private readonly changes: SettledChanges;
  private readonly configFile: string | undefined;
  private server: Server | undefined;
  private onChange: () => void = () => undefined;
  private reported = false;
  private report: TimerHandle | undefined;
  private checking: ChildProcess | undefined;

  constructor(
    private readonly serving: Serving,
    private readonly options: DevOptions,
  ) {
    this.configFile = configFileOf(options.config);
    this.changes = new SettledChanges(serving.clock, (paths) => this.settled(paths));
    this.folders = new FolderWatch((path) => this.changes.changed(path));
  }

  /** Resolves when a file that is saved from now on is seen. */
  async watch(): Promise<void> {
    const { flows, prompts } = this.serving.config;
    const directory = flows.directory === undefined ? [] : [`${flows.directory}/.`];
    const config = this.configFile === undefined ? [] : [this.configFile];
    await Promise.all([
      this.folders.files([...directory, ...flows.files, ...config]),
      this.folders.folder(prompts.directory),
    ]);
  }

  /** The server, as soon as its flows can be served: what is wrong with them is said, and waits to be corrected. */
  async open(): Promise<Server> {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        this.onChange = resolve;
      });
      try {
        this.server = await this.serving.start();
        await this.watchSources(this.server.flows);
        this.check(projectFlowFiles(this.serving.config));
        return this.server;
      } catch (error) {
        if (!(error instanceof FlowsError) && !(error instanceof PromptsError)) throw error;
        complain(describeError(error).split('\n'));
        say('Nothing is served until this is corrected; waiting for a save …');
        await changed;
      }
    }
  }

  reload(changed: readonly string[]): void {
    this.take(changed).catch((error: unknown) => complain([describeError(error)]));
  }

  private settled(paths: readonly string[]): void {
    if (this.configFile !== undefined && paths.includes(this.configFile)) {
      say(`${relative(process.cwd(), this.configFile)} has changed: restart to serve with it.`);
    }
    if (this.server === undefined) this.onChange();
    else if (paths.some((path) => path !== this.configFile)) this.reload(paths);
  }

  private async take(changed: readonly string[]): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    const { clock } = this.serving;
    clock.clearTimeout(this.report);
    const before = server.flows;
    const report = await server.reload();
    const { flows } = server;
    for (const line of changeLines(report, changed, before, flows)) say(line);
    await this.watchSources(flows);
    if (report.problems.length > 0) {
      const tell = (): void => {
        this.reported = true;
        complain([...report.problems, ...keptLines(report, flows)]);
      };
      // Half of a file, perhaps.
      if (!this.changes.pending) this.report = clock.setTimeout(tell, patience);
      return;
    }
    if (this.reported) {
      this.reported = false;
      say(
        `nothing is wrong: ${flows.map(({ name, version }) => `${name} ${short(version)}`).join(', ')}`,
      );
    }
    const names = new Set(report.changes.map(({ flow }) => flow));
    this.check(flows.filter(({ name }) => names.has(name)).map(({ file }) => file));
  }

  private watchSources(flows: readonly Flow[]): Promise<void> {
    return this.folders.files(flows.flatMap(({ sources }) => sources));
  }

  /** In a process of its own, so that calls are not held up; a newer save ends it. */
  private check(files: readonly string[]): void {
    const { check, config } = this.options;
    const [, program] = process.argv;
    if (check !== true || program === undefined || files.length === 0) return;
    this.checking?.kill();
    const args = ['check', ...files, ...(config === undefined ? [] : ['--config', config])];
    this.checking = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(lines: readonly string[]): void {
  const coloured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  for (const line of lines) say(coloured ? `\u001b[31m${line}\u001b[0m` : line);
}
