import type { CallEnd } from '../call/port';
import type { TranscriptEntry } from './port';

/** Characters of what a prompt says; the entries have all of it. */
const longestText = 72;

/** What happens in a call, as it happens. */
export class Transcript {
  readonly entries: TranscriptEntry[] = [];

  /** @param elapsed milliseconds since the call came */
  constructor(private readonly elapsed: () => number) {}

  caller(did: string): void {
    this.entries.push({ at: this.elapsed(), type: 'caller', did });
  }

  state(state: string): void {
    this.entries.push({ at: this.elapsed(), type: 'state', state });
  }

  call(did: string): void {
    this.entries.push({ at: this.elapsed(), type: 'call', did });
  }

  problem(message: string): void {
    this.entries.push({ at: this.elapsed(), type: 'problem', message });
  }

  end(end: CallEnd): void {
    this.entries.push({ at: this.elapsed(), type: 'end', end });
  }

  /** The returned function is told when the prompt was stopped before its end: how far it came. */
  prompt(name: string, text: string): (stopped: number) => void {
    const index = this.entries.push({ at: this.elapsed(), type: 'prompt', name, text }) - 1;
    return (stopped) => {
      const entry = this.entries[index];
      if (entry?.type === 'prompt') this.entries[index] = { ...entry, stopped };
    };
  }
}

/** @param result how the flow ended, for the last line */
export function writeTranscript(
  entries: readonly TranscriptEntry[],
  result?: { readonly type: string; readonly state: string },
): string {
  const last = entries.at(-1);
  const width = Math.max(6, seconds(last?.at ?? 0).length + 1);
  const line = (at: number, who: string, what: string): string =>
    `${seconds(at).padStart(width)}  ${who.padEnd(8)}  ${what}`;
  const lines = entries.map((entry) => line(entry.at, ...wordsOf(entry)));
  if (last === undefined || result === undefined) return lines.join('\n');
  const end = resultWords(result);
  // A flow may go on when its call is over.
  if (last.type !== 'end') return [...lines, line(last.at, 'flow', end)].join('\n');
  return `${lines.join('\n')} (${end})`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(1);
}

function wordsOf(entry: TranscriptEntry): readonly [string, string] {
  switch (entry.type) {
    case 'caller':
    case 'call':
      return [entry.type, entry.did];
    case 'state':
      return ['flow', entry.state];
    case 'problem':
      return ['problem', entry.message];
    case 'prompt':
      return ['prompt', promptWords(entry)];
    case 'end':
      return ['end', endWords(entry.end)];
  }
}

/** A prompt, and what it says. */
export function promptWords({
  name,
  text,
}: {
  readonly name: string;
  readonly text: string;
}): string {
  // Of a tone there are no words.
  if (text === '' || text.startsWith('<')) return name;
  const words = `"${shortened(text)}"`;
  return text === name ? words : `${name}: ${words}`;
}

function shortened(text: string): string {
  if (text.length <= longestText) return text;
  const cut = text.slice(0, longestText);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), longestText - 20)).trimEnd()} …`;
}

/** Who ended the call, and how, when it was no plain good-bye. */
export function endWords({ by, cause, status, reason }: CallEnd): string {
  const why = reason === '' ? '' : `: ${reason}`;
  if (cause === 'bye') {
    return by === 'system' ? `the call ended${why}` : `the ${by} hung up${why}`;
  }
  if (cause === 'cancel') return `the ${by} hung up before an answer`;
  if (cause === 'transferred') return 'the call was transferred';
  if (by === 'flow')
    return `the flow ${cause} the call: ${status}${reason === '' ? '' : ` ${reason}`}`;
  return `${cause}${why}`;
}

function resultWords({ type, state }: { readonly type: string; readonly state: string }): string {
  if (type === 'failed') return `failed in ${state}`;
  return type === 'final' ? `final: ${state}` : `left in ${state}`;
}
