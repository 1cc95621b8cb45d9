import design from '../flow/fixtures/design.flow';
import { expectOver, runFakeCall } from '../support/run-fake-call';

async function pressing(key: string) {
  const run = runFakeCall(design, { dial: () => Promise.resolve({ type: 'busy' }) });
  await run.clock.run(500);
  run.call.press(key);
  await run.clock.run(0);
  return run;
}

test('the flow of the design page: sales is busy, so the caller leaves a message', async () => {
  const run = await pressing('1');
  await run.clock.run(1_000 + 120_000 + 1_000);
  expect(run.path).toEqual(['menu', 'sales', 'message', 'bye', 'done']);
  expect(run.call.log.slice(3)).toEqual([
    'dial sip:sales@pbx.example parallel 20000',
    'play Please leave a message after the tone.',
    'record - max 120000 silence 0 finish # beep',
    'play goodbye',
    'hangup',
  ]);
  expectOver(run);
});

test('a key that the menu does not have is an invalid entry, not a defect', async () => {
  const run = await pressing('7');
  await run.clock.run(1_000);
  expect(run.path).toEqual(['menu', 'bye', 'done']);
  expectOver(run);
});
