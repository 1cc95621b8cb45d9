import { join, resolve } from 'node:path';
import { checkFlow } from '../../runtime/explore/check-flow';
import { loadFlows } from '../../runtime/flow/load';

function check(name: string) {
  const file = resolve(__dirname, 'broken', `${name}.flow.ts`);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
  const { flows, problems } = loadFlows([file], { require: (path) => require(path) as unknown });
  expect(problems).toEqual([]);
  return checkFlow(flows[0]!, { shown: (path) => path.slice(join(__dirname, 'broken/').length) });
}

function found(name: string) {
  return check(name).findings.map(({ id, state, line, call }) => ({
    id,
    state,
    line,
    call: call?.words,
  }));
}

describe('a flow that is broken', () => {
  it('by a state that nothing leads to: the state is named', () => {
    expect(found('unreachable-state')).toEqual([
      { id: 'unreachable-state', state: 'vip', line: 17, call: undefined },
    ]);
  });

  it('by a state that nothing leads out of: it is named, with the key that leads there', () => {
    expect(found('dead-end')).toEqual([
      { id: 'dead-end', state: 'waiting', line: 17, call: ['the caller presses 2'] },
    ]);
  });

  it('by an outcome without a choice: the outcome is named, with the call that has it', () => {
    expect(found('missing-outcome')).toEqual([
      {
        id: 'missing-outcome',
        state: 'dial',
        line: 17,
        call: ['the prompt ends', 'the callee is busy'],
      },
    ]);
    expect(check('missing-outcome').findings[0]?.message).toContain("'busy'");
  });
});
