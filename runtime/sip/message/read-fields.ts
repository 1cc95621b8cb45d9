import { TOKEN, isBlank, skipBlanks, skipClass } from './characters';
import type { FieldChecker } from './field-checker';
import { headerIdAt } from './header-names';
import { trimmed } from './header-values';
import type { MessageLimits } from './limits';
import { MessageError } from './message-error';

const COLON = 58;
const LF = 10;

/**
 * Reads the header fields from `start` to the empty line at `headEnd`, where `text` has CRLF CRLF, into
 * the checker's message. Goes on after a malformed field, so that the request can be answered by the
 * others.
 */
export function readFields(
  text: string,
  start: number,
  headEnd: number,
  checker: FieldChecker,
  limits: MessageLimits,
): void {
  const { headers } = checker.message;
  let line = start;
  let lines = 0;
  while (line < headEnd) {
    lines += 1;
    if (lines > limits.maxHeaders) {
      checker.failField(new MessageError('too many header fields', { status: 513 }));
      return;
    }
    // A name that the table has needs no look at its characters; the search may run past the line.
    let i = text.indexOf(':', line);
    let nameEnd = i;
    let id = i < 0 ? 0 : headerIdAt(text, line, i);
    let named = id !== 0;
    if (!named) {
      nameEnd = skipClass(text, line, headEnd, TOKEN);
      // RFC 3261 §25.1 HCOLON: white space may stand before the colon.
      i = skipBlanks(text, nameEnd, headEnd);
      named = nameEnd > line && text.charCodeAt(i) === COLON;
      id = headerIdAt(text, line, nameEnd);
    }

    i += 1;
    let end = text.indexOf('\r', i - 1);
    if (!named) {
      checker.failField(new MessageError('header field without a name and a colon'));
    } else {
      const key = id === 0 ? text.slice(line, nameEnd) : id;
      if (isFolded(text, end)) {
        const lastEnd = unfold(text, i, end);
        headers.add(key, unfolded);
        checker.check(id, unfolded, 0, unfolded.length);
        if (unfolded.includes('\n')) checker.failField(new MessageError(STRAY));
        end = lastEnd;
      } else {
        let valueEnd = end;
        while (i < valueEnd && isBlank(text.charCodeAt(i))) i += 1;
        while (i < valueEnd && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd -= 1;
        headers.add(key, text.slice(i, valueEnd));
        // Checked in the text of the head: to read the slice would cost half as much again.
        checker.check(id, text, i, valueEnd);
        if (text.indexOf('\n', i) !== end + 1) checker.failField(new MessageError(STRAY));
      }
    }
    if (text.charCodeAt(end + 1) !== LF) checker.failField(new MessageError(STRAY));
    if (end - line > limits.maxHeaderLine) {
      checker.fail(new MessageError('header field too long', { status: 513 }));
    }
    line = end + 2;
  }
}

/** Taken for a line end by somebody else, it would smuggle a header. */
const STRAY = 'CR or LF alone in a header field';

/** Whether the line that ends at `end` goes on in the next. */
function isFolded(text: string, end: number): boolean {
  return text.charCodeAt(end + 1) === LF && isBlank(text.charCodeAt(end + 2));
}

let unfolded = '';

/**
 * Joins the lines of a field into {@link unfolded} and gives the end of the last: a fold, with the white
 * space round it, is one SP (RFC 3261 §7.3.1).
 */
function unfold(text: string, start: number, firstEnd: number): number {
  const parts: string[] = [];
  let from = start;
  let end = firstEnd;
  for (;;) {
    const part = trimmed(text, from, end);
    if (part !== '') parts.push(part);
    if (!isFolded(text, end)) break;
    from = end + 3;
    end = text.indexOf('\r', from);
  }
  unfolded = parts.join(' ');
  return end;
}

/** Where the start line begins: empty lines before it are ignored (RFC 3261 §7.5). */
export function skipEmptyLines(text: string): number {
  let i = 0;
  while (text.charCodeAt(i) === 13 && text.charCodeAt(i + 1) === LF) i += 2;
  return i;
}
