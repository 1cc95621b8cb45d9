import type { DialledParty, StatusCallback, WebTarget } from '../document/verbs';
import { given } from './given';
import { dialString } from './sounds';
import type { TwimlElement } from './twiml-element';

/** Those whom a `<Dial>` calls: each noun is one, a `<Sip>` with several `<Uri>` is several. */
export function partiesOf(element: TwimlElement): DialledParty[] {
  if (element.key === 'Number') return numberParty(element, element.text);
  if (element.key === 'Client') return clientParty(element);
  return sipParties(element);
}

/** A number, also one that stands in `<Dial>` itself; without the signs that people write between digits. */
export function numberParty(element: TwimlElement, written: string): DialledParty[] {
  const to = written.replace(/[\s().-]/g, '');
  if (!/^\+?[0-9*#]+$/.test(to)) {
    element.tell(`<${element.name}> must have a number, not '${written}': it is skipped.`);
    return [];
  }
  if (element.key !== 'Number') return [{ to, kind: 'number' }];
  const keys = element.string('sendDigits');
  const sendDigits = keys === undefined ? undefined : dialString(keys);
  if (keys !== undefined && sendDigits === undefined) {
    element.tell(
      `'sendDigits' of <Number> must be of 0 to 9, *, #, A to D, w and W: it is ignored.`,
    );
  }
  return [
    { to, kind: 'number', ...common(element), ...machine(element), ...given({ sendDigits }) },
  ];
}

function clientParty(element: TwimlElement): DialledParty[] {
  const identity = element.children.find(({ key }) => key === 'Identity')?.text;
  const to = (identity ?? element.text).replace(/^client:/, '');
  if (to === '') {
    element.tell('<Client> has no identity: it is skipped.');
    return [];
  }
  const parameters = parametersOf(element);
  const some = Object.keys(parameters).length > 0;
  return [{ to, kind: 'client', ...common(element), ...(some ? { parameters } : {}) }];
}

function sipParties(element: TwimlElement): DialledParty[] {
  const uris = element.children.filter(({ key }) => key === 'SipUri');
  const rank = (uri: TwimlElement): number => uri.integer('priority') ?? 0;
  const places = uris.length === 0 ? [element] : uris.sort((a, b) => rank(a) - rank(b));
  const headers = headersOf(element);
  return places.flatMap((place): DialledParty[] => {
    const [uri = '', query] = place.text.split('?', 2);
    if (!/^sips?:(?:[^\s@]+@)?[^\s@]+$/i.test(uri)) {
      place.tell(`<${place.name}> must have a SIP URI, not '${place.text}': it is skipped.`);
      return [];
    }
    const all = { ...queryHeaders(place, query), ...headers };
    const credentials = {
      username: place.string('username') ?? element.string('username'),
      password: place.string('password') ?? element.string('password'),
    };
    return [
      {
        to: uri,
        kind: 'sip',
        ...common(element),
        ...machine(element),
        ...given(credentials),
        ...(Object.keys(all).length === 0 ? {} : { headers: all }),
      },
    ];
  });
}

/** By name and value: of `<Stream>` and `<Client>`. */
export function parametersOf(element: TwimlElement): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const child of element.children) {
    const name = child.key === 'Parameter' ? child.string('name') : undefined;
    if (name !== undefined && name !== '') parameters[name] = child.string('value') ?? '';
    else if (child.key === 'Parameter') child.tell('<Parameter> has no name: it is skipped.');
  }
  return parameters;
}

export function statusOf(element: TwimlElement): StatusCallback | undefined {
  const target = element.target('statusCallback', 'statusCallbackMethod');
  return target === undefined
    ? undefined
    : { ...target, events: element.words('statusCallbackEvent') };
}

function common(element: TwimlElement): { whisper?: WebTarget; status?: StatusCallback } {
  return given({ whisper: element.target('url', 'method'), status: statusOf(element) });
}

function machine(element: TwimlElement): Pick<DialledParty, 'machine'> {
  const mode = element.string('machineDetection');
  if (mode === undefined) return {};
  const totalTime = element.integer('machineDetectionTimeout') ?? 30_000;
  return {
    machine: {
      input: {
        ...given({
          greeting: element.integer('machineDetectionSpeechThreshold'),
          afterGreetingSilence: element.integer('machineDetectionSpeechEndThreshold'),
          initialSilence: element.integer('machineDetectionSilenceTimeout'),
        }),
        totalTime,
        ...(mode === 'DetectMessageEnd' ? { beepTimeout: totalTime } : {}),
      },
      ...given({ status: element.target('amdStatusCallback', 'amdStatusCallbackMethod') }),
    },
  };
}

/** `<Headers><Header name="X-…" value="…"/></Headers>`. */
function headersOf(element: TwimlElement): Record<string, string> {
  const headers: Record<string, string> = {};
  const all = element.children.flatMap(({ key, children }) => (key === 'Headers' ? children : []));
  for (const header of all) {
    addHeader(headers, header, header.string('name') ?? '', header.string('value') ?? '');
  }
  return headers;
}

/** Of `sip:agent@host?X-Order=12&User-to-User=…`. */
function queryHeaders(place: TwimlElement, query = ''): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) addHeader(headers, place, name, value);
  return headers;
}

/** What an app may set: its own, and what telephone systems hand on to each other (RFC 7433). */
function addHeader(
  headers: Record<string, string>,
  place: TwimlElement,
  name: string,
  value: string,
): void {
  if (/^(X-[\w-]+|User-to-User)$/i.test(name) && !/[\r\n]/.test(value)) headers[name] = value;
  else place.tell(`The header '${name}' may not be set: names begin with X-. It is left out.`);
}
