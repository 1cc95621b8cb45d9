import { isLanguageTag } from '../core/language';

/** Who says a text, in our words; what is absent is as the call has it. */
export interface Speaker {
  readonly voice?: string;
  /** BCP 47. */
  readonly language?: string;
}

/** The languages of Amazon's voices: their names are all that a document has. */
const POLLY: Readonly<Record<string, string>> = {
  'ar-AE': 'Hala Zayd',
  arb: 'Zeina',
  'ca-ES': 'Arlet',
  'cmn-CN': 'Zhiyu',
  'cy-GB': 'Gwyneth',
  'da-DK': 'Mads Naja Sofie',
  'de-AT': 'Hannah',
  'de-DE': 'Daniel Hans Marlene Vicki',
  'en-AU': 'Nicole Olivia Russell',
  'en-GB': 'Amy Arthur Brian Emma Geraint',
  'en-IE': 'Niamh',
  'en-IN': 'Aditi Kajal Raveena',
  'en-NZ': 'Aria',
  'en-US':
    'Danielle Gregory Ivy Joanna Joey Justin Kendra Kevin Kimberly Matthew Ruth Salli Stephen',
  'en-ZA': 'Ayanda',
  'es-ES': 'Conchita Enrique Lucia Sergio',
  'es-MX': 'Andres Mia',
  'es-US': 'Lupe Miguel Pedro Penelope',
  'fi-FI': 'Suvi',
  'fr-BE': 'Isabelle',
  'fr-CA': 'Chantal Gabrielle Liam',
  'fr-FR': 'Celine Lea Mathieu Remi',
  'is-IS': 'Dora Karl',
  'it-IT': 'Adriano Bianca Carla Giorgio',
  'ja-JP': 'Kazuha Mizuki Takumi Tomoko',
  'ko-KR': 'Seoyeon',
  'nb-NO': 'Ida Liv',
  'nl-BE': 'Lisa',
  'nl-NL': 'Laura Lotte Ruben',
  'pl-PL': 'Ewa Jacek Jan Maja Ola',
  'pt-BR': 'Camila Ricardo Thiago Vitoria',
  'pt-PT': 'Cristiano Ines',
  'ro-RO': 'Carmen',
  'ru-RU': 'Maxim Tatyana',
  'sv-SE': 'Astrid Elin',
  'tr-TR': 'Burcu Filiz',
  'yue-CN': 'Hiujin',
};

const POLLY_LANGUAGES: ReadonlyMap<string, string> = new Map(
  Object.entries(POLLY).flatMap(([language, names]) =>
    names.split(' ').map((name) => [name, language] as const),
  ),
);

/**
 * Twilio's voices as ours: `Google.x` is Google Cloud's voice x; `Polly.x` is the voice that is configured, in the
 * language of x; `man` is the built-in man in English, and otherwise the voice that is configured, as are `woman` and
 * `alice`. A language that is given counts more than that of the voice. Undefined where the name is unknown.
 */
export function speakerOf(
  voice: string | undefined,
  language: string | undefined,
): Speaker | undefined {
  if (voice === undefined || voice === 'woman' || voice === 'alice') return spoken(language);
  if (voice === 'man') {
    return language === undefined || /^en\b/.test(language)
      ? { ...spoken(language), voice: 'rms' }
      : spoken(language);
  }
  const [, kind, name = ''] = /^(Google|Polly)\.(.+)$/.exec(voice) ?? [];
  if (kind === 'Google') {
    const [own] = /^[a-z]{2,3}-[a-z]{2}(?=-|$)/i.exec(name) ?? [];
    return own === undefined ? undefined : { voice: name, ...spoken(language ?? languageTag(own)) };
  }
  const own = POLLY_LANGUAGES.get(withoutAccents(name.replace(/-(Neural|Generative)$/, '')));
  return kind === undefined || own === undefined ? undefined : spoken(language ?? own);
}

/** A language of Twilio's as a tag that is known here: `en-GB-WLS` is `en-GB`. Undefined when it is none. */
export function languageTag(written: string): string | undefined {
  // A language, a script and a region: what follows says too little.
  const parts = written.trim().split(/[-_]/, 3);
  const tidied = parts.map((part, index) => {
    if (index === 0) return part.toLowerCase();
    if (part.length === 4) return part.charAt(0).toUpperCase() + part.slice(1).toLowerCase();
    return part.toUpperCase();
  });
  for (let length = tidied.length; length > 0; length -= 1) {
    const tag = tidied.slice(0, length).join('-');
    if (isLanguageTag(tag)) return tag;
  }
  return undefined;
}

function spoken(language: string | undefined): Speaker {
  return language === undefined ? {} : { language };
}

function withoutAccents(name: string): string {
  return name.normalize('NFD').replace(/\p{M}/gu, '');
}
