import { Option, type Command } from 'commander';
import { API_SCOPES } from '../core/api-scope';
import type { AddKeyOptions, KeysOptions } from './keys';
import { whenReaderLeaves } from './output';

const configOption = [
  '-c, --config <file>',
  'the configuration file (default: ./callchart.config.ts if there)',
] as const;

/** `callchart keys …`. What they do is loaded when one of them is called. */
export function addKeyCommands(program: Command): void {
  const keys = program
    .command('keys')
    .description('add, list and revoke the keys by which programs use the API')
    .addHelpText(
      'after',
      `
A running server knows of a change at once.

Examples:
  $ callchart keys add --name billing --scope read
  $ callchart keys list
  $ callchart keys revoke billing`,
    );

  keys
    .command('add')
    .description('make a key, and print it this once')
    .requiredOption('-n, --name <name>', 'whose key it is, for lists and logs')
    .addOption(
      new Option('-s, --scope <scope>', 'what it allows, each with what the one before allows')
        .choices([...API_SCOPES])
        .makeOptionMandatory(),
    )
    .option('--json', 'print the key as JSON')
    .option(...configOption)
    .addHelpText(
      'after',
      `
read: see calls, recordings, flows, metrics. call: place and steer calls. admin: delete recordings, reload, drain.
A hash of the key is stored, never the key.

Examples:
  $ callchart keys add --name billing --scope read
  $ callchart keys add --name dialler --scope call --json`,
    )
    .action(async (options: AddKeyOptions) => {
      const { addKey } = await import('./keys');
      process.exitCode = addKey(options);
    });

  keys
    .command('list')
    .description('list the keys: their names and scopes, and when they were used last')
    .option('--json', 'print the keys as JSON, one a line')
    .option(...configOption)
    .addHelpText('after', '\nExamples:\n  $ callchart keys list\n  $ callchart keys list --json')
    .action(async (options: KeysOptions) => {
      const { listKeys } = await import('./keys');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = listKeys(options);
    });

  keys
    .command('revoke')
    .description('make a key worthless')
    .argument('<key>', 'its name, or what it begins with: billing, cc_1a2b3c4d')
    .option(...configOption)
    .addHelpText(
      'after',
      '\nExamples:\n  $ callchart keys revoke billing\n  $ callchart keys revoke cc_1a2b3c4d',
    )
    .action(async (key: string, options: KeysOptions) => {
      const { revokeKey } = await import('./keys');
      process.exitCode = revokeKey(key, options);
    });
}
