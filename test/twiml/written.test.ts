import fc from 'fast-check';
import twilio from 'twilio';
import type { AttributeType } from '../../runtime/twiml/element-rules';
import { ELEMENTS } from '../../runtime/twiml/elements';
import { parseTwiml } from '../../runtime/twiml/dialect';
import { speakerOf } from '../../runtime/twiml/voices';
import { readTwimlTypings, readTypedVoices } from '../support/twiml-typings';

const typings = readTwimlTypings();

/** Any value that the table has for an attribute. */
function valueOf(type: AttributeType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean();
    case 'url':
      return fc.oneof(fc.webUrl(), fc.constantFrom('/next', 'next?a=1&b=2#rc=1', ''));
    case 'method':
      return fc.constantFrom('GET', 'POST');
    case 'keys':
      return fc.constantFrom('', '#', '*', '12#');
    case 'choice':
      return fc.constantFrom(...type.values);
    case 'list':
      return fc.subarray([...type.values], { minLength: 1 });
    case 'integer':
      return fc.oneof(
        fc.integer({ min: type.least, max: type.most ?? type.least + 100 }),
        ...(type.words ?? []).map((word) => fc.constant(word)),
      );
    case 'text':
      return fc.string();
  }
}

/** What stands in an element, where something has to. */
const TEXTS: Readonly<Record<string, string>> = {
  Dial: '+49301234567',
  Number: '+49301234567',
  Play: 'https://app.example/a.wav',
  Redirect: '/next',
  ReferSip: 'sip:alice@pbx.example',
  Sip: 'sip:alice@pbx.example',
  SipUri: 'sip:bob@pbx.example',
};
/** Attributes whose text is more than any text. */
const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  digits: fc.constantFrom('1', 'ww12#', '*W'),
  sendDigits: fc.constantFrom('1', 'ww12#'),
  language: fc.constantFrom('de-DE', 'en-GB-WLS', 'yue-Hant-HK', 'arb', 'pa-guru-IN'),
  voice: fc.constantFrom('man', 'woman', 'alice', 'Polly.Vicki', 'Google.de-DE-Standard-A'),
  ringTone: fc.constantFrom('de', 'us', 'uk', 'us-old', 'fr'),
  'Stream url': fc.constant('wss://app.example/audio'),
  audioFormat: fc.constantFrom('audio/x-mulaw', 'audio/x-l16'),
  sampleRate: fc.constantFrom('8000', '16000', '24000'),
  'Header name': fc.constantFrom('X-Order', 'User-to-User'),
  'Header value': fc.constantFrom('1', 'a b'),
  'Parameter name': fc.constantFrom('order', 'agent'),
};

/** Calls of the package's methods that write one element with what may stand in it. */
interface Writing {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly children: readonly (readonly [method: string, key: string, writing: Writing])[];
}

/** `SsmlSayAs` is written by `sayAs`, `ReferSip` by `sip`, `SipUri` by `uri`. */
function methodOf(key: string): string {
  const name = key.replace(/^Ssml|^Refer(?=Sip)|^Sip(?=Uri)/, '');
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function writing(key: string, depth: number): fc.Arbitrary<Writing> {
  const rule = ELEMENTS[key];
  const attributes = Object.fromEntries(
    Object.entries(rule?.attributes ?? {}).map(([name, { type }]) => [
      name,
      VALUES[`${key} ${name}`] ?? VALUES[name] ?? valueOf(type),
    ]),
  );
  const children = depth === 0 ? [] : [...(typings.get(key)?.children ?? [])];
  const child =
    children.length === 0
      ? fc.constant([])
      : fc.array(
          fc
            .constantFrom(...children)
            .chain((inner) =>
              writing(inner, depth - 1).map((found) => [methodOf(inner), inner, found] as const),
            ),
          { maxLength: 3 },
        );
  return fc.record({
    attributes: fc.record(attributes, { requiredKeys: key === 'Stream' ? ['url'] : [] }),
    children: child,
  });
}

function write(parent: object, { children }: Writing): void {
  for (const [method, key, inner] of children) {
    const add = (parent as Record<string, (...values: unknown[]) => object>)[method];
    if (add === undefined) throw new Error(`nothing writes ${key}`);
    const text = ELEMENTS[key]?.text === 'none' ? [] : [TEXTS[key] ?? 'some words'];
    write(add.call(parent, inner.attributes, ...text), inner);
  }
}

function warningsOf(text: string): string[] {
  const document = parseTwiml(text);
  if ('problem' in document) throw new Error(`${document.problem}\n${text}`);
  return document.warnings.map(({ message }) => message);
}

describe('what the twilio package writes', () => {
  it('is understood: no element and no attribute is unknown, and no value is bad', () => {
    fc.assert(
      fc.property(writing('VoiceResponse', 4), (document) => {
        const response = new twilio.twiml.VoiceResponse();
        write(response, document);
        // A <Refer> to nobody may be written as well.
        const bad = /unknown|may not stand|must be|(?<!<Refer> )must have|at most/;
        expect(warningsOf(response.toString()).filter((message) => bad.test(message))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('has each element and each attribute of the typings in some document', () => {
    const seen = new Set<string>();
    const visit = ({ children }: Writing): void => {
      for (const [, key, inner] of children) {
        seen.add(key);
        for (const name of Object.keys(inner.attributes)) seen.add(`${key} ${name}`);
        visit(inner);
      }
    };
    for (const document of fc.sample(writing('VoiceResponse', 4), { numRuns: 2_000, seed: 1 })) {
      visit(document);
    }
    const missing = [...typings].flatMap(([key, { attributes }]) =>
      [key, ...[...attributes].map((name) => `${key} ${name}`)].filter((name) => !seen.has(name)),
    );
    expect(missing).toEqual(['VoiceResponse']);
  });

  it('may have comments, text and elements of its own', () => {
    const response = new twilio.twiml.VoiceResponse();
    response.comment('here');
    response.commentBefore('before');
    response.say('Hello').addText(' world');
    response.commentAfter('after');
    response.addChild('Foo', { bar: 1 });
    expect(warningsOf(response.toString())).toEqual(['<Foo> is unknown: it is skipped.']);
    expect(parseTwiml(response.toString())).toMatchObject({
      verbs: [{ verb: 'play', input: { prompt: { say: 'Hello world' } } }],
    });
  });

  it('has voices that are known, each with a language', () => {
    const voices = readTypedVoices();
    expect(voices.length).toBeGreaterThan(500);
    const unknown = voices.filter((voice) => {
      const speaker = speakerOf(voice, undefined);
      const plain = ['man', 'woman', 'alice'].includes(voice);
      return speaker === undefined || (!plain && speaker.language === undefined);
    });
    expect(unknown).toEqual([]);
  });
});
