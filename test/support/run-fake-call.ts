import { stat } from 'node:fs/promises';
import type { AnyStateMachine } from 'xstate';
import type { Logger } from '../../runtime/core/logger';
import { silentLogger } from '../../runtime/core/logger';
import { settle, VirtualClock } from '../../runtime/core/virtual-clock';
import { runFlow } from '../../runtime/flow/run-flow';
import type { FlowResult, RunFlowOptions } from '../../runtime/flow/run-flow';
import { FakeCall } from './fake-call';
import type { FakeCallOptions } from './fake-call';

export interface FakeRun {
  readonly clock: VirtualClock;
  readonly call: FakeCall;
  /** The states that the flow was in. */
  readonly path: string[];
  /** Recordings that were deleted. */
  readonly removed: string[];
  readonly logged: string[];
  result: FlowResult | undefined;
}

/** Puts a fake call through a flow on a virtual clock. */
export function runFakeCall(
  flow: AnyStateMachine,
  options: FakeCallOptions & Partial<RunFlowOptions> & { readonly start?: number } = {},
): FakeRun {
  const clock = new VirtualClock(options.start);
  const call = new FakeCall(clock, options);
  const path: string[] = [];
  const removed: string[] = [];
  const logged: string[] = [];
  const write = (_: unknown, message: string): void => {
    logged.push(message);
  };
  const logger: Logger = { ...silentLogger, info: write, warn: write, error: write };
  const run = runFlow(flow, call, {
    clock,
    logger,
    record: { state: (name) => path.push(name) },
    removeFile: async (file) => {
      removed.push(file);
    },
    ...options,
  });
  const fake: FakeRun = { clock, call, path, removed, logged, result: undefined };
  void run.done.then((result) => {
    fake.result = result;
  });
  return fake;
}

/** What must hold after every call: it is over, and nothing of it is left. */
export function expectOver({ clock, call, result }: FakeRun): void {
  expect(result).toBeDefined();
  expect(call.state).toBe('ended');
  expect(call.playing).toBe(0);
  expect(call.echoing).toBe(false);
  expect(call.listeners).toBe(0);
  expect(clock.pending).toBe(0);
}

/**
 * Waits for what a flow does on the disk, which no virtual clock moves: each turn is a disk access of its
 * own, behind the flow's.
 */
export async function untilWritten(folder: string, done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !done(); turn += 1) {
    await stat(folder);
    await settle();
  }
  expect(done()).toBe(true);
}
