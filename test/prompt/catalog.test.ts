import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCatalog, type CatalogOptions } from '../../runtime/prompt/catalog';
import { createPromptLibrary } from '../../runtime/prompt/library';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { lengths, sine, temporaryFolder, ToneVoice } from './sounds';
import { writeWav } from '../../runtime/prompt/wav';

const folder = temporaryFolder();
let made = 0;

/** A folder of prompts: text for manifests, milliseconds for recordings. */
function prompts(files: Readonly<Record<string, string | number>>): string {
  const directory = join(folder, String((made += 1)));
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(join(path, '..'), { recursive: true });
    const sound = (ms: number): Buffer =>
      writeWav({ sampleRate: 8000, samples: sine(500, 8000, ms) });
    writeFileSync(path, typeof content === 'number' ? sound(content) : content);
  }
  return directory;
}

function catalog(
  files: Readonly<Record<string, string | number>>,
  options: Partial<CatalogOptions> = {},
) {
  return openCatalog({ directories: [prompts(files)], ...options });
}

describe('a folder of prompts in languages', () => {
  const files = {
    'de/welcome.wav': 20,
    'de/digits/1.wav': 20,
    'en/welcome.wav': 30,
    'en/bye.wav': 30,
    'music/hold.wav': 40,
    'de.yaml': 'welcome: Guten Tag.\nclosed: Geschlossen.\n',
    'en.yaml': 'welcome: Hello.\nclosed: Closed.\n',
    'fr.yaml': 'closed: Fermé.\n',
  };

  it('has the languages of its folders and manifests, and the names of all', () => {
    const found = catalog(files);
    expect(found.languages).toEqual(['de', 'en', 'fr']);
    expect(found.defaultLanguage).toBe('en');
    expect(found.names).toEqual(['bye', 'closed', 'digits/1', 'music/hold', 'welcome']);
    expect(found.problems).toEqual([]);
  });

  it('finds a recording before the text, and knows what it says', () => {
    expect(catalog(files).find('welcome', 'de-AT')).toMatchObject({
      type: 'recorded',
      language: 'de',
      text: 'Guten Tag.',
    });
  });

  it('finds the text where there is no recording, before any recording of another language', () => {
    const both = { 'de.yaml': '\nwelcome: Guten Tag.\n', 'en/welcome.wav': 20 };
    expect(catalog(both).find('welcome', 'de')).toMatchObject({
      type: 'spoken',
      language: 'de',
      text: 'Guten Tag.',
      line: 2,
      manifest: expect.stringMatching(/de\.yaml$/) as string,
    });
  });

  it('falls back along the chain, and then on what belongs to no language', () => {
    const found = catalog(files, { fallback: ['fr'] });
    expect(found.chain('es')).toEqual(['es', 'fr', 'en']);
    expect(found.find('closed', 'es')).toMatchObject({ text: 'Fermé.', language: 'fr' });
    expect(found.find('bye', 'es')).toMatchObject({ type: 'recorded', language: 'en' });
    expect(found.find('music/hold', 'es')).toMatchObject({ type: 'recorded', language: undefined });
    expect(found.find('digits/1', 'es')).toBeUndefined();
  });

  it('looks in one language alone, and outside of all, when asked for exactly that', () => {
    const found = catalog(files);
    expect(found.find('bye', 'de', { exact: true })).toBeUndefined();
    expect(found.find('welcome', 'de-AT', { exact: true })).toBeUndefined();
    expect(found.find('music/hold', 'de', { exact: true })).toBeDefined();
    expect(found.find('welcome', undefined, { exact: true })).toMatchObject({ language: 'en' });
  });

  it('has languages that are links to others', () => {
    const directory = prompts({ 'en/welcome.wav': 20 });
    symlinkSync(join(directory, 'en'), join(directory, 'en-GB'));
    const found = openCatalog({ directories: [directory] });
    expect(found.find('welcome', 'en-GB', { exact: true })).toBeDefined();
    expect(found.find('welcome', 'en', { exact: true })).toBeDefined();
  });

  it('gives way to a folder before it, name by name', () => {
    const own = prompts({ 'en/welcome.wav': 20, 'en.yaml': 'bye: Own.\n' });
    const shipped = prompts({ 'en.yaml': 'bye: Shipped.\nclosed: Closed.\n' });
    const found = openCatalog({ directories: [own, shipped] });
    expect(found.text(['bye', 'closed'])).toBe('Own. Closed.');
  });

  it.each([
    [
      { 'en/a.wav': 20, 'en/a.mp3': 'x' },
      /a\.wav: the prompt "a" is recorded in .*a\.mp3 already\. Remove one of the two\./,
    ],
    [
      { 'pt-br/a.wav': 20 },
      /pt-br: "pt-br" is not how the language pt-BR is written\. Rename it to pt-BR\./,
    ],
    [
      { 'en_US.yaml': 'a: x' },
      /en_US\.yaml: "en_US" is not how the language en-US is written\. Rename it to en-US\.yaml\./,
    ],
    [
      { 'texts.yaml': 'a: x' },
      /texts\.yaml: this is not the name of a language\. Name the file as .* en\.yaml/,
    ],
    [{ 'en.yaml': 'a: x\na: y\n' }, /en\.yaml:2: "a" has a text on line 1 already/],
  ])('says what is wrong with it: %j', async (broken, message) => {
    const directory = prompts(broken);
    const found = openCatalog({ directories: [directory] });
    expect(found.problems).toEqual([expect.stringMatching(message)]);
    await expect(
      createPromptLibrary({
        directories: [directory],
        voice: new ToneVoice(),
        clock: new VirtualClock(),
      }),
    ).rejects.toMatchObject({
      code: 'CALLCHART_PROMPTS_INVALID',
      message: found.problems[0],
    });
  });
});

