import type { Command } from 'commander';
import { whenReaderLeaves } from './output';
import type { RegistrationsOptions } from './registrations';
import type { AddUserOptions, PasswordOptions, UsersOptions } from './users';

const configOption = [
  '-c, --config <file>',
  'the configuration file (default: ./callchart.config.ts if there)',
] as const;
const stdinOption = ['--password-stdin', 'read the password from standard input'] as const;
const generateOption = ['--generate', 'make a password, and print it this once'] as const;

/** `callchart users …` and `callchart registrations`. What they do is loaded when one of them is called. */
export function addUserCommands(
  program: Command,
  collect: (value: string, previous: string[]) => string[],
): void {
  const users = program
    .command('users')
    .description('add, list and remove the users who may register and place calls')
    .addHelpText(
      'after',
      `
A running server knows of a change within a second.

Examples:
  $ callchart users add alice
  $ callchart users add bob --generate --alias 102 --display-name 'Bob B.'
  $ callchart users list
  $ callchart users passwd alice
  $ callchart users remove bob`,
    );

  users
    .command('add')
    .description('add a user; asks for the password')
    .argument('<name>', 'who logs in: alice, 101, …')
    .option('-a, --alias <name>', 'is called by this too; may be given again', collect, [])
    .option('-n, --display-name <name>', 'the name of the person')
    .option(...stdinOption)
    .option(...generateOption)
    .option(...configOption)
    .addHelpText(
      'after',
      `
Digests of the password are stored, never the password. They hold for the first of registrar.domains.

Examples:
  $ callchart users add alice
  $ callchart users add bob --generate --alias 102
  $ pass show sip/carol | callchart users add carol --password-stdin`,
    )
    .action(async (name: string, options: AddUserOptions) => {
      const { addUser } = await import('./users');
      process.exitCode = await addUser(name, options);
    });

  users
    .command('list')
    .description('list the users')
    .option('--json', 'print the users as JSON, one a line')
    .option(...configOption)
    .addHelpText('after', '\nExamples:\n  $ callchart users list\n  $ callchart users list --json')
    .action(async (options: UsersOptions) => {
      const { listUsers } = await import('./users');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = listUsers(options);
    });

  users
    .command('show')
    .description('show one user')
    .argument('<name>', 'the user')
    .option('--json', 'print the user as JSON')
    .option(...configOption)
    .addHelpText('after', '\nExamples:\n  $ callchart users show alice')
    .action(async (name: string, options: UsersOptions) => {
      const { showUser } = await import('./users');
      process.exitCode = showUser(name, options);
    });

  users
    .command('passwd')
    .description('change the password of a user')
    .argument('<name>', 'the user')
    .option(...stdinOption)
    .option(...generateOption)
    .option(...configOption)
    .addHelpText(
      'after',
      '\nExamples:\n  $ callchart users passwd alice\n  $ callchart users passwd alice --generate',
    )
    .action(async (name: string, options: PasswordOptions) => {
      const { changePassword } = await import('./users');
      process.exitCode = await changePassword(name, options);
    });

  users
    .command('remove')
    .description('remove a user, with what is registered')
    .argument('<name>', 'the user')
    .option(...configOption)
    .addHelpText('after', '\nExamples:\n  $ callchart users remove bob')
    .action(async (name: string, options: UsersOptions) => {
      const { removeUser } = await import('./users');
      process.exitCode = removeUser(name, options);
    });

  program
    .command('registrations')
    .description('list who is registered, and where')
    .argument('[user]', 'only this user')
    .option('--json', 'print the registrations as JSON, one a line')
    .option(...configOption)
    .addHelpText(
      'after',
      '\nExamples:\n  $ callchart registrations\n  $ callchart registrations alice --json',
    )
    .action(async (user: string | undefined, options: RegistrationsOptions) => {
      const { registrations } = await import('./registrations');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = registrations(user, options);
    });
}
