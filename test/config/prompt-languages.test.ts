import { resolveConfig } from '../../runtime/config/resolve';

const origin = { source: 'callchart.config.ts', directory: '/srv/phone', environment: {} };

describe('the languages of prompts', () => {
  it('are English without a fall-back, where nothing is said', () => {
    expect(resolveConfig({}, origin).prompts).toMatchObject({ language: 'en', fallback: [] });
  });

  it('are the default and those that come before it', () => {
    const prompts = { language: 'pt-BR', fallback: ['es', 'en'] };
    expect(resolveConfig({ prompts }, origin).prompts).toMatchObject(prompts);
  });

  it.each([
    [{ language: 'german' }, 'prompts.language'],
    [{ language: 'en_US' }, 'prompts.language'],
    [{ fallback: ['DE'] }, 'prompts.fallback[0]'],
  ])('must be tags: %j', (prompts, key) => {
    expect(() => resolveConfig({ prompts }, origin)).toThrow(
      `callchart.config.ts: ${key}: must be the tag of a language, such as "de" or "pt-BR"`,
    );
  });
});
