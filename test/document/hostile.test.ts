import fc from 'fast-check';
import { closest } from '../../runtime/core/suggest';
import { parseJsonDocument } from '../../runtime/document/json-dialect';
import type { CallDocument } from '../../runtime/document/verbs';

function parsed(text: string): CallDocument {
  const result = parseJsonDocument(text);
  if ('problem' in result) throw new Error(result.problem);
  return result;
}

/** CPU time of a piece of work, milliseconds. */
function cost(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe('a JSON document from an app that means harm, or is broken', () => {
  it.each([
    { verb: 'play', prompt: { file: '/etc/passwd' } },
    { verb: 'play', prompt: ['welcome', { file: 'recordings/of-another-call.wav' }] },
    { verb: 'play', prompt: { language: 'de', prompt: [{ file: 'x.wav' }] } },
    { verb: 'gather', prompt: { file: 'x.wav' } },
    { verb: 'hangup', prompt: { say: 'hello', file: 'x.wav' } },
    { verb: 'conference', name: 'a', waitMusic: { file: 'x.wav' } },
    { verb: 'dial', to: 'alice', holdMusic: { file: 'x.wav' } },
    { verb: 'dial', to: 'alice', ringback: { prompt: { file: 'x.wav' } } },
  ])('has no file of the machine played: %j', (verb) => {
    const { verbs, warnings } = parsed(JSON.stringify([verb]));
    expect(JSON.stringify(verbs)).not.toContain('.wav');
    expect(JSON.stringify(verbs)).not.toContain('passwd');
    expect(warnings[0]?.message).toContain('left out');
  });

  it('is no document when it is nested deeper than anybody needs', () => {
    const lists = (depth: number) =>
      `[{"verb":"play","prompt":${'['.repeat(depth)}"a"${']'.repeat(depth)}}]`;
    expect(parsed(lists(10)).verbs).toHaveLength(1);
    expect(parseJsonDocument(lists(200_000))).toMatchObject({
      problem: 'it is nested more than 50 deep',
    });
  });

  it('is no document with more verbs than anybody hears', () => {
    const text = `[${Array(1_001).fill('{}').join(',')}]`;
    expect(parseJsonDocument(text)).toMatchObject({ problem: 'it has more than 1000 verbs' });
  });

  it('has at most 100 warnings, each of which may stand in a log', () => {
    const members = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`odd${at}`, 1]));
    const long = 'x'.repeat(5_000);
    const { warnings } = parsed(
      JSON.stringify([{ verb: `\r\n${long}` }, { verb: 'ring', ...members }]),
    );
    expect(warnings).toHaveLength(100);
    for (const { message } of warnings) {
      expect(message.length).toBeLessThanOrEqual(300);
      expect(message).not.toMatch(/[\r\n]/);
    }
  });

  it('never throws, whatever JSON it is', () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        ...[{ toString: 1, valueOf: 1 }, { length: 3 }, '__proto__', 'constructor', 'play', 'dial'],
      ),
    );
    const verb = fc.dictionary(fc.constantFrom('verb', '__proto__', 'to', 'prompt', 'action'), odd);
    fc.assert(
      fc.property(fc.array(verb), (verbs) => {
        expect(() => parseJsonDocument(JSON.stringify(verbs))).not.toThrow();
      }),
    );
    expect(parsed('[{"verb":{"toString":1,"valueOf":1}}]').warnings).toHaveLength(1);
    expect(Object.prototype).not.toHaveProperty('x');
  });

  it('costs as much as its length, whatever stands in it', () => {
    const line = '\n'.repeat(1_000);
    const plain = `[${Array(900).fill(`{"verb":"pause","duration":1}${line}`).join(',')}]`;
    const name = 'p'.repeat(900_000);
    parsed(plain);
    const usual = cost(() => parsed(plain)) + 5;
    expect(cost(() => parsed(`[{"verb":"${name}"}]`))).toBeLessThan(10 * usual);
    expect(cost(() => parsed(`[{"verb":"play","${name}":1}]`))).toBeLessThan(10 * usual);
    // To count the lines before each verb anew took a second.
    expect(usual).toBeLessThan(500);
  });
});

it('a word much longer than all that it could mean is compared with none', () => {
  const near = 'dial'.repeat(250_000);
  expect(cost(() => expect(closest(near, ['dial', 'play'])).toBeUndefined())).toBeLessThan(500);
  expect(closest('dail', ['dial', 'play'])).toBe('dial');
  expect(closest('recordcal', ['record', 'recordCall'])).toBe('recordCall');
});
