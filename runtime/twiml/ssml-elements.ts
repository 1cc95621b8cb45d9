import { one, partly, text, yes, type AttributeRule, type ElementRule } from './element-rules';

const VOICES = 'by voices that understand SSML; others speak the words';
const ALL = [
  'SsmlBreak',
  'SsmlEmphasis',
  'SsmlLang',
  'SsmlP',
  'SsmlPhoneme',
  'SsmlProsody',
  'SsmlS',
  'SsmlSayAs',
  'SsmlSub',
  'SsmlW',
];

function spoken(
  name: string,
  support: 'yes' | 'partly',
  attributes: Readonly<Record<string, AttributeRule>> = {},
  children: readonly string[] = ALL,
): ElementRule {
  const how = support === 'partly' ? { how: VOICES } : {};
  return { name, support, ...how, text: 'ssml', attributes, children };
}

/** Markup within `<Say>`: goes to the voice as it stands. */
export const SSML_ELEMENTS = {
  SsmlBreak: spoken(
    'break',
    'yes',
    {
      strength: yes(one('none', 'x-weak', 'weak', 'medium', 'strong', 'x-strong'), 'medium'),
      time: yes(text),
    },
    [],
  ),
  SsmlEmphasis: spoken('emphasis', 'partly', {
    level: partly(VOICES, one('strong', 'moderate', 'reduced'), 'moderate'),
  }),
  SsmlLang: spoken('lang', 'partly', { 'xml:lang': partly(VOICES, text) }),
  SsmlP: spoken('p', 'yes'),
  SsmlPhoneme: spoken(
    'phoneme',
    'partly',
    { alphabet: partly(VOICES, text), ph: partly(VOICES, text) },
    [],
  ),
  SsmlProsody: spoken('prosody', 'partly', {
    pitch: partly(VOICES, text),
    rate: partly(VOICES, text),
    volume: partly(VOICES, text),
  }),
  SsmlS: spoken('s', 'yes'),
  SsmlSayAs: spoken(
    'say-as',
    'partly',
    {
      format: partly(VOICES, text),
      'interpret-as': partly(
        'characters, spell-out, digits and telephone by all voices, the rest by those that understand SSML',
        text,
      ),
    },
    [],
  ),
  SsmlSub: spoken('sub', 'yes', { alias: yes(text) }, []),
  SsmlW: spoken('w', 'partly', { role: partly(VOICES, text) }),
} as const satisfies Readonly<Record<string, ElementRule>>;

export const SSML_NAMES: readonly string[] = ALL;
