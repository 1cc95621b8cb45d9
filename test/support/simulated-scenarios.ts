import type { AnyStateMachine } from 'xstate';
import { mapMachine } from '../../runtime/flow/machine-map';
import { simulate, type SimulateOptions } from '../../runtime/testing';

/** Calls by what happens in them. */
export type Scenarios = Readonly<Record<string, SimulateOptions>>;

/** Each scenario is a test whose transcript is a snapshot; together they take every transition that a call can take. */
export function testScenarios(flow: AnyStateMachine, scenarios: Scenarios): void {
  const taken = new Set<string>();

  it.each(Object.entries(scenarios))('%s', async (_, options) => {
    const { transcript, transitions } = await simulate(flow, options);
    for (const id of transitions) taken.add(id);
    expect(transcript).toMatchSnapshot();
  });

  it('leaves no transition out', () => {
    const all = mapMachine(flow).transitions.filter(({ choice }) => choice !== 'unmatched');
    expect(all.map(({ id }) => id).filter((id) => !taken.has(id))).toEqual([]);
  });
}
