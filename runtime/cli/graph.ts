import { writeFileSync } from 'node:fs';
import { describeError } from '../core/errors';
import { loadFlows } from '../flow/load';
import { mapMachine } from '../flow/machine-map';
import { draw, formatOf, formats, type Format } from '../graph/draw';
import { pictureOf } from '../graph/picture-of';
import { openCatalog } from '../prompt/catalog';
import { loadConfig } from './load-config';

export interface GraphOptions {
  readonly output: string;
  readonly format?: string;
  readonly language?: string;
  readonly scale: string;
  readonly config?: string;
}

/** `callchart graph`: draws a flow. Resolves with the exit status. */
export async function graph(file: string, options: GraphOptions): Promise<number> {
  const format = formatFor(options);
  if (typeof format !== 'string') return wrongUsage(format.problem);
  const scale = Number(options.scale);
  if (!(scale >= 0.1 && scale <= 10)) {
    return wrongUsage(`--scale ${options.scale}: must be a number from 0.1 to 10`);
  }
  const config = loadConfig(options.config);
  const catalog = openCatalog({
    directories: [config.prompts.directory],
    toneCountry: config.media.toneCountry,
  });
  const { flows, problems } = loadFlows([file]);
  const [flow] = flows;
  if (flow === undefined) return failed(problems.map(({ message }) => message));
  const picture = pictureOf(mapMachine(flow.machine), (prompt) =>
    catalog.text(prompt, options.language),
  );
  const { data, simplified } = await draw(picture, format, scale);
  if (simplified) {
    process.stderr.write('callchart: the flow is large: it is laid out in a simpler way\n');
  }
  return write(options.output, data);
}

/** What `--format` says, or else the name of the file. */
export function formatFor({
  output,
  format,
}: Pick<GraphOptions, 'output' | 'format'>): Format | { readonly problem: string } {
  const named = formats.find((each) => each === format);
  if (format !== undefined) {
    return named ?? { problem: `--format ${format}: must be one of ${formats.join(', ')}` };
  }
  if (output === '-') return { problem: `-o -: give --format, one of ${formats.join(', ')}` };
  return (
    formatOf(output) ?? {
      problem: `-o ${output}: the name must end in one of ${formats.map((each) => `.${each}`).join(', ')}, or give --format`,
    }
  );
}

/** To the file, or to standard output for `-`. */
export function write(output: string, data: string | Buffer): number {
  if (output === '-') {
    process.stdout.write(data);
    return 0;
  }
  try {
    writeFileSync(output, data);
  } catch (error) {
    return failed([`${output} cannot be written: ${describeError(error)}`]);
  }
  return 0;
}

export function failed(messages: readonly string[]): 1 {
  for (const message of messages) process.stderr.write(`callchart: ${message}\n`);
  return 1;
}

export function wrongUsage(message: string): 2 {
  process.stderr.write(`callchart: ${message}\n`);
  return 2;
}
