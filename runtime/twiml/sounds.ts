import type { Verb, VerbBody } from '../document/verbs';
import type { Prompt } from '../prompt/port';
import { escapeText } from '../prompt/tts/ssml';
import { given } from './given';
import { type TwimlElement, urlProblem } from './twiml-element';
import { languageTag, speakerOf } from './voices';
import type { XmlElement } from './xml-tree';
import { ELEMENTS } from './elements';

/** How often something within another verb is repeated at most: it is one prompt there. */
const MOST_REPEATS = 100;

/** A verb, with the place of its element. */
export function verbOf(element: TwimlElement, body: VerbBody): Verb {
  return { ...body, place: { name: element.name, ...element.place } };
}

/** `<Say>` by itself. */
export function sayVerbs(element: TwimlElement): Verb[] {
  return playing(element, sayPrompt(element));
}

/** `<Play>` by itself: a sound, or keys. */
export function playVerbs(element: TwimlElement): Verb[] {
  const digits = element.string('digits');
  if (digits === undefined) return playing(element, playPrompt(element));
  const keys = dialString(digits);
  if (keys !== undefined) return [verbOf(element, { verb: 'sendDigits', input: { digits: keys } })];
  element.tell(`'digits' of <Play> must be of 0 to 9, *, #, A to D, w and W: it is skipped.`);
  return [];
}

/** `<Pause>` by itself. It does not answer the call. */
export function pauseVerbs(element: TwimlElement): Verb[] {
  return [verbOf(element, { verb: 'pause', input: { duration: pauseOf(element) } })];
}

/** What the children of `<Gather>` make heard, one after the other; undefined for nothing. */
export function promptOf(children: readonly TwimlElement[]): Prompt | undefined {
  const prompts = children.flatMap((child): readonly Prompt[] => {
    if (child.key === 'Pause') return [{ silence: pauseOf(child) }];
    if (child.key === 'Play' && child.has('digits')) {
      child.tell(`<Play> with digits is not available within another verb: it is skipped.`);
      return [];
    }
    const prompt = child.key === 'Say' ? sayPrompt(child) : playPrompt(child);
    if (prompt === undefined) return [];
    const loop = child.integer('loop') ?? 1;
    const times = loop === 0 ? MOST_REPEATS : Math.min(loop, MOST_REPEATS);
    return Array.from({ length: times }, () => prompt);
  });
  return prompts.length <= 1 ? prompts[0] : prompts;
}

/** Keys in our words, where `w` is half a second; undefined when there is something else in it. */
export function dialString(written: string): string | undefined {
  const keys = written.replace(/[\s,-]/g, '').replace(/W/g, 'ww');
  return /^[0-9*#A-Dw]+$/.test(keys) ? keys : undefined;
}

/** A language that an attribute names; undefined, with a warning, when it is none. */
export function languageOf(element: TwimlElement): string | undefined {
  const written = element.string('language');
  if (written === undefined) return undefined;
  const tag = languageTag(written);
  if (tag === undefined) {
    element.tell(
      `'language' of <${element.name}> must be a tag such as en-US, not '${written}': that of the call is spoken.`,
    );
  }
  return tag;
}

function playing(element: TwimlElement, prompt: Prompt | undefined): Verb[] {
  if (prompt === undefined) return [];
  const loop = element.integer('loop') ?? 1;
  return [verbOf(element, { verb: 'play', input: { prompt, ...(loop === 1 ? {} : { loop }) } })];
}

function sayPrompt(element: TwimlElement): Prompt | undefined {
  const language = languageOf(element);
  const written = element.string('voice');
  let speaker = speakerOf(written, language);
  if (speaker === undefined) {
    element.tell(
      `The voice '${written ?? ''}' of <Say> is unknown: the one that is configured speaks.`,
    );
    speaker = given({ language });
  }
  const content =
    element.children.length === 0
      ? { say: wordsOf(element.xml).replace(/\s+/g, ' ').trim() }
      : { ssml: markupOf(element.xml).trim() };
  if (wordsOf(element.xml).trim() === '' && element.children.length === 0) {
    element.tell('<Say> has no text: it is skipped.');
    return undefined;
  }
  const prompt = { ...content, ...given({ voice: speaker.voice }) };
  return speaker.language === undefined ? prompt : { language: speaker.language, prompt };
}

function playPrompt(element: TwimlElement): Prompt | undefined {
  const { text } = element;
  const problem = text === '' ? 'a URL' : urlProblem(text);
  if (problem === undefined) return { url: text };
  element.tell(`<Play> must have ${problem}, not '${text}': it is skipped.`);
  return undefined;
}

function pauseOf(element: TwimlElement): number {
  return element.integer('length') ?? 1_000;
}

/** All words, also those of elements that are unknown. */
function wordsOf(xml: XmlElement): string {
  return xml.content.map((part) => ('text' in part ? part.text : wordsOf(part))).join('');
}

/** The inside of an element as SSML; of what is unknown the words. */
function markupOf(xml: XmlElement): string {
  return xml.content
    .map((part) => {
      if ('text' in part) return escapeText(part.text);
      const inside = markupOf(part);
      const rule = SSML_RULES.get(part.name);
      if (rule === undefined) return inside;
      const attributes = part.attributes
        .filter(({ name }) => Object.hasOwn(rule.attributes, name))
        .map(({ name, value }) => ` ${name}="${escapeText(value)}"`)
        .join('');
      return inside === ''
        ? `<${part.name}${attributes}/>`
        : `<${part.name}${attributes}>${inside}</${part.name}>`;
    })
    .join('');
}

const SSML_RULES = new Map(
  Object.values(ELEMENTS)
    .filter(({ text, name }) => text === 'ssml' && name !== 'Say')
    .map((rule) => [rule.name, rule]),
);
