import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultApology } from '../../runtime/flow/apology';
import { openCatalog } from '../../runtime/prompt/catalog';
import type { Prompt, PromptProblem } from '../../runtime/prompt/port';
import { temporaryFolder } from '../prompt/sounds';

const folder = temporaryFolder();

/** Prompts with voices for some languages alone. */
function prompts(manifests: Readonly<Record<string, string>>, voices: readonly string[]) {
  const directory = mkdtempSync(join(folder, 'prompts-'));
  for (const [name, text] of Object.entries(manifests)) writeFileSync(join(directory, name), text);
  const catalog = openCatalog({ directories: [directory], language: 'de' });
  const check = (prompt: Prompt, language?: string): PromptProblem[] =>
    catalog.parser.pieces(prompt, language).flatMap((piece) => {
      if (piece.type === 'problem') return [{ prompt: piece.prompt, message: piece.message }];
      if (piece.type !== 'say' || voices.includes(piece.language)) return [];
      return [{ prompt: piece.text, message: 'No voice speaks it.' }];
    });
  return { names: catalog.names, check };
}

const english = {
  language: 'en',
  prompt: { say: 'We are sorry, something went wrong. Please call again later.' },
};

describe('what a caller hears of a flow that fails, where nothing is configured', () => {
  test('is the prompt apology, where the language of the call leads to one', () => {
    const some = prompts({ 'fr.yaml': 'apology: Pardon.\n' }, ['fr', 'en', 'de']);
    expect(defaultApology(some, 'fr-CA')).toBe('apology');
    expect(defaultApology(some, 'de')).toEqual(english);
    const fallback = prompts({ 'de.yaml': 'apology: Verzeihung.\n' }, ['de']);
    expect(defaultApology(fallback, 'fr')).toBe('apology');
    expect(defaultApology(fallback)).toBe('apology');
  });

  test('is an English text, spoken by an English voice, or by the one there is, or by none', () => {
    const empty = { 'fr.yaml': 'welcome: Salut.\n' };
    expect(defaultApology(prompts(empty, ['en', 'de']))).toEqual(english);
    expect(defaultApology(prompts(empty, ['de']))).toEqual(english.prompt);
    expect(defaultApology(prompts(empty, ['it']))).toBeUndefined();
  });
});
