import type { DocumentCall, FormParameters, RequestFormat } from './port';

/** A request for a document, as it goes out. */
export interface WrittenRequest {
  readonly method: 'GET' | 'POST';
  /** Behind the `?`; '' for none. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const accept = 'application/json, application/xml, text/xml, audio/*, text/plain;q=0.5, */*;q=0.1';

/** Writes what a web app is told: Twilio's parameters as a form, or as a query with GET; or our own JSON. */
export function writeRequest(
  { method, format }: { readonly method: 'GET' | 'POST'; readonly format: RequestFormat },
  call: DocumentCall,
  formParameters: FormParameters,
): WrittenRequest {
  const headers = { accept };
  if (format === 'json' && method === 'POST') {
    const body = JSON.stringify(requestBody(call));
    return { method, query: '', headers: { ...headers, 'content-type': 'application/json' }, body };
  }
  const encoded = new URLSearchParams({ ...formParameters(call) }).toString();
  if (method === 'GET') return { method, query: encoded, headers, body: undefined };
  const type = 'application/x-www-form-urlencoded; charset=utf-8';
  return { method, query: '', headers: { ...headers, 'content-type': type }, body: encoded };
}

/** The JSON that a web app gets: `call`, what it is asked `for`, and the outcome of the verb before. */
export interface DocumentRequestBody {
  readonly for: DocumentCall['report']['of'];
  /** Of `status`: what is told. */
  readonly event?: string;
  /** As a flow gives it: `{ type: 'digits', digits: '1' }`; of `start` absent. */
  readonly outcome?: unknown;
  readonly parameters: Readonly<Record<string, string>>;
  readonly call: DocumentCall['info'] & {
    readonly state: DocumentCall['state'];
    /** Of a callee: the call that dialled it. */
    readonly parent?: string;
  };
}

function requestBody({ info, state, report, parent }: DocumentCall): DocumentRequestBody {
  const { of, event, outcome, parameters = {} } = report;
  return {
    for: of,
    ...(event === undefined ? {} : { event }),
    ...(outcome === undefined ? {} : { outcome }),
    parameters,
    call: {
      ...info,
      state,
      ...(parent === undefined ? {} : { parent }),
    },
  };
}
