import type { Command } from 'commander';
import { whenReaderLeaves } from './output';
import type { QueuesOptions } from './queues';

/** `callchart queues`. What it does is loaded when it is called. */
export function addQueueCommands(program: Command): void {
  program
    .command('queues')
    .description('list the queues: who waits in them now, and what has come of their calls')
    .option('--json', 'print the queues as JSON, one a line, with the calls in them')
    .option(
      '-c, --config <file>',
      'the configuration file (default: ./callchart.config.ts if there)',
    )
    .addHelpText(
      'after',
      `
Without a running server only the numbers are shown. In time: of those who were served, or waited for too long, how
many were served within the queue's serviceLevel.

Examples:
  $ callchart queues
  $ callchart queues --json`,
    )
    .action(async (options: QueuesOptions) => {
      const { queues } = await import('./queues');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = await queues(options);
    });
}
