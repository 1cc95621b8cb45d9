import { settle } from '../../runtime/core/virtual-clock';
import echo from '../../flows/echo.flow';
import { expectOver, runFakeCall } from '../support/run-fake-call';

test('the caller hears what it is, then the echo, until the hash key', async () => {
  const run = runFakeCall(echo);
  await run.clock.run(1_000);
  expect(run.call.echoing).toBe(true);
  await run.clock.run(10_000);
  run.call.press('#');
  await run.clock.run(1_000);
  expect(run.call.log).toEqual([
    ...['answer', 'play echo-welcome', 'echo', 'stop echo', 'play echo-ended', 'hangup'],
  ]);
  expect(run.path).toEqual(['welcome', 'echo', 'ended', 'done']);
  expectOver(run);
});

test('it ends after five minutes', async () => {
  const run = runFakeCall(echo);
  await run.clock.run(1_000 + 300_000 + 1_000);
  expect(run.path).toEqual(['welcome', 'echo', 'ended', 'done']);
  expectOver(run);
});

test('it ends when the caller hangs up', async () => {
  const run = runFakeCall(echo);
  await run.clock.run(5_000);
  run.call.hangUp();
  await settle();
  expectOver(run);
});

test('without its prompts it still echoes', async () => {
  const run = runFakeCall(echo, { broken: ['echo-welcome', 'echo-ended'] });
  await run.clock.run(0);
  expect(run.call.echoing).toBe(true);
  run.call.press('#');
  await run.clock.run(0);
  expect(run.result?.type).toBe('final');
  expectOver(run);
});
