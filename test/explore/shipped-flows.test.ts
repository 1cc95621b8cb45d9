import { join } from 'node:path';
import { coveringCalls, quietActors } from '../../runtime/explore/covering-calls';
import { checkFlows } from '../../runtime/explore/check-flows';
import { noSamples } from '../../runtime/explore/samples';
import { findFlows, loadFlows } from '../../runtime/flow/load';
import { openCatalog } from '../../runtime/prompt/catalog';
import { simulate } from '../../runtime/simulate/simulate';

const root = join(__dirname, '..', '..');
const prompts = openCatalog({ directories: [join(root, 'prompts')] });
const { flows, problems } = loadFlows(findFlows(join(root, 'flows')), {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
  require: (path) => require(path) as unknown,
});
const report = checkFlows(flows, problems, {
  all: true,
  samples: noSamples,
  catalog: prompts,
  alsoPlayed: ['apology'],
  promptsFolder: 'prompts',
});

describe('the flows that ship', () => {
  it('have nothing that is wrong, and nothing that was not looked at', () => {
    expect(report.findings).toEqual([]);
    expect(report.flows).toHaveLength(4);
  });

  it.each(report.flows.map((one) => [one.flow.name, one] as const))(
    'are gone through on every transition by calls that were found: %s',
    async (_, { flow, exploration }) => {
      const { calls, uncovered, total } = await coveringCalls(flow.machine, exploration, simulate);
      expect(uncovered).toEqual([]);
      expect(total).toBeGreaterThan(5);
      const taken = new Set<string>();
      for (const { script, path } of calls) {
        const call = await simulate(flow.machine, { ...script, actors: quietActors(exploration) });
        expect(call.path).toEqual(path);
        call.transitions.forEach((id) => taken.add(id));
      }
      const there = exploration.map.transitions.filter(({ choice }) => choice !== 'unmatched');
      expect(there.map(({ id }) => id).filter((id) => !taken.has(id))).toEqual([]);
      expect(calls.length).toBeLessThan(total / 2);
    },
  );
});
