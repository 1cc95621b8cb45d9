import type { Command } from 'commander';
import type { CheckOptions } from './check';
import { whenReaderLeaves } from './output';

/** `callchart check`. What it does is loaded when it is called. */
export function addCheckCommands(
  program: Command,
  collect: (value: string, previous: string[]) => string[],
): void {
  program
    .command('check')
    .description('walk every way through flows, and say where a call goes wrong')
    .argument('[flow...]', 'flow files, or folders of them (default: those of the configuration)')
    .option('--json', 'print the findings as JSON, one a line')
    .option('--sarif <file>', 'write the findings as SARIF, too, for code hosts')
    .option('--paths <file>', 'write the calls that take every way as a Jest file, which is yours')
    .option(
      '--samples <file>',
      "what the flows' own actors may give, and their events carry (JSON)",
    )
    .option(
      '-l, --language <tag>',
      'prompts must be there in this language (default: in all that there are); may be given again',
      collect,
      [],
    )
    .option(
      '-c, --config <file>',
      'the configuration file (default: ./callchart.config.ts if there)',
    )
    .addHelpText(
      'after',
      `
Exit status: 0 when nothing is wrong, 1 with findings, 2 for wrong usage.

Examples:
  $ callchart check
  $ callchart check flows/reception.flow.ts --language de
  $ callchart check --paths test/flows.paths.test.ts
  $ callchart check --json | jq .message
  $ callchart check --sarif check.sarif --samples samples.json`,
    )
    .action(async (flows: string[], options: CheckOptions) => {
      const { check } = await import('./check');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = await check(flows, options);
    });
}
