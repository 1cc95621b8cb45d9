import type { Verb } from '../document/verbs';
import { given } from './given';
import { languageOf, promptOf, verbOf } from './sounds';
import type { TwimlElement } from './twiml-element';

/** `<Gather>`: keys, speech or both, while its children are heard. */
export function gatherVerbs(element: TwimlElement): Verb[] {
  const timeout = element.integer('timeout') ?? 5_000;
  const inputs = element.words('input');
  const speech = inputs.includes('speech');
  const partial = element.target('partialResultCallback', 'partialResultCallbackMethod');
  const spoken = {
    // Twilio: the time-out of the keys holds for speech too, unless it is said otherwise.
    speechTimeout: isAuto(element) ? 'auto' : (element.integer('speechTimeout') ?? timeout),
    language: languageOf(element),
    hints: hintsOf(element.string('hints')),
    speechModel: element.string('speechModel'),
    profanityFilter: element.flag('profanityFilter'),
    partial: partial === undefined ? undefined : true,
  } as const;
  const bargeIn = element.flag('bargeIn');
  const finishOn = element.string('finishOnKey') ?? '#';
  const input = {
    ...(speech
      ? { input: inputs.includes('dtmf') ? (['digits', 'speech'] as const) : (['speech'] as const) }
      : {}),
    ...given({ prompt: promptOf(element.children), maxDigits: element.integer('numDigits') }),
    finishOn,
    firstDigitTimeout: timeout,
    interDigitTimeout: timeout,
    ...(bargeIn ? {} : { bargeIn }),
    ...(speech ? given(spoken) : {}),
  };
  return [
    verbOf(element, {
      verb: 'gather',
      input,
      action: element.target() ?? { url: '', method: element.method() },
      reportsEmpty: element.flag('actionOnEmptyResult'),
      ...(speech ? given({ partial }) : {}),
    }),
  ];
}

function isAuto(element: TwimlElement): boolean {
  return element.has('speechTimeout') && element.word('speechTimeout') === 'auto';
}

/** Separated by commas. */
function hintsOf(written: string | undefined): readonly string[] | undefined {
  const hints = (written ?? '').split(',').map((hint) => hint.trim());
  const known = hints.filter((hint) => hint !== '');
  return known.length === 0 ? undefined : known;
}
