import fc from 'fast-check';
import twilio from 'twilio';
import { parseTwiml, twimlDialect } from '../../runtime/twiml/dialect';
import { XML_LIMITS } from '../../runtime/twiml/xml-tree';

/** CPU time of a piece of work, milliseconds. */
function cost(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function problemOf(text: string): string {
  const document = parseTwiml(text);
  return 'problem' in document ? document.problem : '';
}

describe('a document from an app that means harm, or is broken', () => {
  it('never throws, whatever text it is', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...['<Response>', '</Response>', '<Say>', '</Say>', '<Gather', '<Dial', '>', '/>', ' '],
        ...[
          'numDigits="',
          'timeout=',
          '"',
          "'",
          '&amp;',
          '&#0;',
          '&x;',
          '<!--',
          '-->',
          '<![CDATA[',
        ],
        ...[
          ']]>',
          '<?xml version="1.0"?>',
          '<!DOCTYPE a>',
          '\u0000',
          '\ud800',
          '\uffff',
          '__proto__="1"',
        ],
        ...['<constructor/>', '<Number>', '</Number>', '</Dial>', '<break/>', '<?pi x?>'],
      ),
      fc.string(),
    );
    const anything = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    const inside = anything.map((text) => `<Response>${text}</Response>`);
    fc.assert(
      fc.property(fc.oneof(anything, inside), (text) => {
        const document = twimlDialect.parse(text);
        return 'problem' in document ? document.line >= 1 : document.verbs.length >= 0;
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws when a good document is broken in one place', () => {
    const good = new twilio.twiml.VoiceResponse();
    good.gather({ numDigits: 1, action: '/x' }).say({ voice: 'alice' }, 'Fish & chips');
    good.dial({ callerId: '+49' }).sip({ username: 'a' }, 'sip:a@b?X-A=1');
    const text = good.toString();
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(5), fc.string({ maxLength: 3 }), (at, cut, added) => {
        parseTwiml(text.slice(0, at) + added + text.slice(at + cut));
      }),
      { numRuns: 1_000 },
    );
  });

  it('has no entities of its own, so that none can grow', () => {
    const entities = Array.from(
      { length: 20 },
      (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`,
    ).join('');
    const laughs = `<!DOCTYPE r [<!ENTITY l0 "ha">${entities}]><Response><Say>&l20;</Say></Response>`;
    expect(problemOf(laughs)).toBe('A DOCTYPE is not allowed.');
    expect(problemOf('<Response><Say>&l1;</Say></Response>')).toContain('undefined entity');
    const file = '<!DOCTYPE r SYSTEM "file:///etc/passwd"><Response/>';
    expect(problemOf(file)).toBe('A DOCTYPE is not allowed.');
  });

  it('is refused when it is too large, too deep or has too many elements', () => {
    const { size, depth, elements } = XML_LIMITS;
    const large = `<Response><Say>${'a'.repeat(10_000_000)}</Say></Response>`;
    expect(problemOf(large)).toBe(`The document is larger than ${size} characters.`);
    expect(problemOf('<Response>'.repeat(100_000))).toBe(
      `Elements stand more than ${depth} deep in each other.`,
    );
    expect(problemOf(`<Response>${'<a/>'.repeat(20_000)}</Response>`)).toBe(
      `There are more than ${elements} elements.`,
    );
  });

  it('has a limit of verbs and of warnings', () => {
    const many = parseTwiml(`<Response>${'<Leave/>'.repeat(1_200)}</Response>`);
    expect(many).toMatchObject({
      warnings: [{ message: 'A document has 1000 verbs at most: the rest is skipped.' }],
    });
    expect('verbs' in many ? many.verbs.length : 0).toBe(1_000);
    const wrong = parseTwiml(`<Response>${'<Foo/>'.repeat(1_200)}</Response>`);
    expect('warnings' in wrong ? wrong.warnings.length : 0).toBe(100);
  });

  it('costs no more than its size: what is refused or warned of is no slower than what is good', () => {
    const filled = (piece: string): string => {
      const times = Math.floor(Math.min(9_000, 900_000 / piece.length));
      return `<Response>${piece.repeat(times)}</Response>`;
    };
    // Twice, so that the first of them does not pay for the compiler.
    const good = filled('<Say voice="alice" loop="2">Hello world</Say>');
    parseTwiml(good);
    const usual = Math.max(
      20,
      cost(() => parseTwiml(good)),
    );
    const bad = [
      filled('<Saaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaay/>'),
      filled('<Gather timeoutttttttttttttttttttttttttttttttt="1" numDigits="x" hintz="y"/>'),
      `<Response><Say ${'a'.repeat(900_000)}="1"/></Response>`,
      `<Response><${'a'.repeat(900_000)}/></Response>`,
      `<Response><Gather hints="${','.repeat(900_000)}" input="${' '.repeat(9_000)}x"/></Response>`,
      `<Response><Dial>${'1 '.repeat(400_000)}x</Dial></Response>`,
      `<Response><Dial><Sip>sip:${'a'.repeat(400_000)} @${'b'.repeat(400_000)}</Sip></Dial></Response>`,
      `<Response><Play>${'http://'.repeat(100_000)}</Play></Response>`,
      `<Response><Say language="${'a-'.repeat(400_000)}">x</Say></Response>`,
      `<Response><Say>${' \n'.repeat(400_000)}</Say></Response>`,
    ];
    const ratios = bad.map((text) => cost(() => parseTwiml(text)) / usual);
    expect(Math.max(...ratios)).toBeLessThan(10);
  });
});
