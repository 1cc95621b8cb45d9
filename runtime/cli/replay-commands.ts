import type { Command } from 'commander';
import { whenReaderLeaves } from './output';
import type { ReplayOptions } from './replay';

/** `callchart replay`. What it does is loaded when it is called. */
export function addReplayCommands(program: Command): void {
  program
    .command('replay')
    .description('run a call again, as its flow log has it, on the same flow or on a changed one')
    .argument('<call-id>', "a call's id, or its beginning, as `callchart calls` shows it")
    .option('-f, --flow <file>', 'replay it on this flow instead of the version that it ran on')
    .option('--to-test <file>', 'write the call as a Jest test of its flow; - is standard output')
    .option(
      '-c, --config <file>',
      'the configuration file (default: ./callchart.config.ts if there)',
    )
    .option('--json', 'print the steps as JSON, one a line, and then where it parts')
    .addHelpText(
      'after',
      `
Nothing is done again that reaches beyond the flow: its actors get the outcomes that they had then.
Exit status: 0 when the flow does what it did, 1 when it parts or there is no such call, 2 for wrong usage.

Examples:
  $ callchart replay 7f3a
  $ callchart replay 7f3a --flow flows/reception.flow.ts
  $ callchart replay 7f3a --to-test test/call-7f3a.test.ts`,
    )
    .action(async (id: string, options: ReplayOptions) => {
      const { replay } = await import('./replay');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = await replay(id, options);
    });
}
