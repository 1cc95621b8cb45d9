import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** Of what a process said on its way down, the end is kept. */
const STDERR_LIMIT = 2_048;
/** What a synthesiser may know of the environment: no secrets. */
const ENVIRONMENT = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'] as const;

/** A process with a folder of its own, which goes when the process goes. */
export interface SpeechProcess {
  readonly id: number | undefined;
  send(message: object): void;
  /** Whether it keeps this process alive. */
  hold(on: boolean): void;
  /** Ends it at once and resolves when it and its folder are gone. Idempotent. */
  end(): Promise<void>;
}

export interface SpeechProcessHandler {
  onMessage(message: unknown): void;
  /** It ended, asked to or not; `reason` says how, `said` is the end of what it wrote. */
  onEnd(reason: string, said: string): void;
}

/**
 * Starts a script of this folder, named without its ending. It runs from compiled files as it is, and
 * from TypeScript by ts-node.
 */
export async function startSpeechProcess(
  script: string,
  args: readonly string[],
  temporaryFolder: string,
  handler: SpeechProcessHandler,
): Promise<SpeechProcess> {
  const folder = await mkdtemp(join(temporaryFolder, 'callchart-speech-'));
  const ending = extname(__filename);
  const typescript = ending === '.ts';
  const child = fork(join(__dirname, script + ending), [...args, folder], {
    execArgv: typescript ? ['-r', require.resolve('ts-node/register')] : [],
    env: { ...environment(), ...(typescript ? { TS_NODE_PROJECT: projectFile() } : {}) },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const ended = watch(child, folder, handler);
  return {
    id: child.pid,
    send: (message) => void child.send(message, () => undefined),
    hold: (on) => hold(child, on),
    end: () => {
      hold(child, true);
      child.kill('SIGKILL');
      return ended;
    },
  };
}

function watch(child: ChildProcess, folder: string, handler: SpeechProcessHandler): Promise<void> {
  let said = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (text: string) => (said = (said + text).slice(-STDERR_LIMIT)));
  child.on('message', (message) => handler.onMessage(message));
  return new Promise((resolve) => {
    const finish = (reason: string): void => {
      handler.onEnd(reason, said.trim());
      void rm(folder, { recursive: true, force: true })
        .catch(() => undefined)
        .then(resolve);
    };
    // `error` alone when it could not be started, `close` in all other cases.
    child.once('error', (error) => {
      if (child.pid === undefined) finish(`its process could not be started (${error.message})`);
    });
    child.once('close', (status, signal) => {
      finish(
        signal === null
          ? `its process ended with status ${status ?? 0}`
          : `its process was ended by ${signal}`,
      );
    });
  });
}

function hold(child: ChildProcess, on: boolean): void {
  const channel = child.channel;
  const stderr = child.stderr as { ref?: () => void; unref?: () => void } | null;
  if (on) {
    child.ref();
    channel?.ref();
    stderr?.ref?.();
  } else {
    child.unref();
    channel?.unref();
    stderr?.unref?.();
  }
}

function environment(): NodeJS.ProcessEnv {
  const known = ENVIRONMENT.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(known.filter(([, value]) => value !== undefined));
}

function projectFile(): string {
  return join(__dirname, '..', '..', '..', 'tsconfig.json');
}
