import { spawnSync } from 'node:child_process';
import { loadFlows } from '../../runtime/flow/load';
import { mapMachine } from '../../runtime/flow/machine-map';
import { drawDot } from '../../runtime/graph/dot';
import { pictureOf } from '../../runtime/graph/picture-of';
import { sayText } from '../graph/support/drawing';
import { oddMachines } from '../graph/support/odd-machines';

interface Drawn {
  readonly objects?: readonly { readonly name: string; readonly label?: string }[];
  readonly edges?: readonly { readonly label?: string }[];
}

const { flows } = loadFlows(
  ['echo', 'reception', 'survey', 'voicemail'].map((name) => `flows/${name}.flow.ts`),
);
const machines = [
  ...flows.map(({ name, machine }) => [name, machine] as const),
  ...Object.entries(oddMachines),
];

describe('Graphviz', () => {
  it.each(machines)(
    'draws %s with every state and every arrow, and complains of nothing',
    (_, machine) => {
      const picture = pictureOf(mapMachine(machine), sayText);
      const dot = spawnSync('dot', ['-Tdot_json'], { input: drawDot(picture), encoding: 'utf8' });
      expect(dot.stderr).toBe('');
      expect(dot.status).toBe(0);
      const { objects = [], edges = [] } = JSON.parse(dot.stdout) as Drawn;
      const starts = objects.filter(({ name }) => name.startsWith('start_')).length;
      expect(edges).toHaveLength(picture.arrows.length + starts);
      const labels = objects.map(({ label = '' }) => label).join('\n');
      for (const { heading, drawn } of picture.boxes) {
        const word = /[a-z]\w*/i.exec(heading)?.[0] ?? '';
        if (drawn) expect(labels).toContain(word);
      }
    },
  );
});
