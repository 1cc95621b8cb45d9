import { readFileSync } from 'node:fs';
import { ELEMENTS } from '../../runtime/twiml/elements';
import { TWIML_PAGE, withTables } from '../support/twiml-table';
import { readTwimlTypings } from '../support/twiml-typings';

const typings = readTwimlTypings();
/** What Twilio documents, and its typings do not have. */
const beyond = new Set(['Recording name', 'Stop Recording']);

describe('the table of TwiML', () => {
  it('has a row for each element and each attribute of the typings of the twilio package', () => {
    const missing: string[] = [];
    let attributes = 0;
    for (const [element, typed] of typings) {
      const rule = ELEMENTS[element];
      if (rule === undefined) missing.push(element);
      for (const attribute of typed.attributes) {
        attributes += 1;
        if (rule?.attributes[attribute] === undefined) missing.push(`${element} ${attribute}`);
      }
    }
    const supports = Object.values(ELEMENTS).map(({ support }) => support);
    const count = (name: string): number => supports.filter((support) => support === name).length;
    // The root is a class as well.
    process.stderr.write(
      `twilio 6.2.0: ${typings.size - 1} elements, ${attributes} attributes; ` +
        `elements here: ${count('yes') - 1} yes, ${count('partly')} partly, ${count('no')} no\n`,
    );
    expect(missing).toEqual([]);
    expect(typings.size - 1).toBeGreaterThanOrEqual(57);
    expect(attributes).toBeGreaterThanOrEqual(283);
  });

  it('lets each element stand where the typings have it', () => {
    const missing = [...typings].flatMap(([element, { children }]) =>
      [...children]
        .filter((child) => ELEMENTS[element]?.children.includes(child) !== true)
        .map((child) => `${child} in ${element}`),
    );
    expect(missing).toEqual([]);
  });

  it('has nothing that Twilio does not have', () => {
    const invented = Object.entries(ELEMENTS).flatMap(([element, rule]) => [
      ...(typings.has(element) ? [] : [element]),
      ...Object.keys(rule.attributes)
        .filter((attribute) => typings.get(element)?.attributes.has(attribute) !== true)
        .map((attribute) => `${element} ${attribute}`),
    ]);
    expect(invented.filter((name) => !beyond.has(name))).toEqual([]);
  });

  it('says how, wherever it says partly', () => {
    const silent = Object.entries(ELEMENTS).flatMap(([element, rule]) =>
      [[element, rule] as const, ...Object.entries(rule.attributes)]
        .filter(([, { support, how }]) => support === 'partly' && how === undefined)
        .map(([name]) => `${element} ${name}`),
    );
    expect(silent).toEqual([]);
  });

  it('is what docs/twiml.md says; `npx ts-node test/support/twiml-table.ts` writes it there', () => {
    const page = readFileSync(TWIML_PAGE, 'utf8');
    expect(page).toBe(withTables(page));
  });
});
