/** How one language tells a caller to press a key. */
interface MenuWords {
  /** 0 to 9, then star, then hash: each as a pattern. */
  readonly keys: readonly string[];
  /** `press`, `dial`, …, before the key or behind it. */
  readonly verb: string;
  /** Between verb and key: `the`, `key`, `number`. */
  readonly filler: string;
  /** Between the ends of a range, `1 to 5`, and also with words before it, `1 for bad, up to 5`. */
  readonly range: string;
  readonly farRange: string;
  /** Between keys of a list. */
  readonly and: string;
}

const languages: Readonly<Record<string, MenuWords>> = {
  en: {
    keys: [
      'zero',
      'one',
      'two',
      'three',
      'four',
      'five',
      'six',
      'seven',
      'eight',
      'nine',
      'star|asterisk',
      'pound|hash',
    ],
    verb: 'press|dial|enter|push|hit|select|choose|type',
    filler: 'the|a|key|keys|number|numbers|button|on|your|phone|keypad|from|between|either',
    range: 'to|through|and',
    farRange: 'up to|through to',
    and: 'and|or',
  },
  de: {
    keys: [
      'null',
      'eins?',
      'zwei|zwo',
      'drei',
      'vier',
      'fünf',
      'sechs',
      'sieben',
      'acht',
      'neun',
      'stern(?:taste)?|sternchen',
      'raute(?:taste)?|doppelkreuz',
    ],
    verb: 'drücken|drücke|drück|wählen|wähle|tippen|tippe|betätigen|geben',
    filler:
      'sie|bitte|die|den|der|eine|taste|tasten|ziffer|zahl|nummer|auf|von|zwischen|dazu|jetzt|einfach|entweder',
    range: 'bis|und',
    farRange: 'bis(?: zur?)?',
    and: 'und|oder',
  },
  fr: {
    keys: [
      'zéro',
      'une?',
      'deux',
      'trois',
      'quatre',
      'cinq',
      'six',
      'sept',
      'huit',
      'neuf',
      'étoile|astérisque',
      'dièse',
    ],
    verb: 'appuyez|tapez|pressez|composez|faites|choisissez|sélectionnez|saisissez|appuyer|taper',
    filler: 'sur|le|la|les|touche|touches|chiffre|numéro|de|entre|ou|soit',
    range: 'à|et',
    farRange: "jusqu'à|jusqu’à",
    and: 'et|ou',
  },
  es: {
    keys: [
      'cero',
      'uno?',
      'dos',
      'tres',
      'cuatro',
      'cinco',
      'seis',
      'siete',
      'ocho',
      'nueve',
      'asterisco|estrella',
      'almohadilla|numeral|gato',
    ],
    verb: 'pulse|presione|marque|oprima|teclee|digite|elija|seleccione|pulsa|marca|presiona|introduzca',
    filler: 'el|la|las|los|tecla|teclas|número|dígito|de|del|desde|entre|bien',
    range: 'al?|hasta|y',
    farRange: 'hasta(?: el)?',
    and: 'y|o|u',
  },
  it: {
    keys: [
      'zero',
      'uno',
      'due',
      'tre',
      'quattro',
      'cinque',
      'sei',
      'sette',
      'otto',
      'nove',
      'asterisco|stella',
      'cancelletto',
    ],
    verb: 'prema|premi|premere|premete|digiti|digita|digitare|digitate|componga|scelga|selezioni|selezionare|inserisca',
    filler: "il|lo|la|l'|tasto|tasti|numero|cifra|da|dal|dall'|tra|o",
    range: "al?|all'|e",
    farRange: 'fino (?:al?|all)',
    and: 'e|o|oppure',
  },
  pt: {
    keys: [
      'zero',
      'uma?',
      'dois|duas',
      'três',
      'quatro',
      'cinco',
      'seis',
      'sete',
      'oito',
      'nove',
      'asterisco|estrela',
      'cardinal|jogo da velha|sustenido',
    ],
    verb: 'prima|pressione|carregue|digite|marque|aperte|tecle|disque|escolha|selecione|introduza',
    filler: 'o|a|os|as|no|na|tecla|teclas|número|dígito|de|do|da|entre|em',
    range: 'ao?|até|e',
    farRange: 'até(?: ao?)?',
    and: 'e|ou',
  },
  nl: {
    keys: [
      'nul',
      'een|één',
      'twee',
      'drie',
      'vier',
      'vijf',
      'zes',
      'zeven',
      'acht',
      'negen',
      'sterretje|ster',
      'hekje',
    ],
    verb: 'toets|druk|drukt|kies|kiest|typ|voer',
    filler: 'u|op|de|het|een|toets|toetsen|cijfer|nummer|van|tussen|dan|in',
    range: 'tot|tot en met|t/m|en',
    farRange: 'tot(?: en met)?',
    and: 'en|of',
  },
  pl: {
    keys: [
      'zero',
      'jeden|jedynk[aęi]',
      'dwa|dwójk[aęi]',
      'trzy|trójk[aęi]',
      'cztery|czwórk[aęi]',
      'pięć|piątk[aęi]',
      'sześć|szóstk[aęi]',
      'siedem|siódemk[aęi]',
      'osiem|ósemk[aęi]',
      'dziewięć|dziewiątk[aęi]',
      'gwiazdk[aęi]',
      'krzyżyk|kratk[aęi]|hash',
    ],
    verb: 'naciśnij|wybierz|wciśnij|nacisnąć|wybrać|wcisnąć|naciśnięcie|wprowadź',
    filler: 'klawisz|klawisze|cyfr[aęy]|numer|przycisk|proszę|od|między',
    range: 'do|a|i',
    farRange: '(?:aż )?do',
    and: 'i|lub|albo|oraz',
  },
};

