import { fromPromise } from 'xstate';
import { CallchartError } from '../core/errors';
import type { DocumentReport, RequestFormat } from './port';
import type { Subscription } from './subscription';
import type { StatusCallback, Verb, WebTarget } from './verbs';

/** Which document is wanted, and what its server is told. */
export interface FetchInput {
  /** Absolute. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly format: RequestFormat;
  readonly report: DocumentReport;
  /** Asked when that gives no document. */
  readonly fallback?: WebTarget | undefined;
  /** The document itself, which then is not asked for. */
  readonly content?: { readonly text: string; readonly type: string } | undefined;
}

export type FetchOutcome =
  | {
      readonly type: 'document';
      /** What relative URLs in it are relative to. */
      readonly url: string;
      readonly verbs: readonly Verb[];
    }
  /** No document, of the fall-back neither; `reason` is one sentence. */
  | { readonly type: 'failed'; readonly reason: string };

/** Somebody is to be told of something, in the order of the calls to {@link DocumentService.notify}. */
export interface Notification {
  readonly callback: Omit<StatusCallback, 'events'>;
  /** Relative URLs are relative to it. */
  readonly base: string;
  readonly format: RequestFormat;
  readonly report: DocumentReport;
}

/** A verb that begins, with what those whom it names are told besides. */
export interface Following extends Omit<Subscription, 'callback'> {
  readonly verb: Verb;
  /** Of the verb, as no other of the call has it. */
  readonly key: string;
}

/** What brings documents to the calls of a process. */
export interface DocumentService {
  fetch(input: FetchInput, signal: AbortSignal): Promise<FetchOutcome>;
  /** Never throws, and is not waited for. */
  notify(notification: Notification): void;
  /** What the verb does is told to whom it names: legs, recordings, streams, conferences. */
  follow(following: Following): void;
  /** Something in a document could not be done. */
  warn(message: string): void;
}

/**
 * An XState system is one running flow with all its children: which call it belongs to, and so what its requests tell,
 * is known by it.
 */
const services = new WeakMap<object, DocumentService>();

/** Makes `service` bring the documents of a flow: call it before the flow starts. */
export function bindDocuments(system: object, service: DocumentService): void {
  services.set(system, service);
}

export function documentsOf(system: object): DocumentService | undefined {
  return services.get(system);
}

/** Asks for a document. An actor of the flow's own, so that a test can answer it. */
export const fetchDocument = fromPromise<FetchOutcome, FetchInput>(({ input, system, signal }) => {
  const service = services.get(system);
  if (service === undefined) {
    throw new CallchartError(
      'CALLCHART_ACTOR_NOT_PROVIDED',
      'documents need a server: serve the flow with callchart, or answer its actor fetchDocument in the test',
    );
  }
  return service.fetch(input, signal);
});
