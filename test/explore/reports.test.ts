import { findingKinds } from '../../runtime/explore/findings';
import type { Finding } from '../../runtime/explore/port';
import { reportText, summary } from '../../runtime/explore/report-text';
import { sarifOf } from '../../runtime/explore/sarif';

const finding: Finding = {
  id: 'dead-end',
  severity: 'error',
  flow: 'desk',
  file: 'flows/desk.flow.ts',
  line: 17,
  state: 'waiting',
  message: 'only the caller can hang up.',
  remedy: 'Give it a way out.',
  call: {
    words: ['the prompt ends', 'the caller presses 2'],
    path: ['menu', 'waiting'],
    script: { caller: [] },
  },
  allowed: undefined,
};
const meant: Finding = { ...finding, line: undefined, call: undefined, allowed: 'it is meant' };

describe('a report', () => {
  it('says where, what, with which call, and what to do', () => {
    expect(reportText([finding])).toBe(
      [
        "flows/desk.flow.ts:17 state 'waiting': error dead-end",
        '  only the caller can hang up.',
        '  The call: the prompt ends; the caller presses 2.',
        '  Remedy: Give it a way out.',
      ].join('\n'),
    );
  });

  it('leaves out what is allowed, and counts it', () => {
    expect(reportText([meant])).toBe('');
    expect(summary(1, [meant])).toBe('1 flow checked: nothing is wrong, 1 allowed');
    expect(summary(2, [finding, meant])).toBe('2 flows checked: 1 finding, 1 allowed');
  });

  it('is SARIF with rules, lines, the way as a flow, and suppressions', () => {
    const sarif = sarifOf([finding, meant], '1.2.3') as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: Record<string, unknown>[];
      }[];
    };
    expect(sarif.version).toBe('2.1.0');
    const [run] = sarif.runs;
    expect(run?.tool.driver.rules.map(({ id }) => id)).toEqual(findingKinds.map(({ id }) => id));
    expect(run?.results[0]).toMatchObject({
      ruleId: 'dead-end',
      ruleIndex: run?.tool.driver.rules.findIndex(({ id }) => id === 'dead-end'),
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'flows/desk.flow.ts' },
            region: { startLine: 17 },
          },
        },
      ],
      codeFlows: [{ threadFlows: [{ locations: [{}, {}] }] }],
    });
    expect(run?.results[1]).toMatchObject({
      suppressions: [{ kind: 'inSource', justification: 'it is meant' }],
    });
    expect(run?.results[1]).not.toHaveProperty('codeFlows');
  });
});
