import type { CallInfo } from '../call/port';
import type { FlowInput } from '../flow/run-flow';
import type { FetchInput } from './bind';
import type { DocumentReport, RequestFormat } from './port';
import type { Verb, VerbBody, VerbName, WebTarget } from './verbs';

/** What the document flow is given as `input.input`. */
export interface DocumentInput {
  /** Absolute; of `content` that which its own URLs are relative to. */
  readonly url?: string;
  /** `POST`. */
  readonly method?: 'GET' | 'POST';
  readonly fallbackUrl?: string;
  readonly fallbackMethod?: 'GET' | 'POST';
  /** `form`. */
  readonly format?: RequestFormat;
  /** The first document itself, in place of one to be fetched. */
  readonly content?: string;
  readonly contentType?: string;
  /** What the document is for: a call, which is also the default, somebody who waits, or a callee before both talk. */
  readonly role?: DocumentRole;
  /** Of one who waits: where he stands, for the first request. */
  readonly about?: unknown;
  /** Sent with each request. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** The name under which the document flow is found by whoever runs a flow on another leg. */
export const DOCUMENT_FLOW = 'callchart:document';

export type DocumentRole = 'call' | 'wait' | 'whisper';

/** Where the interpreter stands. Serialisable. */
export interface DocumentContext {
  readonly call: CallInfo;
  readonly role: DocumentRole;
  readonly format: RequestFormat;
  readonly fallback: WebTarget | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  /** The document that is asked for next. */
  readonly request: FetchInput;
  /** Where the present document came from, and by which method. */
  readonly current: WebTarget;
  readonly verbs: readonly Verb[];
  readonly index: number;
  /** Of the verb that has run last. */
  readonly outcome: Outcome | undefined;
  /** What a request of one who waits tells: where he stands. */
  readonly about: unknown;
  /** How many documents there were. */
  readonly documents: number;
  /** How often the present verb has told what the caller seems to say. */
  readonly partials: number;
  /** Documents since a caller last heard or waited for anything. */
  readonly silent: number;
  /** The call has ended: what is still told changes nothing. */
  readonly over: boolean;
  readonly problem: string;
}

/** Any actor's. */
export interface Outcome {
  readonly type: string;
  readonly [key: string]: unknown;
}

export type VerbOf<N extends VerbName> = Verb & Extract<VerbBody, { readonly verb: N }>;

export function firstContext({ call, input, answeredBy }: FlowInput): DocumentContext {
  const given = (input ?? {}) as DocumentInput;
  const { url = '', method = 'POST', format = 'form', role = 'call', parameters = {} } = given;
  const fallback =
    given.fallbackUrl === undefined
      ? undefined
      : { url: given.fallbackUrl, method: given.fallbackMethod ?? 'POST' };
  const of = role === 'call' ? 'start' : role;
  const report: DocumentReport = { of, outcome: given.about ?? answeredBy, parameters };
  const { content, contentType = 'application/xml' } = given;
  return {
    ...{ call, role, format, fallback, parameters },
    request: {
      ...{ url, method, format, report, fallback },
      ...(content === undefined ? {} : { content: { text: content, type: contentType } }),
    },
    current: { url, method },
    verbs: [],
    index: 0,
    outcome: undefined,
    about: given.about,
    documents: 0,
    partials: 0,
    silent: 0,
    over: false,
    problem: '',
  };
}

/** The verb that is being carried out. */
export function verbOf<N extends VerbName>(
  { verbs, index }: Pick<DocumentContext, 'verbs' | 'index'>,
  name: N,
): VerbOf<N> {
  const verb = verbs[index];
  if (!isVerb(verb, name)) throw new TypeError(`the verb is no '${name}'`);
  return verb;
}

/** Of the verb that is being carried out: no other of the call has it. */
export function keyOf({ documents, index }: Pick<DocumentContext, 'documents' | 'index'>): string {
  return `${documents}.${index}`;
}

export function isVerb<N extends VerbName>(verb: Verb | undefined, name: N): verb is VerbOf<N> {
  return verb?.verb === name;
}

/** A target of the present document, made absolute; '' is the document itself. */
export function targetFrom(
  { current }: Pick<DocumentContext, 'current'>,
  target: WebTarget,
): WebTarget {
  if (target.url === '') return { ...current, method: target.method };
  return { url: absolute(current.url, target.url), method: target.method };
}

/** A relative URL in a document that came from nowhere stays as it is, and is refused where it is asked for. */
export function absolute(base: string, url: string): string {
  return URL.canParse(url, base === '' ? undefined : base)
    ? new URL(url, base === '' ? undefined : base).href
    : url;
}

/** The request that a verb's `action`, or a document's end, leads to. */
export function requestFor(
  context: DocumentContext,
  target: WebTarget,
  report: DocumentReport,
): FetchInput {
  const { format, fallback, parameters, role } = context;
  const about = role === 'wait' ? context.about : undefined;
  return {
    ...targetFrom(context, target),
    ...{ format, fallback },
    report: { ...report, about, parameters: { ...parameters, ...report.parameters } },
  };
}

/** Where the outcome of the present verb goes, if anywhere. */
export function actionOf(context: DocumentContext): WebTarget | undefined {
  const verb = context.verbs[context.index];
  const { outcome } = context;
  if (verb === undefined || outcome === undefined || !('action' in verb)) return undefined;
  if (outcome.type === 'hangup' && verb.verb === 'gather') return undefined;
  if ('reportsEmpty' in verb && !verb.reportsEmpty && isEmpty(outcome)) return undefined;
  return verb.action;
}

/** The name of the queue, or of the conference, that a verb is about. */
export function subjectOf(verb: Verb): string | undefined {
  if (verb.verb === 'conference') return verb.input.name;
  return verb.verb === 'enqueue' || verb.verb === 'dialQueue' ? verb.queue : undefined;
}

/** The document that is heard while the present verb waits. */
export function waitOf({
  verbs,
  index,
}: Pick<DocumentContext, 'verbs' | 'index'>): WebTarget | undefined {
  const verb = verbs[index];
  return isVerb(verb, 'enqueue') || isVerb(verb, 'conference') ? verb.wait : undefined;
}

/** A gather without an entry, a recording without a file. */
function isEmpty({ type, digits, recording }: Outcome): boolean {
  return (
    ['noInput', 'noSpeech', 'tooShort'].includes(type) ||
    // A key that ends the entry, pressed first; or words that nobody has understood.
    (['invalid', 'digits'].includes(type) && digits === '') ||
    (type === 'hangup' && recording === undefined)
  );
}