/** The keys that a text tells a caller to press. */
export interface NamedKeys {
  /** Right behind a verb, or in a list there: certainly a key. */
  readonly told: ReadonlySet<string>;
  /** All that might be one, ranges with what is between their ends. */
  readonly named: ReadonlySet<string>;
}

const symbols = '0123456789*#';

/** Which keys a menu's text names, in digits or in words; nothing for a language that is not known. */
export function namedKeys(text: string, language: string): NamedKeys {
  const words = languages[language.split('-')[0] ?? ''];
  const told = new Set<string>();
  const named = new Set<string>();
  if (words === undefined) return { told, named };
  // Each key becomes its own sign, so that what follows need not know the words.
  const plain = words.keys.reduce(
    (result, pattern, index) =>
      result.replace(
        new RegExp(`(?<![\\p{L}\\d])(?:${pattern})(?![\\p{L}\\d])`, 'giu'),
        ` ${symbols[index] ?? ''} `,
      ),
    text.toLowerCase(),
  );
  const key = '(?<![\\p{L}\\d])([\\d*#])(?![\\p{L}\\d])';
  const every = (pattern: string): RegExpMatchArray[] => [
    ...plain.matchAll(new RegExp(pattern, 'giu')),
  ];
  for (const [, found = ''] of every(key)) named.add(found);
  for (const [, from = '', to = ''] of [
    ...every(`${key}\\s*(?:${words.range}|-|–)\\s+${key}`),
    ...every(`${key}[^.!?\\d]{0,60}?(?<!\\p{L})(?:${words.farRange})\\s+${key}`),
  ]) {
    for (let digit = Number(from); digit <= Number(to); digit += 1) named.add(String(digit));
  }
  const fill = `(?:\\s+(?:${words.filler}))*\\s+`;
  const verb = `(?<!\\p{L})(?:${words.verb})(?!\\p{L})`;
  // `press 1, 2 or 3`; a range as well.
  const more = `((?:\\s*(?:,|${words.and}|${words.range}|-|–)+\\s*(?:${words.and})?\\s*[\\d*#](?![\\p{L}\\d]))*)`;
  for (const [, first = '', rest = ''] of every(`${verb}${fill}${key}${more}`)) {
    for (const found of Array.from(first + rest.replace(/[^\d*#]/g, ''))) told.add(found);
  }
  for (const [, found = ''] of every(`${key}\\s+(?:(?:${words.filler})\\s+)*${verb}`))
    told.add(found);
  return { told, named };
}
