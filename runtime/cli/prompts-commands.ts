import type { Command } from 'commander';
import { whenReaderLeaves } from './output';
import type { PromptsBuildOptions } from './prompts-build';
import type { PromptsCheckOptions, PromptsNormaliseOptions } from './prompts-levels';
import type { PromptsVoicesOptions } from './prompts-voices';
import type { PromptsListOptions, PromptsRecordOptions } from './prompts-list';

const configOption = [
  '-c, --config <file>',
  'the configuration file (default: ./callchart.config.ts if there)',
] as const;
const languageOption = ['-l, --language <tag>', 'this language only: de'] as const;

/** `callchart prompts …`. What they do is loaded when one of them is called. */
export function addPromptsCommands(program: Command): void {
  const prompts = program
    .command('prompts')
    .description('list, speak, record, measure and level the prompts')
    .addHelpText(
      'after',
      `
Examples:
  $ callchart prompts list
  $ callchart prompts build
  $ callchart prompts record --language de -o sheet.html
  $ callchart prompts check
  $ callchart prompts normalise --dry-run`,
    );

  prompts
    .command('list')
    .description('say which flow uses which prompt, and how it is had in each language')
    .option(...languageOption)
    .option('--json', 'print the prompts as JSON, one a line')
    .option(...configOption)
    .addHelpText(
      'after',
      `
recorded: there is a file. spoken: the voice says the text of the manifest. missing: neither; in brackets, what language
is heard instead. A state with a question mark: the name stands in a function, so that it may be played.

Exit status: 0 when nothing is missing, 1 when something is, 2 for wrong usage.

Examples:
  $ callchart prompts list
  $ callchart prompts list --language de --json`,
    )
    .action(async (options: PromptsListOptions) => {
      const { listPrompts } = await import('./prompts-list');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = listPrompts(options);
    });

  prompts
    .command('build')
    .description('have every text spoken into the cache, so that no call waits for a voice')
    .option(...languageOption)
    .option('--json', 'print the texts as JSON, one a line')
    .option(...configOption)
    .addHelpText(
      'after',
      `
The texts are those of manifests without a recording, and what stands in the flows as it is: { say }, { ssml }, phrases.
What a function makes of the context is spoken in the call that needs it.

Exit status: 0 when all can be heard, 1 when one failed, 2 for wrong usage.

Examples:
  $ callchart prompts build
  $ callchart prompts build --language de`,
    )
    .action(async (options: PromptsBuildOptions) => {
      const { buildPrompts } = await import('./prompts-build');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = await buildPrompts(options);
    });

  prompts
    .command('voices')
    .description('show how the voices of the running server do, and what is kept of them')
    .option('--json', 'print the voices as JSON, one a line')
    .option(...configOption)
    .addHelpText(
      'after',
      `
spoken, failed, refused: texts that a voice was asked for. kept: texts of it that were there already. taken over: texts
that it spoke because one before it failed or rested. resting: it failed three times in a row, and is tried again later.

Exit status: 0 when all work, 1 when one rests or no server answers, 2 for wrong usage.

Examples:
  $ callchart prompts voices
  $ callchart prompts voices --json`,
    )
    .action(async (options: PromptsVoicesOptions) => {
      const { promptsVoices } = await import('./prompts-voices');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = await promptsVoices(options);
    });

  prompts
    .command('record')
    .description(
      'write a sheet of what is to be recorded: text, name of the file, where it is heard',
    )
    .option('-l, --language <tag>', 'the language (default: prompts.language)')
    .option('-o, --output <file>', 'what to write: .md, .html or .csv; - is standard output', '-')
    .option('--format <name>', 'md, html or csv, where the name of the file does not say')
    .option(...configOption)
    .addHelpText(
      'after',
      `
On it is all that flows use and that has no recording in the language.

Examples:
  $ callchart prompts record
  $ callchart prompts record --language de -o sheet.html
  $ callchart prompts record -o sheet.csv`,
    )
    .action(async (options: PromptsRecordOptions) => {
      const { recordPrompts } = await import('./prompts-list');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = recordPrompts(options);
    });

  prompts
    .command('check')
    .description('measure the recordings: levels, clipping, silence, sample rate')
    .option(...languageOption)
    .option('--json', 'print the recordings as JSON, one a line')
    .option(...configOption)
    .addHelpText(
      'after',
      `
Exit status: 0 when nothing is wrong, 1 with findings, 2 for wrong usage.

Examples:
  $ callchart prompts check
  $ callchart prompts check --language de --json`,
    )
    .action(async (options: PromptsCheckOptions) => {
      const { checkPrompts } = await import('./prompts-levels');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = await checkPrompts(options);
    });

  prompts
    .command('normalise')
    .description('bring recordings to one level, without clipping, and cut silence off')
    .argument('[name...]', 'prompts: welcome, digits/1 (default: all)')
    .option(...languageOption)
    .option('--level <dBFS>', 'the level of the speech, RMS', '-20')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--out <folder>', 'write there, and leave the recordings as they are')
    .option(...configOption)
    .addHelpText(
      'after',
      `
A WAV file is written anew, with 16 bits, and what was recorded stays beside it as welcome.wav.orig. A FLAC, Opus or MP3
file becomes a WAV file: welcome.mp3 is kept as welcome.mp3.orig. To undo it, rename that back.

Exit status: 0 when all went well, 1 when a file could not be read or written, 2 for wrong usage.

Examples:
  $ callchart prompts normalise --dry-run
  $ callchart prompts normalise welcome menu
  $ callchart prompts normalise --language de --out levelled`,
    )
    .action(async (names: string[], options: PromptsNormaliseOptions) => {
      const { normalisePrompts } = await import('./prompts-levels');
      whenReaderLeaves(() => process.exit(0));
      process.exitCode = await normalisePrompts(names, options);
    });
}
