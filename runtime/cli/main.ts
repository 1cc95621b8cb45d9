import { Command } from 'commander';
import { describeError } from '../core/errors';
import type { CallOptions } from './call';
import type { CallsOptions } from './calls';
import { addDevCommands } from './dev-commands';
import { addCheckCommands } from './check-commands';
import { addEventCommands } from './event-commands';
import { addGraphCommands } from './graph-commands';
import { addKeyCommands } from './key-commands';
import { addQueueCommands } from './queue-commands';
import type { OriginateOptions } from './originate';
import { whenReaderLeaves } from './output';
import type { RoutesOptions } from './routes';
import type { ServeOptions } from './serve';
import type { TraceOptions } from './trace';
import type { TrunksOptions } from './trunks';
import { addReplayCommands } from './replay-commands';
import { addTestCommands } from './test-commands';
import { addPromptsCommands } from './prompts-commands';
import { addTypesCommands } from './types-commands';
import { addUserCommands } from './user-commands';
import { packageVersion } from './version';

/** Ends the process with a message for the operator: usage errors with 2, all others with 1. */
function fail(error: unknown): void {
  for (const line of describeError(error).split('\n')) {
    process.stderr.write(`callchart: ${line}\n`);
  }
  if (process.env['CALLCHART_LOG_LEVEL'] === 'debug' && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  process.exitCode = 1;
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

const program = new Command('callchart')
  .description('Phone calls as statecharts: answers SIP calls with XState machines.')
  .version(packageVersion(), '-V, --version')
  .showHelpAfterError('(callchart --help, or callchart <command> --help, shows how)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .addHelpText(
    'after',
    `
Examples:
  $ callchart dev                                          write flows: what is saved is in the next call
  $ callchart serve                                        answer calls with the flows in ./flows
  $ callchart call sip:reception@127.0.0.1 --press 1       call a flow from the terminal
  $ callchart calls                                        list the last calls
  $ callchart trace 7f3a                                   show a call's SIP messages
  $ callchart users add alice                              let a phone register
  $ callchart registrations                                list the phones that are registered
  $ callchart keys add --name billing --scope read         let a program use the API
  $ callchart trunks                                       show the state of the trunks
  $ callchart routes sip:100@127.0.0.1 --user alice        say which route takes a call
  $ callchart originate alice --flow survey                place a call into a flow
  $ callchart prompts list                                 say which prompts there are, and which are missing
  $ callchart types                                        let the compiler know the names of prompts and trunks

Documentation: README.md, docs/`,
  );

program
  .command('serve')
  .description('answer calls with flows, register phones, and forward, as the routes say')
  .option('-c, --config <file>', 'the configuration file (default: ./callchart.config.ts if there)')
  .option('-f, --flow <file>', 'serve this flow only; may be given again', collect, [])
  .option('--trace', 'keep the SIP messages of each call for `callchart trace`')
  .addHelpText(
    'after',
    `
Examples:
  $ callchart serve
  $ callchart serve --flow flows/reception.flow.ts
  $ callchart serve --config production.config.ts --trace
  $ CALLCHART_LISTEN=udp:0.0.0.0:5060 callchart serve

SIGTERM lets calls in progress finish (drainTimeout); SIGINT twice ends at once.
SIGHUP reads flows, prompts and certificates again; calls in progress go on as they began.`,
  )
  .action(async (options: ServeOptions) => {
    const { serve } = await import('./serve');
    await serve(options);
  });

program
  .command('call')
  .description('call a SIP address from the terminal: a test phone')
  .argument('<uri>', 'whom to call: sip:reception@127.0.0.1, sip:echo@127.0.0.1:5070;transport=tcp')
  .option('--press <keys>', 'press keys: digits and wait:MS, separated by commas', collect, [])
  .option('--play <file>', 'speak this WAV file once the call is answered')
  .option('--record <file>', 'save what is heard as a WAV file')
  .option('--from <uri>', 'who calls', 'sip:phone@127.0.0.1')
  .option('--codec <name>', 'PCMU, PCMA, G722, opus or L16; PCMU or PCMA without it')
  .option('--srtp [keys]', 'encrypt the sound, with keys by sdes or by dtls; sdes without a word')
  .option('--dtmf <form>', 'how keys are sent: event (RFC 4733), inband or auto')
  .option('--duration <ms>', 'hang up so many milliseconds after the answer')
  .option('--ring <ms>', 'give up when there is no answer', '60000')
  .option('--json', 'print the outcome as JSON')
  .addHelpText(
    'after',
    `
Keys: type 0-9 * # on a terminal; q or Ctrl-C hangs up.
Exit status: 0 when the call was answered and ended normally, 1 when not, 2 for wrong usage.

Examples:
  $ callchart call sip:reception@127.0.0.1
  $ callchart call sip:reception@127.0.0.1 --press 1 --record heard.wav
  $ callchart call sip:echo@127.0.0.1 --codec opus --srtp dtls --play question.wav
  $ callchart call sip:survey@127.0.0.1 --press 'wait:3000,5' --press 'wait:2000,5#'
  $ callchart call sip:voicemail@127.0.0.1 --play message.wav --duration 20000`,
  )
  .action(async (uri: string, options: CallOptions) => {
    const { call } = await import('./call');
    // The call goes on without whoever wanted its outcome.
    whenReaderLeaves(() => undefined);
    const status = await call(uri, options);
    // Somebody who does not answer would keep SIP's timers, and so the process, for half a minute more.
    process.stdout.write('', () => process.exit(status));
  });

program
  .command('calls')
  .description('list the last calls from the call records, or those in progress')
  .option('-c, --config <file>', 'the configuration file (default: ./callchart.config.ts if there)')
  .option('-n, --last <count>', 'how many', '20')
  .option('--live', 'those in progress in the running server, with how they sound')
  .option('--json', 'print the records as JSON, one a line')
  .addHelpText(
    'after',
    '\nExamples:\n  $ callchart calls\n  $ callchart calls --last 100 --json\n  $ callchart calls --live',
  )
  .action(async (options: CallsOptions) => {
    const { calls } = await import('./calls');
    whenReaderLeaves(() => process.exit(0));
    process.exitCode = await calls(options);
  });

program
  .command('trace')
  .description('print the SIP messages of a call as a ladder')
  .argument('<call-id>', "a call's id, its beginning, or its SIP Call-ID")
  .option('-c, --config <file>', 'the configuration file (default: ./callchart.config.ts if there)')
  .option('--full', 'print the messages whole, below the ladder')
  .option('--json', 'print the messages as JSON, one a line')
  .addHelpText(
    'after',
    '\nThe server must run with --trace.\n\nExamples:\n  $ callchart trace 7f3a\n  $ callchart trace 7f3a --full',
  )
  .action(async (id: string, options: TraceOptions) => {
    const { trace } = await import('./trace');
    whenReaderLeaves(() => process.exit(0));
    process.exitCode = await trace(id, options);
  });

program
  .command('trunks')
  .description('show whether the trunks of the running server are registered and reachable')
  .option('-c, --config <file>', 'the configuration file (default: ./callchart.config.ts if there)')
  .option('--json', 'print the trunks as JSON, one a line')
  .addHelpText(
    'after',
    '\nExit status: 0 when all are up, 1 when one is down or no server answers.\n\nExamples:\n  $ callchart trunks\n  $ callchart trunks --json',
  )
  .action(async (options: TrunksOptions) => {
    const { trunks } = await import('./trunks');
    whenReaderLeaves(() => process.exit(0));
    process.exitCode = await trunks(options);
  });

program
  .command('originate')
  .description('have the running server place a call into a flow, and wait for its end')
  .argument('<to>', 'whom to call: a registered user, a number for the trunk, sip:bob@example.com')
  .requiredOption('-f, --flow <name>', 'the flow that talks to whoever answers')
  .option('-t, --trunk <name>', 'the trunk that the call goes through')
  .option('--input <json>', "what the flow's machine gets as input.input")
  .option('--from <number>', 'the number that the callee sees')
  .option('--timeout <ms>', 'how long it may ring (default: 30000)')
  .option('--codecs <names>', 'what is offered, in this order: opus,PCMU')
  .option(
    '--detect-machine [ms]',
    'find out who has answered before the flow begins; with a machine, wait so long for its beep',
  )
  .option('-c, --config <file>', 'the configuration file (default: ./callchart.config.ts if there)')
  .option('--json', 'print the outcome as JSON')
  .addHelpText(
    'after',
    `
Exit status: 0 when the call was answered, 1 when not, 2 for wrong usage.

Examples:
  $ callchart originate alice --flow survey
  $ callchart originate +4930987654 --trunk carrier --flow reception
  $ callchart originate alice --flow reminder --input '{"order":42}'
  $ callchart originate +4930987654 --trunk carrier --flow reminder --detect-machine 10000`,
  )
  .action(async (to: string, options: OriginateOptions) => {
    const { originate } = await import('./originate');
    process.exitCode = await originate(to, options);
  });

program
  .command('routes')
  .description('say which route takes a request, and why the others do not')
  .argument('[uri]', 'the request URI, sip:100@example.com; without it the routes are listed')
  .option('--from <address>', 'who it says it is from: a URI, a user or a number')
  .option('--to <address>', 'whom To names (default: the request URI)')
  .option('--trunk <name>', 'the trunk that it comes by')
  .option('--user <name>', 'the user who has proved to be the caller')
  .option('--method <name>', 'the method', 'INVITE')
  .option('--at <time>', 'when: 2026-01-05T10:00 (default: now)')
  .option('--registered', 'as if the dialled user were registered')
  .option('--header <text>', 'a header field, "X-A: b"; may be given again', collect, [])
  .option('-c, --config <file>', 'the configuration file (default: ./callchart.config.ts if there)')
  .option('--json', 'print the decision, or the routes, as JSON')
  .addHelpText(
    'after',
    `
Exit status: 0 when a route matches, 1 when none does, 2 for wrong usage.

Examples:
  $ callchart routes
  $ callchart routes sip:100@127.0.0.1 --user alice
  $ callchart routes sip:+4930123@127.0.0.1 --trunk carrier --at 2026-01-05T19:00`,
  )
  .action(async (uri: string | undefined, options: RoutesOptions) => {
    const { routes } = await import('./routes');
    whenReaderLeaves(() => process.exit(0));
    process.exitCode = routes(uri, options);
  });

addDevCommands(program, collect);
addReplayCommands(program);
addUserCommands(program, collect);
addKeyCommands(program);
addEventCommands(program);
addQueueCommands(program);
addTestCommands(program);
addPromptsCommands(program);
addTypesCommands(program);
addCheckCommands(program, collect);
addGraphCommands(program);

program.parseAsync(process.argv).catch(fail);
