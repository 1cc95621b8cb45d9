import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Everybody in the flows, and where the RFC says they are. Bob moves in flow 3.7, and is elsewhere in 3.6. */
export type Party =
  | 'Alice'
  | 'Bob'
  | 'Proxy 1'
  | 'Proxy 2'
  | 'Proxy 3'
  | 'SIP Server'
  | 'SIP ALG'
  | 'Redirect Server';

/** A message of a flow, with its transport made that of the simulation. */
export interface FlowMessage {
  readonly id: string;
  readonly from: Party;
  readonly to: Party;
  /** Start line and fields, unfolded, as the RFC has them. */
  readonly start: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface Flow {
  readonly section: string;
  readonly title: string;
  readonly messages: readonly FlowMessage[];
}

interface Written {
  readonly id: string;
  readonly label: string;
  readonly head: string;
  readonly body: string;
}

interface Corrections {
  readonly added: readonly {
    readonly flow: string;
    readonly before: string;
    readonly id: string;
    readonly sameAs?: string;
    readonly label?: string;
    readonly head?: readonly string[];
  }[];
  readonly changed: readonly {
    readonly flow: string;
    readonly id: string;
    readonly from: string;
    readonly to: string;
    readonly body?: string;
    readonly reason: string;
  }[];
}

const folder = join(__dirname, '../../vectors/rfc3665');

/** All flows, corrected. Throws where a correction does not fit, so that none outlives its reason. */
export function readFlows(): readonly Flow[] {
  const written = read('flows.json') as Record<string, { title: string; messages: Written[] }>;
  const corrections = read('corrections.json') as Corrections;
  return Object.entries(written).map(([section, { title, messages }]) => ({
    section,
    title,
    messages: added(section, changed(section, messages, corrections), corrections).map(readMessage),
  }));
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

function added(section: string, messages: readonly Written[], corrections: Corrections): Written[] {
  const all = [...messages];
  for (const { flow, before, id, sameAs, label, head } of corrections.added) {
    if (flow !== section) continue;
    const same = sameAs === undefined ? undefined : find(all, sameAs);
    const message = same ?? { label: label ?? '', head: (head ?? []).join('\r\n'), body: '' };
    all.splice(all.indexOf(find(all, before)), 0, { ...message, id });
  }
  return all;
}

function changed(
  section: string,
  messages: readonly Written[],
  corrections: Corrections,
): Written[] {
  const all = [...messages];
  for (const { flow, id, from, to, body } of corrections.changed) {
    if (flow !== section) continue;
    const message = find(all, id);
    if (!message.head.includes(from)) throw new Error(`${flow} ${id} has no ${from}`);
    all[all.indexOf(message)] = {
      ...message,
      head: message.head.replace(from, to),
      body: body === undefined ? message.body : find(all, body).body,
    };
  }
  return all;
}

function find(messages: readonly Written[], id: string): Written {
  const message = messages.find((each) => each.id === id);
  if (message === undefined) throw new Error(`no message ${id}`);
  return message;
}

function readMessage({ id, label, head, body }: Written): FlowMessage {
  const [, from, to] =
    /(Alice|Bob|SIP Server|SIP ALG|Redirect \w+|Proxy(?: \d)?) -> (.+)$/.exec(label) ?? [];
  if (from === undefined || to === undefined) throw new Error(`who sends ${label}?`);
  const [start = '', ...lines] = simulated(head)
    .trimEnd()
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const fields = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return { id, from: party(from), to: party(to), start, fields, body };
}

/** The network of the simulation carries datagrams: every hop is one of UDP, and sips is sip. */
function simulated(head: string): string {
  return head
    .replaceAll('sips:', 'sip:')
    .replaceAll(';transport=tcp', '')
    .replaceAll(
      'SIP/2.0/TLS client.biloxi.example.com:5061',
      'SIP/2.0/UDP client.biloxi.example.com:5060',
    )
    .replaceAll('SIP/2.0/TCP', 'SIP/2.0/UDP');
}

function party(name: string): Party {
  switch (name) {
    case 'Redirect Proxy':
      return 'Redirect Server';
    case 'Proxy':
      // Flow 3.6 F10.
      return 'Proxy 3';
    default:
      return name as Party;
  }
}

export function field({ fields }: FlowMessage, name: string): string | undefined {
  return fields.find(([each]) => each === name)?.[1];
}

/** `INVITE`, of a response too. */
export function methodOf(message: FlowMessage): string {
  return field(message, 'CSeq')?.split(' ')[1] ?? '';
}

/** Of a response; undefined for a request. */
export function statusOf({ start }: FlowMessage): number | undefined {
  const [, status] = /^SIP\/2\.0 (\d{3}) /.exec(start) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** The octets of a message, after something was done to the text of its head. */
export function textOf(
  { start, fields, body }: FlowMessage,
  edit: (text: string) => string = (text) => text,
): string {
  const head = [start, ...fields.map(([name, value]) => `${name}: ${value}`)].join('\r\n');
  return `${edit(head)}\r\n\r\n${body}`;
}
