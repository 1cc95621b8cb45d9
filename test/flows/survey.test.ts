import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settle } from '../../runtime/core/virtual-clock';
import survey from '../../flows/survey.flow';
import { expectOver, runFakeCall, untilWritten } from '../support/run-fake-call';

const home = process.cwd();
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'survey-'));
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

async function lines(): Promise<unknown[]> {
  const text = await readFile(join(folder, 'answers', 'survey.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

const caller = {
  call: 'call-1',
  from: 'sip:alice@caller.example',
  started: '2026-01-05T09:00:00.000Z',
};

test('three answers make one line', async () => {
  const run = runFakeCall(survey);
  await run.clock.run(1_500);
  run.call.press('4');
  await run.clock.run(500);
  run.call.press('1');
  await run.clock.run(500);
  run.call.press('12#');
  await untilWritten(folder, () => run.path.at(-1) === 'thanks');
  await run.clock.run(1_000);
  expect(run.call.log.filter((line) => !line.startsWith('stop'))).toEqual([
    ...['answer', 'play survey-welcome', 'play survey-satisfied', 'play survey-recommend'],
    ...['play survey-calls', 'play survey-thanks', 'hangup'],
  ]);
  expect(await lines()).toEqual([
    { ...caller, satisfied: 4, recommend: true, calls: 12, complete: true },
  ]);
  expectOver(run);
});

test('who knows it types ahead', async () => {
  const run = runFakeCall(survey);
  await settle();
  run.call.press('52007');
  await untilWritten(folder, () => run.path.at(-1) === 'thanks');
  expect(await lines()).toEqual([
    { ...caller, satisfied: 5, recommend: false, calls: 7, complete: true },
  ]);
  run.call.hangUp();
  await settle();
  expectOver(run);
});

test('a caller who hangs up leaves the answers so far', async () => {
  const run = runFakeCall(survey);
  await run.clock.run(1_500);
  run.call.press('2');
  await run.clock.run(500);
  run.call.hangUp();
  await untilWritten(folder, () => run.result !== undefined);
  expect(await lines()).toEqual([{ ...caller, satisfied: 2, complete: false }]);
  expect(run.result).toEqual({ type: 'left', state: 'thanks', settled: true });
  expectOver(run);
});

test('an answer that does not come is left out', async () => {
  const run = runFakeCall(survey);
  await run.clock.run(60_000);
  await untilWritten(folder, () => run.path.at(-1) === 'thanks');
  expect(await lines()).toEqual([{ ...caller, complete: true }]);
  await run.clock.run(1_000);
  expectOver(run);
});

test('a hang-up in the thanks does not write a second line', async () => {
  const run = runFakeCall(survey);
  await settle();
  run.call.press('52007');
  await untilWritten(folder, () => run.path.at(-1) === 'thanks');
  run.call.hangUp();
  await settle();
  expect(await lines()).toHaveLength(1);
  expectOver(run);
});
