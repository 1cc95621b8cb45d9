import { askServer } from '../control/client';
import { controlPath } from '../control/path';
import type { SpeechCounts } from '../prompt/port';
import { loadConfig } from './load-config';
import { formatTable } from './table';

export interface PromptsVoicesOptions {
  readonly json?: boolean;
  readonly config?: string;
}

/** `callchart prompts voices`: how those of the running server do. Resolves with the exit status: 1 when one rests. */
export async function promptsVoices(options: PromptsVoicesOptions): Promise<number> {
  const config = loadConfig(options.config);
  const answer = await askServer(controlPath(config.data.directory), 'voices');
  // What the server of this package writes; another version may leave a member out, never change one.
  const { voices, ...kept } = answer as SpeechCounts;
  if (options.json === true) {
    for (const voice of voices) process.stdout.write(`${JSON.stringify({ ...voice, ...kept })}\n`);
  } else {
    process.stdout.write(`${voicesReport({ voices, ...kept })}\n`);
  }
  return voices.some(({ resting }) => resting) ? 1 : 0;
}

const heading = ['voice', 'language', 'state', 'spoken', 'kept', 'failed', 'refused', 'taken over'];

/** A line a voice, and one for what is kept. */
export function voicesReport({ voices, memory, disk }: SpeechCounts): string {
  const rows = voices.map((each) => [
    each.voice,
    each.language ?? '-',
    each.resting ? 'resting' : 'works',
    ...[each.spoken, each.kept, each.failed, each.refused, each.takenOver].map(String),
  ]);
  const onDisk = disk === undefined ? '' : `, ${megabytes(disk)} on disk`;
  return `${formatTable([heading, ...rows])}\n\nspoken texts: ${megabytes(memory)} in memory${onDisk}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
