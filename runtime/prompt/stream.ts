import type { PlayItem } from '../core/audio';
import type { PromptStream } from './port';
import type { SpokenText } from './tts/spoken-text';

/** A piece of a prompt: sound that is there, or a text that is being spoken. */
export type Source = PlayItem | SpokenText | undefined;

/**
 * What of a prompt can be heard now, and what follows as it is made. Resolves when there is something to be heard;
 * rejects when that fails.
 */
export async function streamOf(sources: readonly Source[]): Promise<PromptStream> {
  const items: PlayItem[] = [];
  for (const [index, source] of sources.entries()) {
    if (source === undefined) continue;
    if ('type' in source) {
      items.push(source);
      continue;
    }
    if (items.length === 0) await source.begun();
    const taken = source.parts.length;
    items.push(...source.parts.map(clipItem));
    if (!source.over) return { items, rest: following(source, taken, sources.slice(index + 1)) };
    // Throws when it has failed.
    await source.whole();
  }
  return { items, rest: undefined };
}

async function* following(
  first: SpokenText,
  taken: number,
  others: readonly Source[],
): AsyncGenerator<readonly PlayItem[], void> {
  for await (const part of first.from(taken)) yield [clipItem(part)];
  for (const source of others) {
    if (source === undefined) continue;
    if ('type' in source) yield [source];
    else for await (const part of source.from()) yield [clipItem(part)];
  }
}

function clipItem(clip: SpokenText['parts'][number]): PlayItem {
  return { type: 'clip', clip };
}
