import type { Command } from 'commander';
import { whenReaderLeaves } from './output';
import type { TestOptions } from './test';

/** `callchart test`. What it does is loaded when it is called. */
export function addTestCommands(program: Command): void {
  program
    .command('test')
    .description("run the project's Jest, and say which transitions of its flows no test takes")
    .argument('[args...]', 'test files, and anything else that Jest is to be given')
    .option('--min <percent>', 'fail when less of a flow is covered')
    .option(
      '--json',
      'print the coverage as JSON, one flow a line; what Jest says goes to standard error',
    )
    .option(
      '-c, --config <file>',
      'the configuration file (default: ./callchart.config.ts if there)',
    )
    .allowUnknownOption()
    .addHelpText(
      'after',
      `
Exit status: that of Jest; 1 when less than --min is covered, 2 for wrong usage.

Examples:
  $ callchart test
  $ callchart test test/reception.test.ts --min 90
  $ callchart test --json | jq .missing`,
    )
    .action(async (args: string[], options: TestOptions) => {
      const { test } = await import('./test');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = test(args, options);
    });
}
