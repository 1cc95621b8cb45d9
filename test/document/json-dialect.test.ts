import fc from 'fast-check';
import { jsonDialect, parseJsonDocument } from '../../runtime/document/json-dialect';
import { documentSchema, jsonVerbs } from '../../runtime/document/json-verbs';
import type { CallDocument } from '../../runtime/document/verbs';

function parsed(document: unknown): CallDocument {
  const result = parseJsonDocument(
    typeof document === 'string' ? document : JSON.stringify(document),
  );
  if ('problem' in result) throw new Error(result.problem);
  return result;
}

const warned = (document: unknown): string[] =>
  parsed(document).warnings.map(({ message }) => message);

describe('a document in JSON', () => {
  it('is read where its content type says so', () => {
    expect(
      ['application/json', 'application/vnd.callchart+json', 'text/html'].map((type) =>
        jsonDialect.accepts(type),
      ),
    ).toEqual([true, true, false]);
  });

  it('is a list of verbs, or an object with one', () => {
    const [verb] = parsed([{ verb: 'play', prompt: 'welcome' }]).verbs;
    expect(verb).toEqual({
      place: { name: 'play', line: 1, column: 2 },
      verb: 'play',
      input: { prompt: 'welcome' },
    });
    expect(parsed({ verbs: [{ verb: 'hangup' }] }).verbs).toMatchObject([
      { verb: 'hangup', place: { line: 1, column: 11 } },
    ]);
    expect(parseJsonDocument('{"verb": "play"}')).toMatchObject({
      problem: 'it must be a list of verbs, or { "verbs": […] }',
    });
  });

  it.each<[object, object]>([
    [
      { verb: 'gather', prompt: { say: 'Which?' }, maxDigits: 1, action: '/menu' },
      {
        input: { prompt: { say: 'Which?' }, maxDigits: 1 },
        ...{ reportsEmpty: false, action: { url: '/menu', method: 'POST' } },
      },
    ],
    [
      { verb: 'record', action: { url: '/done', method: 'GET' }, reportEmpty: true },
      { input: {}, reportsEmpty: true, action: { url: '/done', method: 'GET' } },
    ],
    [
      { verb: 'dial', to: ['+49 30 1234', 'alice', { to: 'sip:b@c.example', whisper: '/hear' }] },
      {
        input: {},
        parties: [
          { to: '+49 30 1234', kind: 'number' },
          { to: 'alice', kind: 'client' },
          { to: 'sip:b@c.example', kind: 'sip', whisper: { url: '/hear', method: 'POST' } },
        ],
      },
    ],
    [
      { verb: 'conference', name: 'team', status: { url: '/told', events: ['join'] }, wait: '/w' },
      {
        input: { name: 'team' },
        status: { url: '/told', method: 'POST', events: ['join'] },
        wait: { url: '/w', method: 'POST' },
      },
    ],
    [
      { verb: 'enqueue', queue: 'support', wait: '/wait' },
      { queue: 'support', wait: { url: '/wait', method: 'POST' } },
    ],
    [
      { verb: 'stream', url: 'wss://bot.example/' },
      { mode: 'connect', name: 'stream', track: 'inbound', parameters: {} },
    ],
    [{ verb: 'document', url: '/next' }, { target: { url: '/next', method: 'POST' } }],
  ])('reads %j', (verb, expected) => {
    expect(parsed([verb])).toMatchObject({ verbs: [expected], warnings: [] });
  });

  it.each([
    [{ verb: 'plai', prompt: 'x' }, 'there is no verb "plai": did you mean "play"?'],
    [{ prompt: 'x' }, 'what has no "verb" is left out'],
    [{ verb: 'play' }, 'play needs "prompt", and is left out'],
    [{ verb: 'play', prompt: 'x', lop: 2 }, 'play has no "lop": did you mean "loop"?'],
    [
      { verb: 'pause', duration: -1 },
      '"duration" of pause is left out: Too small: expected number to be >=0',
    ],
    [
      { verb: 'gather', minDigits: 4, maxDigits: 2 },
      'gather is left out: minDigits (4) is more than maxDigits (2)',
    ],
  ])('warns of %j', (verb, message) => {
    expect(warned([verb])[0]).toBe(message);
  });

  it('says where: line and column of the verb', () => {
    const text = '[\n  { "verb": "play", "prompt": "a { [ b" },\n  { "verb": "sing" }\n]';
    expect(parsed(text)).toMatchObject({
      verbs: [{ place: { line: 2, column: 3 } }],
      warnings: [{ line: 3, column: 3 }],
    });
    const long = `[\n{ "verb": "hangup", "reason": "${'x'.repeat(99)}" },\n{ "verb" "play" }]`;
    expect(parseJsonDocument(long)).toMatchObject({ line: 3, column: 10 });
  });

  it('is never read with an exception, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(typeof parseJsonDocument(text)).toBe('object');
      }),
    );
    const verb = fc.record({
      verb: fc.constantFrom(...Object.keys(jsonVerbs)),
      to: fc.jsonValue(),
      prompt: fc.jsonValue(),
      url: fc.jsonValue(),
      action: fc.jsonValue(),
      name: fc.jsonValue(),
      queue: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.array(verb), (verbs) => {
        const document = parsed(verbs);
        expect(document.verbs.length).toBeLessThanOrEqual(verbs.length);
      }),
    );
  });

  it('has a JSON Schema with each verb', () => {
    const text = JSON.stringify(documentSchema());
    for (const verb of Object.keys(jsonVerbs)) expect(text).toContain(`"const":"${verb}"`);
  });
});
