import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setup } from 'xstate';
import { callActors, callTypes } from 'callchart';
import {
  promptInventory,
  saidTexts,
  textsToSpeak,
  type PromptUser,
} from '../../runtime/flow/prompt-inventory';
import { recordingSheet, sheetText, whereHeard } from '../../runtime/flow/recording-sheet';
import { openCatalog } from '../../runtime/prompt/catalog';

const flow = setup({ actors: callActors });
const machine = setup({
  types: callTypes<{ readonly name: string }>(),
  actors: callActors,
}).createMachine({
  id: 'shop',
  context: { name: '' },
  initial: 'welcome',
  states: {
    welcome: {
      invoke: {
        src: 'play',
        input: {
          prompt: ['welcome', { say: 'Hello <you>.' }, { language: 'de', prompt: 'danke' }],
        },
        onDone: 'menu',
      },
    },
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: ['menu', 'misspelt'], noInputPrompt: ['menu', { number: 12 }] },
        onDone: 'bye',
      },
    },
    bye: {
      invoke: {
        src: 'play',
        input: ({ context }) => ({ prompt: context.name === '' ? 'bye' : 'menu' }),
      },
    },
  },
});
const flows: PromptUser[] = [{ name: 'shop', machine }];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'callchart-inventory-'));
  const files: Record<string, string> = {
    'en.yaml':
      'welcome: Welcome.\nmenu: Press 1 | or 2.\nbye: =Goodbye.\nold: Old.\ndanke: Thanks.\n',
    'de.yaml': 'menu: Drücken Sie 1.\ndanke: Danke.\n',
    'en/welcome.wav': '',
    'de/digits/1.wav': '',
    'music/hold.mp3': '',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const catalog = () => openCatalog({ directories: [folder] });
const configured = { 'flows.apology': { say: 'Sorry.' }, 'media.holdMusic': 'music/hold' };

test('every prompt is listed with who uses it, and how it is had in each language', () => {
  const entries = promptInventory(catalog(), flows, configured);
  const lines = entries.map(({ name, usedBy, unused, languages }) => {
    const states = Object.entries(languages).map(
      ([tag, { state, heardIn }]) => `${tag} ${state}${heardIn === undefined ? '' : `/${heardIn}`}`,
    );
    return `${name}: ${states.join(', ')}; ${unused ? 'unused' : whereHeard(usedBy)}`;
  });
  expect(lines).toEqual([
    'bye: de missing/en, en spoken; shop: bye?',
    // Only German callers and nobody else hears it, whatever English says.
    'danke: de spoken; shop: welcome',
    'digits/1: de recorded, en missing; ',
    'menu: de spoken, en spoken; shop: menu, bye?',
    'misspelt: de missing, en missing; shop: menu',
    'music/hold: de recorded, en recorded; configuration: media.holdMusic',
    'old: de missing/en, en spoken; unused',
    'welcome: de missing/en, en recorded; shop: welcome',
  ]);
});

test('a language of a country is served by the language itself', () => {
  const [entry] = promptInventory(catalog(), flows, {}, ['de-AT']).filter(
    ({ name }) => name === 'menu',
  );
  expect(entry?.languages).toEqual({ 'de-AT': { state: 'spoken' } });
});

test('what the voices have to speak is every text without a recording, once', () => {
  const said = (language: string): string[] =>
    textsToSpeak(catalog(), flows, configured, language).map(
      ({ text, ssml, language: tag }) => `${tag ?? ''}: ${text ?? ssml}`,
    );
  expect(said('en').sort()).toEqual([
    'de: Danke.',
    'en: =Goodbye.',
    'en: Hello <you>.',
    'en: Old.',
    'en: Press 1 | or 2.',
    'en: Sorry.',
    'en: Thanks.',
    'en: twelve',
  ]);
  // Nobody sets German: what stands in the flow is heard in English alone.
  expect(said('de').sort()).toEqual([
    'de: Danke.',
    'de: Drücken Sie 1.',
    'en: =Goodbye.',
    'en: Old.',
  ]);
});

test('what stands in a flow is spoken in the languages that it sets, and in all where it computes them', () => {
  const setting = (input: unknown): PromptUser => ({
    name: 'asking',
    machine: flow.createMachine({
      initial: 'set',
      states: {
        set: { invoke: { src: 'setLanguage', input: input as { language: string } } },
        say: { invoke: { src: 'play', input: { prompt: { say: 'Hello?' } } } },
      },
    }),
  });
  const spoken = (user: PromptUser, only?: string): string[] =>
    textsToSpeak(catalog(), [...flows, user], configured, only).flatMap(
      ({ text, language = '' }) =>
        ['Hello?', 'Hello <you>.', 'Sorry.'].includes(text ?? '')
          ? [`${language}: ${text ?? ''}`]
          : [],
    );
  const both = ['en: Hello <you>.', 'en: Hello?', 'fr: Hello?', 'en: Sorry.', 'fr: Sorry.'];
  expect(spoken(setting({ language: 'fr' })).sort()).toEqual(both.sort());
  expect(spoken(setting({ language: 'fr' }), 'fr')).toEqual(['fr: Hello?', 'fr: Sorry.']);
  const computed = spoken(setting(() => ({ language: 'de' })));
  expect(computed).toEqual(expect.arrayContaining(['de: Hello?', 'en: Hello?', 'de: Sorry.']));
});

test('where a prompt is heard names the flows, and of many states the first', () => {
  const heard = (state: string, flow = 'shop') => ({
    flow,
    state,
    certain: true,
    language: undefined,
  });
  const many = ['a', 'b', 'c', 'd', 'e'].map((state) => heard(state));
  expect(whereHeard([...many, heard('x', 'desk')], 3)).toBe('shop: a, b, c, … 2 more; desk: x');
});

describe('a sheet for whoever speaks', () => {
  const sheet = (language: string) => {
    const entries = promptInventory(catalog(), flows, configured, [language]);
    return recordingSheet(catalog(), entries, language, {
      directory: 'prompts',
      unnamed: saidTexts(catalog(), flows),
    });
  };

  test('has all that is used and has no recording, with the text to translate where there is none', () => {
    expect(sheet('de').lines).toEqual([
      {
        name: 'bye',
        text: '=Goodbye.',
        translateFrom: 'en',
        file: join('prompts', 'de', 'bye.wav'),
        heardIn: 'shop: bye?',
      },
      expect.objectContaining({ name: 'danke', text: 'Danke.', translateFrom: undefined }),
      expect.objectContaining({ name: 'menu', text: 'Drücken Sie 1.', translateFrom: undefined }),
      expect.objectContaining({ name: 'misspelt', text: '' }),
      expect.objectContaining({ name: 'welcome', text: 'Welcome.', translateFrom: 'en' }),
    ]);
  });

  test('is Markdown, a page or a table, in which no text is taken for markup or a formula', () => {
    const english = sheet('en');
    const md = sheetText(english, 'md');
    expect(md).toContain(
      `| ${join('prompts', 'en', 'menu.wav')} | Press 1 \\| or 2. | shop: menu, bye? |`,
    );
    expect(md).toContain('| Hello <you>. | shop: welcome |');
    const page = sheetText(english, 'html');
    expect(page).toContain('<td>Hello &lt;you&gt;.</td>');
    const csv = sheetText(english, 'csv').split('\n');
    expect(csv[0]).toBe('"file","text","heard in"');
    expect(csv[1]).toBe(`"${join('prompts', 'en', 'bye.wav')}","'=Goodbye.","shop: bye?"`);
    expect(csv.at(-2)).toBe('"","Hello <you>.","shop: welcome"');
  });
});
