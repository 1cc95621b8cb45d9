import type { Command } from 'commander';
import type { DiffOptions } from './diff';
import type { GraphOptions } from './graph';
import { whenReaderLeaves } from './output';

const configOption = [
  '-c, --config <file>',
  'the configuration file (default: ./callchart.config.ts if there)',
] as const;
const languageOption = ['--language <tag>', 'show what prompts say in this language: de'] as const;
const scaleOption = ['--scale <number>', 'dots of a .png to a length of the picture', '2'] as const;

/** `callchart graph` and `callchart diff`. What they do is loaded when one of them is called. */
export function addGraphCommands(program: Command): void {
  program
    .command('graph')
    .description(
      'draw a flow: its states, what the caller hears in them, and which key leads where',
    )
    .argument('<flow>', 'the flow: flows/reception.flow.ts')
    .option('-o, --output <file>', 'what to write: .svg, .png, .dot or .mmd; - is standard output')
    .option('--format <name>', 'svg, png, dot or mmd, where the name of the file does not say')
    .option('--coverage [folder]', 'show what tests reach, as callchart test has left it')
    .option('--calls', 'show what real calls did, from their records')
    .option('--since <when>', 'with --calls: not those before 7d, 24h or 2026-11-01')
    .option(...languageOption)
    .option(...scaleOption)
    .option('--json', 'print what stands on the picture as JSON')
    .option(...configOption)
    .addHelpText(
      'after',
      `
Examples:
  $ callchart graph flows/reception.flow.ts -o reception.svg
  $ callchart graph flows/reception.flow.ts -o reception.png --scale 3 --language de
  $ callchart graph flows/reception.flow.ts -o tested.svg --coverage
  $ callchart graph flows/reception.flow.ts -o week.svg --calls --since 7d
  $ callchart graph flows/reception.flow.ts -o - --format mmd`,
    )
    .action(async (flow: string, options: GraphOptions) => {
      const { graph } = await import('./graph');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = await graph(flow, options);
    });

  program
    .command('diff')
    .description('say what is different between two versions of a flow, and where callers end up')
    .argument('<old>', 'the flow as it was; alone: the flow as it is, against git')
    .argument('[new]', 'the flow as it is')
    .option('-o, --output <file>', 'draw both in one: .svg, .png, .dot, .mmd, or .md for the words')
    .option('--format <name>', 'svg, png, dot, mmd or md, where the name of the file does not say')
    .option('--revision <name>', 'with one flow: which revision of git it is compared with', 'HEAD')
    .option(...languageOption)
    .option(...scaleOption)
    .option('--json', 'print the differences as JSON')
    .option(...configOption)
    .addHelpText(
      'after',
      `
Exit status: 0 when there is no difference, 1 when there is one, 2 when it cannot be told.

Examples:
  $ callchart diff flows/reception.flow.ts
  $ callchart diff flows/reception.flow.ts --revision v1.2 -o changes.svg
  $ callchart diff old/reception.flow.ts flows/reception.flow.ts --json`,
    )
    .action(async (first: string, second: string | undefined, options: DiffOptions) => {
      const { diff } = await import('./diff');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = await diff(first, second, options);
    });
}
