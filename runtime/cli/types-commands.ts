import type { Command } from 'commander';
import type { TypesOptions } from './types';

/** `callchart types`. What it does is loaded when it is called. */
export function addTypesCommands(program: Command): void {
  program
    .command('types')
    .description('write a declaration file, so that a misspelt prompt or trunk does not compile')
    .option('-o, --out <file>', 'the file to write', 'callchart-env.d.ts')
    .option('--check', 'write nothing, and end with 1 when the file is out of date')
    .option(
      '-c, --config <file>',
      'the configuration file (default: ./callchart.config.ts if there)',
    )
    .addHelpText(
      'after',
      `
The names are those of the prompts in all languages, the languages, the trunks and the flows. Without the file every
name compiles. Your tsconfig.json has to include it.

Exit status: 0 when the file is as it should be, 1 when not, 2 for wrong usage.

Examples:
  $ callchart types
  $ callchart types --check`,
    )
    .action(async (options: TypesOptions) => {
      const { types } = await import('./types');
      process.exitCode = types(options);
    });
}
