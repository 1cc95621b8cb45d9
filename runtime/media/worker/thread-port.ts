import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Command, Report, ThreadSettings } from './protocol';

/** A media thread, as the signalling thread sees it. */
export interface ThreadPort {
  post(command: Command): void;
  /** Ends it at once, whatever it does; resolves when it is gone. */
  terminate(): Promise<void>;
}

export interface ThreadHandler {
  onReport(report: Report): void;
  /** It is gone, asked to or not; once, and the last that is told. */
  onEnd(reason: string): void;
}

export type StartThread = (settings: ThreadSettings, handler: ThreadHandler) => ThreadPort;

/** Runs `thread.ts`: compiled as it is, from TypeScript by ts-node. */
export const startThread: StartThread = (settings, handler) => {
  const ending = extname(__filename);
  const typescript = ending === '.ts';
  const worker = new Worker(join(__dirname, `thread${ending}`), {
    name: 'media',
    workerData: settings,
    // What this process was started with (a debugger, a profiler) is not for each of its threads.
    execArgv: typescript ? ['-r', require.resolve('ts-node/register')] : [],
    ...(typescript ? { env: { ...process.env, TS_NODE_PROJECT: projectFile() } } : {}),
  });
  let reason: string | undefined;
  worker.on('message', (report: Report) => handler.onReport(report));
  worker.on('error', (error) => {
    reason = error.message;
  });
  worker.once('exit', (code) => handler.onEnd(reason ?? `it ended with code ${code}`));
  return {
    post: (command) => worker.postMessage(command),
    terminate: async () => {
      await worker.terminate();
    },
  };
};

/** With it ts-node finds how TypeScript is to be read here, wherever the process was started. */
function projectFile(): string {
  return join(__dirname, '..', '..', '..', 'tsconfig.json');
}
