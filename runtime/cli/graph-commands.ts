import type { Command } from 'commander';
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
    .requiredOption(
      '-o, --output <file>',
      'what to write: .svg, .png, .dot or .mmd; - is standard output',
    )
    .option('--format <name>', 'svg, png, dot or mmd, where the name of the file does not say')
    .option(...languageOption)
    .option(...scaleOption)
    .option(...configOption)
    .addHelpText(
      'after',
      `
Examples:
  $ callchart graph flows/reception.flow.ts -o reception.svg
  $ callchart graph flows/reception.flow.ts -o reception.png --scale 3`,
    )
    .action(async (flow: string, options: GraphOptions) => {
      const { graph } = await import('./graph');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = await graph(flow, options);
    });
}
