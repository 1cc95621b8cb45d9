import { writeFileSync } from 'node:fs';
import type { ResolvedConfig } from '../config/resolve';
import { describeError } from '../core/errors';
import type { PromptText } from '../graph/describe-actor';
import { draw, formats, type Format } from '../graph/draw';
import type { Picture } from '../graph/picture';
import { projectCatalog } from './project';

/** The options that commands have who write a picture. */
export interface PictureOptions {
  readonly output?: string;
  readonly format?: string;
  readonly language?: string;
  readonly scale: string;
  readonly config?: string;
}

export interface OutputTerms<F extends string> {
  readonly output: string;
  readonly format: F;
  readonly scale: number;
}

/** What is to be written where; a `problem` is wrong usage. `further` formats are no pictures. */
export function outputTerms<F extends string = never>(
  { output = '', format, scale }: PictureOptions,
  further: readonly F[] = [],
): OutputTerms<F | Format> | { readonly problem: string } {
  const all: readonly (F | Format)[] = [...formats, ...further];
  const dots = Number(scale);
  if (!(dots >= 0.1 && dots <= 10)) {
    return { problem: `--scale ${scale}: must be a number from 0.1 to 10` };
  }
  const ending = /\.([^./\\]+)$/.exec(output)?.[1]?.toLowerCase();
  const found = all.find((each) => each === (format ?? ending));
  if (found !== undefined) return { output, format: found, scale: dots };
  const known = all.join(', ');
  if (format !== undefined) return { problem: `--format ${format}: must be one of ${known}` };
  if (output === '-') return { problem: `-o -: give --format, one of ${known}` };
  return { problem: `-o ${output}: its name must end in one of .${known.replaceAll(', ', ', .')}` };
}

/** What prompts say, as the configuration finds them. */
export function promptTexts(config: ResolvedConfig, language: string | undefined): PromptText {
  const catalog = projectCatalog(config);
  return (prompt) => catalog.text(prompt, language);
}

export async function writePicture(
  picture: Picture,
  { output, format, scale }: OutputTerms<Format>,
): Promise<number> {
  const { data, simplified } = await draw(picture, format, scale);
  if (simplified) {
    process.stderr.write(
      'callchart: the flow is large: where a state leads beside its first arrows stands in its box\n',
    );
  }
  return write(output, data);
}

/** To the file, or to standard output for `-`. */
export function write(output: string, data: string | Buffer): number {
  if (output === '-') {
    process.stdout.write(data);
    return 0;
  }
  try {
    writeFileSync(output, data);
    return 0;
  } catch (error) {
    return complain([`${output} cannot be written: ${describeError(error)}`], 1);
  }
}

/** Returns the exit status. */
export function complain(messages: readonly string[], status: number): number {
  for (const message of messages) process.stderr.write(`callchart: ${message}\n`);
  return status;
}
