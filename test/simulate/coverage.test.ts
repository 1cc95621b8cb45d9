import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callActors, choices } from 'callchart';
import { setup } from 'xstate';
import {
  clearCoverage,
  collectCoverage,
  readCoverage,
  summarise,
  uncovered,
} from '../../runtime/simulate/coverage';

const folder = mkdtempSync(join(tmpdir(), 'callchart-coverage-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function flow() {
  return setup({ actors: callActors }).createMachine({
    id: 'menu',
    initial: 'menu',
    states: {
      menu: {
        invoke: {
          src: 'gather',
          input: { prompt: 'menu' },
          onDone: choices({ '1': 'done', noInput: 'done' }),
          onError: 'done',
        },
      },
      done: { type: 'final' },
    },
  });
}

describe('the coverage of simulated calls', () => {
  it('is that of all calls and processes, without the error for outcomes that have no choice', () => {
    collectCoverage(folder, flow(), ['menu: 1', 'menu: 1']);
    // Another process, and one that was killed while it wrote.
    appendFileSync(
      join(folder, '1.jsonl'),
      `${JSON.stringify({ flow: 'menu', version: uncovered(flow()).version, taken: ['menu: error'] })}\n{"flow":"me`,
    );
    expect(readCoverage(folder).map(summarise)).toEqual([
      { flow: 'menu', covered: 2, total: 3, percent: 66, missing: ['menu: noInput'] },
    ]);
  });

  it('writes only what is new, and can be forgotten', () => {
    const machine = flow();
    clearCoverage(folder);
    for (let call = 0; call < 100; call += 1) collectCoverage(folder, machine, ['menu: 1']);
    expect(readdirSync(folder)).toEqual([`${process.pid}.jsonl`]);
    expect(readCoverage(folder).map(summarise)).toMatchObject([{ covered: 1 }]);
    clearCoverage(folder);
    expect(readCoverage(folder)).toEqual([]);
  });
});
