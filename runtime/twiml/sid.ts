import { hash } from 'node:crypto';

/** What Twilio's names of things begin with. */
export type SidPrefix = 'AC' | 'CA' | 'RE' | 'CF' | 'QU' | 'MZ' | 'CP' | 'PN';

/** The account where none is configured: everything here belongs to one. */
export const NO_ACCOUNT = `AC${'0'.repeat(32)}`;

/**
 * The name that Twilio's apps know a thing by, derived from ours: two letters and 32 hex digits, the same for the same
 * id at all times and on all servers. From a name nobody finds the id; whoever needs the way back keeps a list.
 */
export function sidOf(prefix: SidPrefix, id: string): string {
  return prefix + hash('sha256', id, 'hex').slice(0, 32);
}

/** Of a call, or of a leg that a call dialled, by our id. */
export function callSid(id: string): string {
  return sidOf('CA', id);
}

/** Of a recording, by the path of its file as the flow layer has it. */
export function recordingSid(path: string): string {
  return sidOf('RE', path);
}

/** Of a conference, by its id: another one of the same name has another. */
export function conferenceSid(id: string): string {
  return sidOf('CF', id);
}

/** Of a queue, by its name. */
export function queueSid(name: string): string {
  return sidOf('QU', name);
}

/** Whether a text is such a name. */
export function isSid(text: string, prefix: SidPrefix): boolean {
  return text.startsWith(prefix) && /^[A-Z]{2}[0-9a-f]{32}$/i.test(text);
}
