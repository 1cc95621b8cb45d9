import { readFile } from 'node:fs/promises';
import { WaveFile } from 'wavefile';
import { describeError } from '../../core/errors';
import { decodeSound } from '../decode-sound';
import type { PromptCatalog } from '../port';
import type { Sound } from '../wav';
import { judge, usualLevel, type LevelFinding } from './judge';
import { measure, type Levels } from './measure';

/** One file of a prompt. */
export interface Recording {
  readonly name: string;
  /** Undefined for one outside of the languages' folders. */
  readonly language: string | undefined;
  readonly path: string;
}

export interface CheckedRecording extends Recording {
  /** Undefined of a file that cannot be read. */
  readonly levels: Levels | undefined;
  readonly findings: readonly LevelFinding[];
}

/** The recordings of a catalog, by language and name; `language` and `names` choose among them. */
export function recordingsOf(
  catalog: PromptCatalog,
  { language, names = catalog.names }: { language?: string; names?: readonly string[] } = {},
): Recording[] {
  const found = new Map<string, Recording>();
  for (const tag of language === undefined ? catalog.languages : [language]) {
    for (const name of names) {
      const prompt = catalog.find(name, tag, { exact: true });
      if (prompt?.type !== 'recorded') continue;
      found.set(prompt.path, { name, language: prompt.language, path: prompt.path });
    }
  }
  return [...found.values()];
}

/** Reads a file of any kind that prompts may have. Rejects with an `Error` that says what is wrong with it. */
export async function readRecording({ path }: Pick<Recording, 'path'>): Promise<Sound> {
  return decodeSound(await readFile(path));
}

/**
 * Measures and judges recordings, in their order. Those of one language are held against each other; what is outside
 * of all languages, such as music, has no level to keep to. `onProgress` is told after each file.
 */
export async function checkRecordings(
  recordings: readonly Recording[],
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<CheckedRecording[]> {
  const measured: { recording: Recording; levels?: Levels; problem?: string }[] = [];
  for (const recording of recordings) {
    try {
      measured.push({ recording, levels: measure(await readRecording(recording)) });
    } catch (error) {
      measured.push({ recording, problem: describeError(error) });
    }
    onProgress(measured.length, recordings.length);
  }
  return measured.map(({ recording, levels, problem = '' }): CheckedRecording => {
    if (levels === undefined) {
      const message = `It cannot be read: ${problem}. Record it again, as a WAV file.`;
      return { ...recording, levels, findings: [{ problem: 'unreadable', message }] };
    }
    if (recording.language === undefined) {
      const findings = judge(levels).filter(({ problem: kind }) => !ofSpeech.has(kind));
      return { ...recording, levels, findings };
    }
    const alike = measured.filter(({ recording: { language } }) => language === recording.language);
    const usual = usualLevel(alike.map((one) => one.levels?.active));
    return { ...recording, levels, findings: judge(levels, usual) };
  });
}

const ofSpeech: ReadonlySet<string> = new Set([
  ...['quiet', 'loud', 'quieter', 'louder'],
  ...['leading', 'trailing'],
]);

/** A WAV file of 16 bits. */
export function wavBytes({ sampleRate, samples }: Sound): Uint8Array {
  const wav = new WaveFile();
  wav.fromScratch(1, sampleRate, '16', samples);
  return wav.toBuffer();
}
