import type { DocumentDialect, DocumentProblem } from '../document/port';
import type { CallDocument, DocumentWarning, Verb, VerbName } from '../document/verbs';
import { dialVerbs } from './dial';
import { gatherVerbs } from './gather';
import { given } from './given';
import { recordVerbs } from './record';
import { pauseVerbs, playVerbs, sayVerbs, verbOf } from './sounds';
import { connectVerbs, startVerbs, stopVerbs } from './streams';
import { TwimlElement, urlProblem, type Warn } from './twiml-element';
import { readXml } from './xml-tree';

/** Verbs of one document. */
const MOST_VERBS = 1_000;
/** Warnings of one document. */
const MOST_WARNINGS = 100;
/** Characters of one: it may quote what the app has written. */
const LONGEST_WARNING = 300;

type Translate = (element: TwimlElement) => Verb[];

const VERBS: Readonly<Record<string, Translate>> = {
  Connect: connectVerbs,
  Dial: dialVerbs,
  // The other end hangs up; nothing else ends it.
  Echo: (element) => [verbOf(element, { verb: 'echo', input: { finishOn: '' } })],
  Enqueue: enqueueVerbs,
  Gather: gatherVerbs,
  Hangup: hangupVerbs,
  Leave: (element) => [verbOf(element, { verb: 'leave' })],
  Pause: pauseVerbs,
  Play: playVerbs,
  Record: recordVerbs,
  Redirect: redirectVerbs,
  Refer: referVerbs,
  Reject: rejectVerbs,
  Say: sayVerbs,
  Start: startVerbs,
  Stop: stopVerbs,
};

/** Verbs that a call may see before it is answered, and that do not answer it. */
const QUIET: ReadonlySet<VerbName> = new Set<VerbName>([
  ...(['pause', 'document', 'reject', 'stop', 'leave'] as const),
]);

/** TwiML. */
export const twimlDialect: DocumentDialect = {
  name: 'twiml',
  accepts: (contentType) =>
    /^(text\/(xml|html)|application\/(xml|[\w.-]+\+xml))$/.test(contentType),
  parse: parseTwiml,
};

/** Text without markup, which is read to the caller as it stands. */
export const plainTextDialect: DocumentDialect = {
  name: 'text',
  accepts: (contentType) => contentType === 'text/plain',
  parse: (text) => {
    const say = text.replace(/\s+/g, ' ').trim();
    if (say === '') return { problem: 'There is no text.', line: 1, column: 1 };
    const place = { name: 'text', line: 1, column: 1 };
    return { verbs: [{ verb: 'play', input: { prompt: { say } }, place }], warnings: [] };
  },
};

/**
 * A document as verbs. What cannot be read as XML, or has another root than `<Response>`, is a problem; whatever else
 * is wrong is warned of, and the rest of the document is carried out.
 */
export function parseTwiml(text: string): CallDocument | DocumentProblem {
  const root = readXml(text);
  if ('problem' in root) return root;
  if (root.name !== 'Response') {
    const { name, line, column } = root;
    return { problem: `The root must be <Response>, not <${name}>.`, line, column };
  }
  const warnings: DocumentWarning[] = [];
  const warn: Warn = ({ line, column }, message) => {
    if (warnings.length >= MOST_WARNINGS) return;
    const whole = typeof message === 'string' ? message : message();
    const shown = whole.length > LONGEST_WARNING ? `${whole.slice(0, LONGEST_WARNING)}…` : whole;
    warnings.push({ message: shown, line, column });
  };
  const response = new TwimlElement('VoiceResponse', root, warn);
  const verbs = response.children.flatMap(translate);
  if (verbs.length > MOST_VERBS) {
    response.tell(`A document has ${MOST_VERBS} verbs at most: the rest is skipped.`);
  }
  warnings.sort((a, b) => a.line - b.line || a.column - b.column);
  return { verbs: withAnswer(verbs.slice(0, MOST_VERBS)), warnings };
}

/** Twilio answers a call before it hangs it up, also where that is all that it does. */
function withAnswer(verbs: readonly Verb[]): Verb[] {
  const first = verbs.findIndex(({ verb }) => !QUIET.has(verb));
  return verbs.flatMap((verb, index): Verb[] =>
    index === first && verb.verb === 'hangup'
      ? [{ verb: 'answer', input: {}, place: verb.place }, verb]
      : [verb],
  );
}

function translate(element: TwimlElement): Verb[] {
  const found = VERBS[element.key];
  if (found !== undefined) return found(element);
  element.tell(`<${element.name}> is no verb here: put it into <Dial>. It is skipped.`);
  return [];
}

/** `<Parameter>` of a SIP response or BYE. */
function tellParameters(element: TwimlElement): void {
  for (const child of element.children) {
    child.tell(`<Parameter> has no effect within <${element.name}> here.`);
  }
}

function enqueueVerbs(element: TwimlElement): Verb[] {
  if (element.text === '') {
    element.tell('<Enqueue> has no name of a queue: it is skipped.');
    return [];
  }
  return [
    verbOf(element, {
      verb: 'enqueue',
      queue: element.text,
      ...given({
        action: element.target(),
        wait: element.target('waitUrl', 'waitUrlMethod'),
        maxSize: element.integer('maxQueueSize'),
      }),
    }),
  ];
}

/** An empty one is the document itself. */
function redirectVerbs(element: TwimlElement): Verb[] {
  const problem = urlProblem(element.text);
  if (problem !== undefined) {
    element.tell(`<Redirect> must have ${problem}, not '${element.text}': it is skipped.`);
    return [];
  }
  const target = { url: element.text, method: element.method() };
  return [verbOf(element, { verb: 'document', target })];
}

function referVerbs(element: TwimlElement): Verb[] {
  const to = element.children[0]?.text ?? '';
  if (!/^(sips?|tel):\S+$/i.test(to)) {
    element.tell(`<Refer> must have a <Sip> with a SIP URI, not '${to}': it is skipped.`);
    return [];
  }
  const action = element.target();
  return [verbOf(element, { verb: 'transfer', input: { to }, ...given({ action }) })];
}

function hangupVerbs(element: TwimlElement): Verb[] {
  tellParameters(element);
  return [verbOf(element, { verb: 'hangup', input: {} })];
}

function rejectVerbs(element: TwimlElement): Verb[] {
  tellParameters(element);
  const busy = element.string('reason') === 'busy';
  const input = busy ? { status: 486 } : { status: 404 };
  return [verbOf(element, { verb: 'reject', input })];
}
