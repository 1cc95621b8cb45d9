import { widerTags } from '../../core/language';

/** Voices of espeak-ng that are called as their language is. */
const LANGUAGES = new Set(
  (
    'af am an ar as az ba be bg bn bpy bs ca chr cs cv cy da de el eo es et eu fa fi fr ga gd gn ' +
    'gu hak haw he hi hr ht hu hy ia id io is it ja jbo ka kk kl kn ko kok ku ky la lb lfn lt lv mi mk ' +
    'ml mr ms mt my nb nci ne nl nog om or pa pap pl pt qu quc ro ru sd shn si sk sl smj sq ' +
    'sr sv sw ta te th tk tn tr tt ug uk ur uz vi yue cmn'
  ).split(' '),
);

/** And such that are not, by their tags. */
const OTHERS: Readonly<Record<string, string>> = {
  en: 'en-us',
  'en-GB': 'en',
  'en-IE': 'en',
  'en-AU': 'en',
  'en-NZ': 'en',
  'en-ZA': 'en',
  'en-IN': 'en',
  'pt-BR': 'pt-br',
  'fr-BE': 'fr-be',
  'fr-CH': 'fr-ch',
  'es-419': 'es-419',
  'es-MX': 'es-419',
  'es-AR': 'es-419',
  'es-CO': 'es-419',
  'es-CL': 'es-419',
  'es-PE': 'es-419',
  'es-US': 'es-419',
  zh: 'cmn',
  'zh-HK': 'yue',
  no: 'nb',
  nn: 'nb',
  iw: 'he',
  in: 'id',
};

/** The voice of espeak-ng for a BCP 47 tag, or for what that narrows down; undefined when there is none. */
export function espeakVoice(language: string): string | undefined {
  const tags = widerTags(language);
  for (const tag of tags) {
    const found = OTHERS[tag] ?? (LANGUAGES.has(tag) ? tag : undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether it is a voice of the tables, perhaps with a variant: `de`, `de+f3`. */
export function isEspeakVoice(name: string): boolean {
  const [voice = ''] = name.split('+');
  const known = LANGUAGES.has(voice) || Object.values(OTHERS).includes(voice);
  return known && /^[a-z0-9-]+(\+[a-zA-Z0-9_-]+)?$/.test(name);
}
