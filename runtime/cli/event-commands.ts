import type { Command } from 'commander';
import type { EventsOptions, ResendOptions } from './events';
import { whenReaderLeaves } from './output';

const configOption = [
  '-c, --config <file>',
  'the configuration file (default: ./callchart.config.ts if there)',
] as const;
const jsonOption = ['--json', 'print them as JSON, one a line'] as const;
const lastOption = ['--last <count>', 'how many', '20'] as const;

/** `callchart events …`. What they do is loaded when one of them is called. */
export function addEventCommands(program: Command): void {
  const events = program
    .command('events')
    .description('see what subscribers are told of calls, and send again what they did not get')
    .addHelpText(
      'after',
      `
Examples:
  $ callchart events list --last 50
  $ callchart events subscribers
  $ callchart events dead
  $ callchart events resend --all`,
    );

  events
    .command('list')
    .description('list the latest events')
    .argument('[call]', 'only those of this call')
    .option(...lastOption)
    .option(...jsonOption)
    .option(...configOption)
    .addHelpText(
      'after',
      '\nExamples:\n  $ callchart events list\n  $ callchart events list --json',
    )
    .action(async (call: string | undefined, options: EventsOptions) => {
      const { listEvents } = await import('./events');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = listEvents(call, options);
    });

  events
    .command('subscribers')
    .description('list who is told, and how much waits for each')
    .option(...jsonOption)
    .option(...configOption)
    .addHelpText('after', '\nExamples:\n  $ callchart events subscribers')
    .action(async (options: EventsOptions) => {
      const { listSubscribers } = await import('./events');
      process.exitCode = listSubscribers(options);
    });

  events
    .command('dead')
    .description('list what was not delivered, the oldest first; status 1 when there is any')
    .option(...lastOption)
    .option(...jsonOption)
    .option(...configOption)
    .addHelpText(
      'after',
      '\nExamples:\n  $ callchart events dead\n  $ callchart events dead --json',
    )
    .action(async (options: EventsOptions) => {
      const { listDead } = await import('./events');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = listDead(options);
    });

  events
    .command('resend')
    .description('send again what was not delivered; a running server does so within five seconds')
    .argument('[id]', 'the id of an event, or its number')
    .option('--all', 'all of it')
    .option('--json', 'print how many as JSON')
    .option(...configOption)
    .addHelpText(
      'after',
      '\nExamples:\n  $ callchart events resend 1207\n  $ callchart events resend --all',
    )
    .action(async (id: string | undefined, options: ResendOptions) => {
      const { resendEvents } = await import('./events');
      process.exitCode = resendEvents(id, options);
    });
}
