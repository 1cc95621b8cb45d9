import { parseAuth } from '../../../runtime/sip/message/auth-params';
import { elementsOf } from '../../../runtime/sip/message/header-lists';
import type { SipMessage } from '../../../runtime/sip/message/message';

/** Fields whose values are a list, however many lines they take. */
const lists: ReadonlySet<string> = new Set(['via', 'route', 'record-route', 'contact']);

/** Checked apart: their nonces and digests are ours. */
const digests: ReadonlySet<string> = new Set([
  'www-authenticate',
  'proxy-authenticate',
  'authorization',
  'proxy-authorization',
]);

/**
 * How a message that we sent differs from the one in the RFC, the examples in it replaced by what is ours: empty where
 * it does not. `+Name` is a field that the RFC has not, `-Name` one that only the RFC has, `Name: a, not b` another
 * value. The order of fields of different names says nothing (RFC 3261 §7.3.1).
 */
export function differences(ours: SipMessage, theirs: SipMessage, made: boolean): string[] {
  const found: string[] = [];
  const [start, expected] = [startLine(ours), startLine(theirs)];
  if (start !== expected) found.push(`start: ${start}, not ${expected}`);
  const mine = valuesByName(ours);
  const wanted = valuesByName(theirs);
  for (const [key, { name, values }] of mine) {
    const other = wanted.get(key);
    if (other === undefined) {
      found.push(`+${name}`);
    } else if (made && digests.has(key)) {
      found.push(...challengeDifferences(name, values, other.values));
    } else if (values.join('\n') !== other.values.join('\n')) {
      found.push(differentValues(name, values.join(' | '), other.values.join(' | ')));
    }
  }
  for (const [key, { name }] of wanted) if (!mine.has(key)) found.push(`-${name}`);
  if (Buffer.compare(ours.body, theirs.body) !== 0) found.push('body');
  return found;
}

function differentValues(name: string, ours: string, theirs: string): string {
  if (name === 'To') {
    if (ours.replace(/;tag=.*/, '') === theirs) return '+To tag';
    if (ours === theirs.replace(/^[^<]*/, '')) return '-To display name';
  }
  return `${name}: ${ours}, not ${theirs}`;
}

function startLine(message: SipMessage): string {
  return message.kind === 'request'
    ? `${message.method} ${message.requestUri}`
    : `${message.status} ${message.reason}`;
}

function valuesByName(message: SipMessage): Map<string, { name: string; values: string[] }> {
  const { headers } = message;
  const all = new Map<string, { name: string; values: string[] }>();
  for (const [name] of headers.entries()) {
    const key = name.toLowerCase();
    if (all.has(key)) continue;
    const values = lists.has(key) ? elementsOf(headers, name) : headers.getAll(name);
    // Which of several contacts comes first says nothing: q would (RFC 3261 §20.10).
    const ordered = key === 'contact' ? values.map(normal).sort() : values.map(normal);
    all.set(key, { name, values: ordered });
  }
  return all;
}

/** White space that means nothing, and quotes that a display name need not have. */
function normal(value: string): string {
  return value
    .trim()
    .replace(/\s*;\s*/g, ';')
    .replace(/^"([\w ]*)" *</, '$1 <');
}

/** Of a challenge the parameters count, but for the nonce, which is ours; credentials are checked elsewhere. */
function challengeDifferences(name: string, ours: string[], theirs: string[]): string[] {
  const found: string[] = [];
  if (ours.length !== theirs.length) found.push(`${name}: ${ours.length}, not ${theirs.length}`);
  if (!name.endsWith('Authenticate')) return found;
  ours.forEach((value, index) => {
    const mine = parseAuth(value).params;
    const wanted = parseAuth(theirs[index] ?? value).params;
    for (const [param, expected] of wanted) {
      const got = mine.get(param);
      if (got === undefined) found.push(`-${name} ${param}`);
      else if (param !== 'nonce' && got !== expected) found.push(`${name} ${param}: ${got}`);
    }
    for (const param of mine.keys()) if (!wanted.has(param)) found.push(`+${name} ${param}`);
  });
  return found;
}
