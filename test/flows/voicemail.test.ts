import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settle } from '../../runtime/core/virtual-clock';
import voicemail from '../../flows/voicemail.flow';
import { expectOver, runFakeCall, untilWritten } from '../support/run-fake-call';

let folder = '';
let file = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'voicemail-'));
  file = join(folder, 'message.wav');
  await writeFile(file, 'audio');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const exists = () =>
  access(file).then(
    () => true,
    () => false,
  );

/** Speaks for seven seconds, and hears what can be done with it. */
async function recorded() {
  const run = runFakeCall(voicemail);
  await run.clock.run(2_000 + 7_000);
  run.call.recordings[0]?.finish({ type: 'finishOn', digit: '#', path: file });
  await run.clock.run(500);
  expect(run.call.log).toEqual([
    ...['answer', 'play voicemail-greeting', 'play leave-message'],
    'record - max 120000 silence 5000 finish # beep',
    'play voicemail-review',
  ]);
  return run;
}

test('1 plays the message back, and asks again', async () => {
  const run = await recorded();
  run.call.press('1');
  await run.clock.run(2_000);
  expect(run.call.log.slice(-2)).toEqual([
    `play your-message+file:${file}`,
    'play voicemail-review',
  ]);
  run.call.hangUp();
  await settle();
  expectOver(run);
});

test('2 keeps it', async () => {
  const run = await recorded();
  run.call.press('2');
  await run.clock.run(2_000);
  expect(run.call.log.slice(-3)).toEqual(['play message-kept', 'play goodbye', 'hangup']);
  expect(await exists()).toBe(true);
  expectOver(run);
});

test('3 records it again, in place of the first', async () => {
  const run = await recorded();
  run.call.press('3');
  await untilWritten(folder, () => run.path.at(-1) === 'record');
  expect(await exists()).toBe(false);
  await run.clock.run(1_000);
  expect(run.call.recordings).toHaveLength(2);
  run.call.hangUp();
  await settle();
  expectOver(run);
});

test('4 discards it', async () => {
  const run = await recorded();
  run.call.press('4');
  await untilWritten(folder, () => run.path.at(-1) === 'discarded');
  expect(await exists()).toBe(false);
  await run.clock.run(2_000);
  expect(run.call.log.slice(-3)).toEqual(['play message-discarded', 'play goodbye', 'hangup']);
  expectOver(run);
});

test('a caller who hangs up, or says nothing, keeps it', async () => {
  const gone = await recorded();
  gone.call.hangUp();
  await settle();
  expectOver(gone);
  const silent = await recorded();
  await silent.clock.run(60_000);
  expect(silent.path.slice(-3)).toEqual(['kept', 'bye', 'done']);
  expectOver(silent);
  expect(await exists()).toBe(true);
});

test('after three messages that are too short it gives up', async () => {
  const run = runFakeCall(voicemail);
  await run.clock.run(1_000);
  for (let index = 0; index < 3; index += 1) {
    await run.clock.run(1_000 + 300);
    run.call.recordings[index]?.finish({ type: 'finishOn', digit: '#' });
    await run.clock.run(1_000);
  }
  await run.clock.run(1_000);
  expect(run.removed).toHaveLength(3);
  expect(run.call.log.slice(-3)).toEqual(['play message-too-short', 'play goodbye', 'hangup']);
  expectOver(run);
});

test('a full disk is said', async () => {
  const run = runFakeCall(voicemail);
  await run.clock.run(2_500);
  run.call.recordings[0]?.finish({ type: 'failed', error: new Error('ENOSPC') });
  await run.clock.run(2_000);
  expect(run.call.log.slice(-3)).toEqual(['play message-failed', 'play goodbye', 'hangup']);
  expectOver(run);
});