describe('what a caller would hear, in words', () => {
  const found = catalog({
    'en/menu.wav': 20,
    'en/other.wav': 20,
    'en.yaml': 'menu: Press 1 for sales.\n',
    'de.yaml': 'menu: Drücken Sie die 1.\ndigits:\n  star: Stern\n',
  });

  it('is the text of each part in order', () => {
    expect(found.text(['menu', { silence: 100 }, { tone: 'beep' }, { say: 'Go  on.' }])).toBe(
      'Press 1 for sales. <beep> Go on.',
    );
  });

  it('is in the language of the call, or of the prompt', () => {
    expect(found.text('menu', 'de')).toBe('Drücken Sie die 1.');
    expect(found.text({ language: 'de', prompt: ['menu'] })).toBe('Drücken Sie die 1.');
    expect(found.text({ digits: '1*' }, 'de')).toBe('eins Stern');
  });

  it('is the words of SSML', () => {
    expect(found.text({ ssml: 'One <break time="1s"/> two &lt; three' })).toBe('One two < three');
  });

  it('is a name in brackets where nobody knows, also for what cannot be', () => {
    expect(found.text(['other', 'nowhere', { url: 'https://a.example/x.mp3' }])).toBe(
      '[other] [nowhere] [https://a.example/x.mp3]',
    );
    expect(found.text({ nonsense: 1 } as never)).toBe('[{"nonsense":1}]');
  });
});

describe('what would fail', () => {
  const found = catalog({ 'de.yaml': 'menu: Drücken Sie die 1.\n', 'en.yaml': 'bye: Goodbye.\n' });

  it('is nothing where all is there', () => {
    const prompt = ['menu', 'bye', { url: 'http://a.example/' }, { ssml: 'x' }];
    expect(found.check(prompt, 'de')).toEqual([]);
    expect(found.check({ language: 'de-AT', prompt: 'menu' })).toEqual([]);
  });

  it('names the languages that have it', () => {
    expect(found.check('menu')).toEqual([
      {
        prompt: 'menu',
        message: expect.stringMatching(
          /^There is no prompt "menu" in en, only in de\. Put menu\.wav into .*\/en, or its text into .*\/en\.yaml\.$/,
        ) as string,
      },
    ]);
  });

  it.each<[unknown, string]>([
    ['by', 'There is no prompt "by". Did you mean "bye"?'],
    [
      { language: 'german', prompt: 'bye' },
      '"german" is not a language: use a tag such as "de" or "pt-BR".',
    ],
    [
      { url: 'ftp://a.example/x' },
      '"ftp://a.example/x" cannot be fetched: use a URL that begins with https:// or http://.',
    ],
    [{ url: 'nothing' }, '"nothing" cannot be fetched'],
  ])('%j: %s', (prompt, message) => {
    expect(found.check(prompt as never)[0]!.message).toContain(message);
  });

  it('is a prompt that wraps itself without an end', () => {
    let prompt: unknown = 'bye';
    for (let depth = 0; depth < 100; depth += 1) prompt = { language: 'en', prompt };
    expect(found.check(prompt as never)).toHaveLength(1);
  });
});

describe('a library', () => {
  it('plays the recording of the language, or has its text spoken', async () => {
    const voice = new ToneVoice();
    const library = await createPromptLibrary({
      directories: [
        prompts({ 'de/a.wav': 20, 'en/a.wav': 30, 'de.yaml': 'b: Ja.\n', 'en.yaml': 'b: Yes.\n' }),
      ],
      voice,
      clock: new VirtualClock(),
    });
    expect(lengths(await library.resolve(['a', 'b'], { language: 'de' }))).toEqual([20, 30]);
    expect(lengths(await library.resolve(['a', 'b']))).toEqual([30, 40]);
    expect(lengths(await library.resolve({ language: 'de', prompt: 'a' }))).toEqual([20]);
    expect(voice.asked.map(({ text }) => text)).toEqual(['Ja.', 'Yes.']);
  });
});
