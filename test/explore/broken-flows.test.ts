import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkFlows } from '../../runtime/explore/check-flows';
import { findingKinds } from '../../runtime/explore/findings';
import type { Finding } from '../../runtime/explore/port';
import { noSamples } from '../../runtime/explore/samples';
import { loadFlows } from '../../runtime/flow/load';
import { openCatalog } from '../../runtime/prompt/catalog';
import type { PromptCatalog } from '../../runtime/prompt/port';

const folder = join(__dirname, 'broken');
const catalog = openCatalog({ directories: [join(folder, 'prompts')] });

function check(
  name: string,
  { prompts = catalog, all = false }: { prompts?: PromptCatalog; all?: boolean } = {},
): readonly Finding[] {
  const { flows, problems } = loadFlows([join(folder, `${name}.flow.ts`)], {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
    require: (path) => require(path) as unknown,
  });
  expect(problems).toEqual([]);
  return checkFlows(flows, problems, {
    all,
    samples: noSamples,
    catalog: prompts,
    alsoPlayed: [],
    promptsFolder: 'prompts',
    shown: (path) => path.slice(folder.length + 1),
  }).findings;
}

/** Each flow, and all that there is to say of it. */
const broken: readonly {
  readonly id: string;
  readonly state: string;
  readonly line: number;
  readonly call?: readonly string[];
  readonly path?: readonly string[];
  readonly message: string;
}[] = [
  { id: 'unreachable-state', state: 'vip', line: 17, message: 'no call gets here' },
  {
    id: 'dead-end',
    state: 'waiting',
    line: 17,
    call: ['the caller presses 2'],
    path: ['menu', 'waiting'],
    message: 'neither ends nor goes on',
  },
  {
    id: 'endless-loop',
    state: 'menu',
    line: 9,
    call: ['the caller presses nothing', 'the prompt ends'],
    path: ['menu', 'hint', 'menu'],
    message: 'menu (the caller presses nothing) → hint (the prompt ends) → menu',
  },
  {
    id: 'missing-outcome',
    state: 'dial',
    line: 17,
    call: ['the prompt ends', 'the callee is busy'],
    path: ['welcome', 'dial'],
    message: "'dial' may give 'busy'",
  },
  {
    id: 'no-on-error',
    state: 'sales',
    line: 17,
    call: ['the caller presses 1', "'transfer' fails"],
    path: ['menu', 'sales'],
    message: "'transfer' has no onError",
  },
  {
    id: 'menu-keys',
    state: 'menu',
    line: 9,
    call: [],
    path: ['menu'],
    message: 'does not name 3, which the gather takes, and names 9, which the gather does not take',
  },
  {
    id: 'prompt-missing',
    state: 'weather',
    line: 9,
    call: [],
    path: ['weather'],
    message: "'rain' is missing in de: the caller hears it in en",
  },
  {
    id: 'hangup-unsettled',
    state: 'saving',
    line: 16,
    call: ['the caller hangs up', "'save' fails"],
    path: ['talking', 'saving'],
    message: "saving ('save' fails) → saving",
  },
  {
    id: 'context-not-serialisable',
    state: 'welcome',
    line: 13,
    call: ['the prompt ends'],
    path: ['welcome', 'done'],
    message: 'context.heard.at is a Date',
  },
  { id: 'inline-actor', state: 'lookingUp', line: 9, message: 'written into the state' },
  {
    id: 'flow-throws',
    state: 'welcome',
    line: 16,
    call: ['the prompt ends'],
    path: ['welcome'],
    message: 'Unexpected end of JSON input',
  },
];

describe('a flow that is broken in one way', () => {
  it.each(broken)(
    'is reported for it, where it is, with the way there, and for nothing else: $id',
    (one) => {
      const findings = check(one.id);
      expect(findings.map(({ id, state, line, file }) => ({ id, state, line, file }))).toEqual([
        { id: one.id, state: one.state, line: one.line, file: `${one.id}.flow.ts` },
      ]);
      const [finding] = findings;
      expect(finding?.call?.words).toEqual(one.call);
      expect(finding?.call?.path).toEqual(one.path);
      expect(finding?.message).toContain(one.message);
      expect(finding?.severity).toBe(findingKinds.find(({ id }) => id === one.id)?.severity);
    },
  );

  it('is reported with a call that the simulator can make', () => {
    const [finding] = check('dead-end');
    expect(finding?.call?.script).toEqual({
      caller: [
        { type: 'reaches', state: 'menu' },
        { type: 'presses', digits: '2' },
      ],
    });
  });

  it('has a prompt that nobody hears: it is named with its line, when all flows are there', () => {
    const prompts = openCatalog({ directories: [join(folder, 'prompts-unused')] });
    const findings = check('prompt-unused', { prompts, all: true });
    expect(findings.map(({ id, file, line, message }) => ({ id, file, line, message }))).toEqual([
      {
        id: 'prompt-unused',
        file: 'prompts/en.yaml',
        line: 2,
        message: "no flow plays 'forgotten'.",
      },
    ]);
    expect(check('prompt-unused', { prompts })).toEqual([]);
  });

  it('is one of twelve, one for each finding', () => {
    const flows = readdirSync(folder).filter((name) => name.endsWith('.flow.ts'));
    const kinds = findingKinds.filter(
      ({ id, severity }) => severity !== 'note' && id !== 'flow-invalid',
    );
    expect(flows.map((name) => name.replace('.flow.ts', '')).sort()).toEqual(
      kinds.map(({ id }) => id).sort(),
    );
    expect(flows).toHaveLength(12);
  });
});
