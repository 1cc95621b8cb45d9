import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { simulate } from 'callchart/testing';
import { hears, presses, says } from 'callchart/testing';
import { loadExample, readPage, root, writeExamples } from './support/pages';

const page = 'docs/testing.md';
const examples = writeExamples('testing').filter((example) => example.page === page);
const tests = examples.filter(({ kind }) => kind === 'test');

describe('the tests that docs/testing.md shows', () => {
  it('are three', () => {
    expect(tests).toHaveLength(3);
    expect(existsSync(join(root, page))).toBe(true);
  });

  for (const { file } of tests) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
    require(file);
  }
});

describe('the transcript that docs/testing.md shows', () => {
  it('is that of its first test', async () => {
    const [flow] = examples.filter(({ kind }) => kind === 'flow');
    if (flow === undefined) throw new Error('there is no flow');
    const call = await simulate(loadExample(flow).machine, {
      caller: [
        hears('menu'),
        presses('1'),
        hears('leave-message'),
        hears({ tone: 'beep' }),
        says('Call me back.'),
      ],
      dial: [{ result: { type: 'busy' } }],
    });
    expect(readPage(page)).toContain(`\n${call.transcript}\n`);
  });
});
