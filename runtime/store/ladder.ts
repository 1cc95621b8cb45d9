import { parse } from 'sdp-transform';
import type { TracedMessage } from './sip-trace';

export interface LadderOptions {
  /** Characters of the terminal's line; 80. The ladder is wider when its columns need more. */
  readonly width?: number;
}

const timeWidth = 11;
/** Half of an address, left of the first column and right of the last. */
const margin = 10;
const narrowest = 24;
const widest = 64;

/** What the ladder shows of one message. */
interface Step {
  readonly time: number;
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly description: string | undefined;
}

/**
 * Messages as a ladder for a terminal: a column an address, in the order in which they appear, an arrow a
 * message with the seconds since the first, and below it what its SDP says. A message that was sent before
 * is marked `(again)`.
 */
export function renderLadder(
  messages: readonly TracedMessage[],
  options: LadderOptions = {},
): string {
  const [first] = messages;
  if (first === undefined) return '';
  const columns: string[] = [];
  const seen = new Set<string>();
  const steps = messages.map((message): Step => {
    const [from, to] =
      message.direction === 'in'
        ? [message.remote, message.local]
        : [message.local, message.remote];
    // The bytes are the same when a message is retransmitted (RFC 3261 §17.1.1.2).
    const key = `${from} ${to} ${message.text}`;
    const again = seen.has(key);
    seen.add(key);
    return {
      time: message.time - first.time,
      from: columnOf(columns, from),
      to: columnOf(columns, to),
      label: again ? `${label(message.text)} (again)` : label(message.text),
      description: again ? undefined : describeSdp(message.text),
    };
  });

  const room = Math.floor(
    ((options.width ?? 80) - timeWidth - 2 * margin) / Math.max(1, columns.length - 1),
  );
  const spacing = Math.min(widest, Math.max(narrowest, room));
  const lines = [heading(columns, spacing), blank(columns.length, spacing)];
  for (const step of steps) {
    lines.push(arrow(step, columns.length, spacing));
    if (step.description !== undefined) {
      lines.push(remark(step.description, step, columns.length, spacing));
    }
  }
  lines.push(blank(columns.length, spacing));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function columnOf(columns: string[], address: string): number {
  const index = columns.indexOf(address);
  return index >= 0 ? index : columns.push(address) - 1;
}

/** Where the line of a column stands. */
function position(column: number, spacing: number): number {
  return timeWidth + margin + column * spacing;
}

function heading(columns: readonly string[], spacing: number): string {
  let text = '';
  for (const [index, address] of columns.entries()) {
    const shown = shorten(address, spacing - 2);
    const start = position(index, spacing) - Math.floor(shown.length / 2);
    text = text.padEnd(start) + shown;
  }
  return text;
}

function blank(columns: number, spacing: number): string {
  return canvas(columns, spacing).join('');
}

function canvas(columns: number, spacing: number): string[] {
  const cells = Array<string>(position(columns - 1, spacing) + 1).fill(' ');
  for (let column = 0; column < columns; column += 1) cells[position(column, spacing)] = '│';
  return cells;
}

function put(cells: string[], start: number, text: string): void {
  for (let index = 0; index < text.length; index += 1) {
    cells[start + index] = text.charAt(index);
  }
}

function arrow(step: Step, columns: number, spacing: number): string {
  const cells = canvas(columns, spacing);
  put(cells, 0, (step.time / 1000).toFixed(3).padStart(timeWidth - 2));
  if (step.from === step.to) {
    put(cells, position(step.from, spacing) + 1, `↺ ${step.label}`);
    return cells.join('');
  }
  const left = position(Math.min(step.from, step.to), spacing) + 1;
  const right = position(Math.max(step.from, step.to), spacing) - 1;
  put(cells, left, '─'.repeat(right - left + 1));
  if (step.from < step.to) cells[right] = '>';
  else cells[left] = '<';
  const text = ` ${shorten(step.label, right - left - 5)} `;
  put(cells, left + Math.floor((right - left + 1 - text.length) / 2), text);
  return cells.join('');
}

function remark(text: string, step: Step, columns: number, spacing: number): string {
  const cells = canvas(columns, spacing);
  const left = position(Math.min(step.from, step.to), spacing);
  const width = Math.max(1, Math.abs(step.from - step.to)) * spacing - 3;
  const shown = shorten(text, width);
  put(cells, left + 1 + Math.ceil((width - shown.length) / 2) + 1, shown);
  return cells.join('');
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/**
 * `INVITE sip:reception@127.0.0.1`, `200 OK (INVITE)`. Reads the text and not a parsed message: a trace
 * is there to show what a parser refused.
 */
function label(text: string): string {
  const lines = text.split(/\r?\n/);
  const start = printable(lines[0] ?? '');
  if (!start.startsWith('SIP/2.0 ')) return start.replace(/ SIP\/2\.0$/, '');
  const sequence = lines.find((line) => line.toLowerCase().startsWith('cseq:'));
  const method = sequence === undefined ? '' : printable(sequence.split(/\s+/).at(-1) ?? '');
  return `${start.slice('SIP/2.0 '.length)}${method === '' ? '' : ` (${method})`}`;
}

/** A message from the network must not steer the terminal. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what must not be printed
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, '·');
}

/** `audio 192.0.2.10:4000 sendonly PCMU PCMA`; undefined without a description. */
function describeSdp(text: string): string | undefined {
  const start = text.search(/^v=0\r?$/m);
  if (start < 0) return undefined;
  const { media, connection, direction } = parse(text.slice(start));
  const streams = media.map((stream) => {
    const host = (stream.connection ?? connection)?.ip ?? '?';
    // sdp-transform makes numbers of texts that look like one, whatever its types say.
    const payloads: unknown = stream.payloads ?? '';
    const formats = `${payloads as string | number}`.split(' ').map((format) => {
      const map = stream.rtp.find(({ payload }) => String(payload) === format);
      return map === undefined ? (wellKnown[format] ?? format) : map.codec;
    });
    const way = stream.direction ?? direction ?? 'sendrecv';
    const shown = [stream.type, `${host}:${stream.port}`, ...formats];
    // Only what is out of the ordinary.
    if (way !== 'sendrecv') shown.splice(2, 0, way);
    return shown.join(' ');
  });
  return streams.length === 0 ? undefined : printable(streams.join(', '));
}

/** RFC 3551 §6: what phones offer without a=rtpmap. */
const wellKnown: Readonly<Record<string, string>> = {
  '0': 'PCMU',
  '3': 'GSM',
  '8': 'PCMA',
  '9': 'G722',
  '13': 'CN',
  '18': 'G729',
};
