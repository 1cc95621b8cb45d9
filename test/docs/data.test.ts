import { writeExamples } from './support/pages';

const [test, ...more] = writeExamples('data').filter(
  ({ page, kind }) => page === 'docs/data.md' && kind === 'test',
);

describe('the test that docs/data.md shows', () => {
  it('is one file', () => {
    expect(test).toBeDefined();
    expect(more).toEqual([]);
  });

  // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
  if (test !== undefined) require(test.file);
});
