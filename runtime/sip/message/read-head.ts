import { TOKEN, isBlank, isIn } from './characters';
import { HeaderTable } from './header-table';
import { hashStep, headerIdAt, headerNames } from './header-names';
import { trimmed } from './header-values';
import type { MessageLimits } from './limits';
import { MessageError } from './message-error';

/** The header fields of a head, and the first thing that was wrong with them. */
export interface FieldsRead {
  readonly headers: HeaderTable;
  readonly problem: MessageError | undefined;
}

const CR = 13;
const COLON = 58;

/**
 * Reads the header fields from `start` to the empty line at `headEnd`, where `text` has CRLF CRLF.
 * Goes on after a malformed field, so that the request can be answered by the others.
 */
export function readFields(
  text: string,
  start: number,
  headEnd: number,
  limits: MessageLimits,
): FieldsRead {
  const headers = new HeaderTable();
  let problem: MessageError | undefined;
  let line = start;
  let count = 0;
  while (line < headEnd) {
    let hash = 0;
    let i = line;
    for (;;) {
      const code = text.charCodeAt(i);
      if (!isIn(code, TOKEN)) break;
      hash = hashStep(hash, code);
      i += 1;
    }
    const nameEnd = i;
    // RFC 3261 §25.1 HCOLON: white space may stand before the colon.
    while (isBlank(text.charCodeAt(i))) i += 1;
    const named = nameEnd > line && text.charCodeAt(i) === COLON;
    if (!named) problem ??= new MessageError('header field without a name and a colon');

    const valueStart = i + 1;
    let end = lineEnd(text, i);
    let value: string;
    if (isFolded(text, end)) {
      value = '';
      let from = valueStart;
      for (;;) {
        // RFC 3261 §7.3.1: a fold, with the white space round it, is one SP.
        const part = trimmed(text, from, end);
        value = value === '' || part === '' ? value + part : `${value} ${part}`;
        if (!isFolded(text, end)) break;
        from = end + 3;
        end = lineEnd(text, from);
      }
    } else {
      value = trimmed(text, valueStart, end);
    }
    // A CR or LF by itself is no line end: taken for one by somebody else, it would smuggle a header.
    if (value.includes('\n') || text.charCodeAt(end + 1) !== 10) {
      problem ??= new MessageError('CR or LF alone in a header field');
    } else if (named) {
      const id = headerIdAt(text, line, nameEnd, hash);
      headers.add(id, id === 0 ? text.slice(line, nameEnd) : (headerNames[id] as string), value);
    }
    count += 1;
    if (count > limits.maxHeaders) {
      problem = new MessageError('too many header fields', { status: 513 });
      break;
    }
    if (end - line > limits.maxHeaderLine) {
      problem ??= new MessageError('header field too long', { status: 513 });
    }
    line = end + 2;
  }
  return { headers, problem };
}

/** The next CR at or after `from`: there is always that of the empty line. */
function lineEnd(text: string, from: number): number {
  return text.indexOf('\r', from);
}

/** Whether the line that ends at `end` goes on in the next. */
function isFolded(text: string, end: number): boolean {
  return text.charCodeAt(end + 1) === 10 && isBlank(text.charCodeAt(end + 2));
}

/** Where the start line begins: empty lines before it are ignored (RFC 3261 §7.5). */
export function skipEmptyLines(text: string): number {
  let i = 0;
  while (text.charCodeAt(i) === CR && text.charCodeAt(i + 1) === 10) i += 2;
  return i;
}
