import { settle } from '../../runtime/core/virtual-clock';
import reception from '../../flows/reception.flow';
import { expectOver, runFakeCall } from '../support/run-fake-call';

const monday = Date.UTC(2026, 0, 5, 9, 0, 0);
const hour = 3_600_000;

/** Calls, and presses a key when the menu is heard. */
async function pressing(key: string, options: Parameters<typeof runFakeCall>[1] = {}) {
  const run = runFakeCall(reception, { start: monday, ...options });
  await run.clock.run(1_500);
  expect(run.call.log).toEqual(['answer', 'play welcome', 'play menu']);
  run.call.press(key);
  await settle();
  return run;
}

test('1 says the opening hours and comes back to the menu', async () => {
  const run = await pressing('1');
  await run.clock.run(1_000);
  expect(run.call.log.slice(-2)).toEqual(['play opening-hours', 'play menu']);
  run.call.hangUp();
  await settle();
  expect(run.path).toEqual(['welcome', 'menu', 'hours', 'menu']);
  expectOver(run);
});

test('2 takes a message', async () => {
  const run = await pressing('2');
  await run.clock.run(9_000);
  expect(run.call.log.slice(-2)).toEqual([
    'play leave-message',
    'record message max 120000 silence 0 finish # beep',
  ]);
  run.call.recordings[0]?.finish({ type: 'finishOn', digit: '#' });
  await run.clock.run(2_000);
  expect(run.call.log.slice(-3)).toEqual(['play message-kept', 'play goodbye', 'hangup']);
  expectOver(run);
});

test('0 transfers to the operator', async () => {
  const run = await pressing('0');
  await run.clock.run(1_000);
  expect(run.path).toEqual(['welcome', 'menu', 'announce', 'transfer', 'done']);
  expect(run.call.log).toContain('transfer sip:operator@127.0.0.1:5070 20000');
  expectOver(run);
});

test('an operator who does not answer leaves the caller with a message', async () => {
  const run = await pressing('0');
  run.call.transferring = () => Promise.resolve({ type: 'failed', status: 480, reason: '' });
  await run.clock.run(2_500);
  expect(run.path).toEqual(['welcome', 'menu', 'announce', 'transfer', 'unanswered', 'message']);
  run.call.hangUp();
  await settle();
  expectOver(run);
});

test.each([
  ['Monday, nine', monday, true],
  ['Monday, a minute before nine', monday - 60_000, false],
  ['Friday, a minute before five', monday + 4 * 24 * hour + 8 * hour - 60_000, true],
  ['Friday, five', monday + 4 * 24 * hour + 8 * hour, false],
  ['Saturday, noon', monday + 5 * 24 * hour + 3 * hour, false],
  ['Sunday, noon', monday + 6 * 24 * hour + 3 * hour, false],
])('%s: whether somebody is there', async (_, start, open) => {
  const run = await pressing('0', { start });
  expect(run.path.at(-1)).toBe(open ? 'announce' : 'closed');
  run.call.hangUp();
  await settle();
  expectOver(run);
});

test('out of hours 0 says so, and takes a message', async () => {
  const run = await pressing('0', { start: monday - hour });
  await run.clock.run(1_500);
  expect(run.call.log.slice(-3)).toEqual(['stop menu', 'play closed', 'play leave-message']);
  run.call.hangUp();
  await settle();
  expectOver(run);
});

test('a wrong key and silence each have their words, and the third failure ends the call', async () => {
  const run = await pressing('9');
  await run.clock.run(1_000 + 5_000);
  await run.clock.run(1_000 + 5_000);
  await run.clock.run(1_000);
  expect(run.call.log.slice(3)).toEqual([
    ...['stop menu', 'play not-understood+menu', 'play no-input+menu', 'play goodbye', 'hangup'],
  ]);
  expect(run.path).toEqual(['welcome', 'menu', 'bye', 'done']);
  expectOver(run);
});

test('a key in the welcome counts for the menu', async () => {
  const run = runFakeCall(reception, { start: monday });
  await run.clock.run(200);
  run.call.press('2');
  await settle();
  expect(run.call.log).toEqual(['answer', 'play welcome', 'stop welcome', 'play leave-message']);
  run.call.hangUp();
  await settle();
  expectOver(run);
});

test('a transfer that fails altogether, and a voice that does, do not cost the call', async () => {
  const run = await pressing('0', {
    broken: ['transferring', 'no-answer'],
    transfer: () => Promise.reject(new Error('REFER timed out')),
  });
  await run.clock.run(500);
  expect(run.call.log.at(-1)).toBe('play leave-message');
  run.call.hangUp();
  await settle();
  expectOver(run);
});
