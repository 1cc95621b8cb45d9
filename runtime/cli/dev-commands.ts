import type { Command } from 'commander';
import type { DevOptions } from './dev';

/** `callchart dev`. What it does is loaded when it is called. */
export function addDevCommands(
  program: Command,
  collect: (value: string, previous: string[]) => string[],
): void {
  program
    .command('dev')
    .description('serve while you write: what is saved is heard in the next call')
    .option(
      '-c, --config <file>',
      'the configuration file (default: ./callchart.config.ts if there)',
    )
    .option('-f, --flow <file>', 'serve this flow only; may be given again', collect, [])
    .option('--check', 'check flows that were saved, as `callchart check` does')
    .option('--trace', 'keep the SIP messages of each call for `callchart trace`')
    .addHelpText(
      'after',
      `
Flows, what they import, prompts and manifests are watched. Calls in progress finish with the version that they began
with. What cannot be served is said, and the last good version served on. The configuration needs a restart.

Examples:
  $ callchart dev
  $ callchart dev --check
  $ callchart dev --flow flows/reception.flow.ts --trace`,
    )
    .action(async (options: DevOptions) => {
      const { dev } = await import('./dev');
      await dev(options);
    });
}
