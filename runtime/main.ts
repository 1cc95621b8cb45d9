import { lookup } from 'node:dns/promises';
import { unlink } from 'node:fs/promises';
import { Calls } from './call/calls';
import { dialledUser } from './call/info';
import type { CallRecord } from './call/call-record';
import type { ResolvedConfig } from './config/resolve';
import { type Clock, RealClock } from './core/clock';
import { CallchartError, describeError } from './core/errors';
import { type Logger, silentLogger } from './core/logger';
import { type Random, SecureRandom } from './core/random';
import { type Flow, findFlows, loadFlows } from './flow/load';
import { FlowsError } from './flow/flow-error';
import { runFlow } from './flow/run-flow';
import { InlineMediaEngine } from './media/engine';
import type { MediaNetwork } from './media/port';
import type { RecordingFiles } from './media/recording-files';
import { repairParts } from './media/repair-recordings';
import { UdpNetwork } from './media/udp-network';
import { createPromptLibrary } from './prompt/library';
import type { PromptLibrary } from './prompt/port';
import { createVoice } from './prompt/tts/create-voice';
import type { SipRequest } from './sip/message/message';
import type { TimerValues } from './sip/transaction/port';
import { createTransportLayer } from './sip/transport/layer';
import type { Channel, DatagramNetwork, Listener, TransportLayer } from './sip/transport/port';
import type { HostLookup } from './sip/ua/outbound';
import type { IncomingSession } from './sip/ua/port';
import { UserAgentCore } from './sip/ua/user-agent';
import { RecordingFolder } from './store/recording-folder';

/** What a server is made of, where it is not the machine's own: a simulation replaces these. */
export interface ServerParts {
  readonly version: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  readonly timers?: TimerValues;
  readonly datagrams?: DatagramNetwork;
  readonly mediaNetwork?: MediaNetwork;
  /** The addresses of a host name in a Contact or a Refer-To; the system's resolver when absent. */
  readonly lookup?: HostLookup;
  readonly recordingFiles?: RecordingFiles;
  readonly prompts?: PromptLibrary;
  /** Gets the record of each call, once. */
  readonly onRecord: (record: CallRecord) => void;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What is open right now: all zero when nothing leaks. */
export interface OpenCounts {
  readonly calls: number;
  readonly flows: number;
  readonly sessions: number;
  readonly transactions: number;
  readonly mediaSessions: number;
  readonly mediaPorts: number;
}

/** A running server. */
export interface Server {
  readonly flows: readonly Flow[];
  readonly listeners: readonly Listener[];
  readonly open: OpenCounts;
  /** New calls get 503 from now on; resolves when the others have ended, or have been ended after `timeout` ms. */
  drain(timeout: number): Promise<void>;
  /** Ends what is left and gives everything back. */
  close(): Promise<void>;
}

/**
 * Puts the rooms together: loads and checks the flows, opens the listeners, answers calls.
 *
 * @throws {FlowsError} with everything that is wrong with any flow
 * @throws {CallchartError} when an address cannot be listened on
 */
export async function createServer(config: ResolvedConfig, parts: ServerParts): Promise<Server> {
  const clock = parts.clock ?? new RealClock();
  const random = parts.random ?? new SecureRandom();
  const logger = parts.logger ?? silentLogger;
  const prompts = parts.prompts ?? (await openPrompts(config, clock, logger, parts));
  try {
    const flows = servedFlows(config, prompts);
    await finishRecordings(config.recordings.directory, logger);
    const server = new CallServer({ config, parts, clock, random, logger, prompts, flows });
    await server.listen();
    return server;
  } catch (error) {
    await prompts.close();
    throw error;
  }
}

async function systemLookup(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function openPrompts(
  config: ResolvedConfig,
  clock: Clock,
  logger: Logger,
  parts: ServerParts,
): Promise<PromptLibrary> {
  const googleApiKey = parts.environment?.['CALLCHART_GOOGLE_API_KEY'];
  return createPromptLibrary({
    directories: [config.prompts.directory],
    voice: createVoice(config.prompts.voice, {
      clock,
      logger,
      ...(googleApiKey === undefined ? {} : { googleApiKey }),
    }),
    cacheDirectory: config.prompts.cache,
    clock,
    logger,
  });
}

function servedFlows(config: ResolvedConfig, prompts: PromptLibrary): readonly Flow[] {
  const { directory, files, default: fallback, apology } = config.flows;
  const found = directory === undefined ? [] : findFlows(directory);
  const { flows, problems } = loadFlows([...found, ...files], { prompts });
  if (problems.length > 0) throw new FlowsError(problems);
  if (flows.length === 0) {
    throw new CallchartError(
      'CALLCHART_NO_FLOWS',
      `there is no flow to serve: put a file *.flow.ts into ${directory ?? 'flows/'}, or name one with --flow`,
    );
  }
  if (fallback !== undefined && !flows.some((flow) => flow.name === fallback)) {
    throw new CallchartError(
      'CALLCHART_CONFIG_INVALID',
      `flows.default: there is no flow "${fallback}"; there are: ${flows.map((flow) => flow.name).join(', ')}`,
    );
  }
  const problem = prompts.check(apology)[0];
  if (problem !== undefined) {
    throw new CallchartError('CALLCHART_CONFIG_INVALID', `flows.apology: ${problem.message}`);
  }
  return flows;
}

/** Makes recordings whole that a crash has left behind. */
async function finishRecordings(directory: string, logger: Logger): Promise<void> {
  try {
    const repaired = await repairParts(directory);
    if (repaired.length > 0) logger.warn({ recordings: repaired }, 'recordings repaired');
  } catch (error) {
    logger.warn({ directory, error: describeError(error) }, 'recordings could not be repaired');
  }
}

interface Assembly {
  readonly config: ResolvedConfig;
  readonly parts: ServerParts;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly prompts: PromptLibrary;
  readonly flows: readonly Flow[];
}

class CallServer implements Server {
  private readonly byName: ReadonlyMap<string, Flow>;
  private readonly calls: Calls;
  private readonly userAgent: UserAgentCore;
  private readonly media: InlineMediaEngine;
  private readonly mediaNetwork: MediaNetwork;
  private transport: TransportLayer | undefined;
  private runningFlows = 0;
  private closing: Promise<void> | undefined;

  constructor(private readonly assembly: Assembly) {
    const { config, parts, clock, random, logger, prompts, flows } = assembly;
    this.byName = new Map(flows.map((flow) => [flow.name, flow]));
    this.mediaNetwork =
      parts.mediaNetwork ??
      new UdpNetwork({
        clock,
        random,
        portRange: { first: config.media.ports.min, last: config.media.ports.max },
      });
    this.media = new InlineMediaEngine({
      clock,
      random,
      logger,
      network: this.mediaNetwork,
      mediaTimeout: config.media.timeout,
      ...(parts.recordingFiles === undefined ? {} : { files: parts.recordingFiles }),
    });
    const { codecs, preference } = config.media;
    this.calls = new Calls(
      {
        clock,
        random,
        logger,
        prompts,
        media: this.media,
        audio: { codecs, preference, ptime: 20, telephoneEvent: true },
        recordings: new RecordingFolder(config.recordings.directory),
        announcedHost: (channel) => this.announcedHost(channel),
      },
      parts.onRecord,
    );
    this.userAgent = new UserAgentCore({
      clock,
      random,
      logger,
      lookup: parts.lookup ?? systemLookup,
      ...(parts.timers === undefined ? {} : { timers: parts.timers }),
      options: {
        product: `Callchart/${parts.version}`,
        maxCalls: config.sip.maxCalls,
        ringTimeout: config.sip.ringTimeout,
        // RFC 4028 counts in seconds.
        sessionExpires: Math.round(config.sip.sessionExpires / 1_000),
        minSessionExpires: Math.round(config.sip.minSessionExpires / 1_000),
      },
      handler: {
        onInvite: (session) => this.begin(session),
        statusForOptions: (request) => this.statusForOptions(request),
      },
    });
  }

  get flows(): readonly Flow[] {
    return this.assembly.flows;
  }

  get listeners(): readonly Listener[] {
    return this.transport?.listeners ?? [];
  }

  get open(): OpenCounts {
    return {
      calls: this.calls.count,
      flows: this.runningFlows,
      sessions: this.userAgent.openSessions,
      transactions: this.userAgent.openTransactions,
      mediaSessions: this.media.openSessions,
      mediaPorts: this.mediaNetwork.open,
    };
  }

  /** From now on calls are answered. */
  async listen(): Promise<void> {
    const { config, parts, clock, random } = this.assembly;
    this.transport = await createTransportLayer({
      clock,
      random,
      handler: this.userAgent,
      listen: config.sip.listen,
      externalAddress: config.sip.externalAddress,
      ...(parts.datagrams === undefined ? {} : { network: parts.datagrams }),
    });
    this.userAgent.attach(this.transport);
  }

  async drain(timeout: number): Promise<void> {
    this.userAgent.drain();
    await this.calls.drain(timeout);
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    await this.calls.drain(0);
    await this.userAgent.close();
    await this.media.close();
    await this.transport?.close();
    await this.assembly.prompts.close();
  }

  /** SDP follows the rule of Via and Contact: the external address only where a NAT may lie between. */
  private announcedHost(channel: Channel): string {
    return this.transport?.contactAddress(channel).host ?? channel.local.host;
  }

  private begin(session: IncomingSession): void {
    const { clock, logger, config } = this.assembly;
    const flow = this.flowFor(session.request);
    const call = this.calls.begin(session, flow);
    if (flow === undefined) {
      call.terminate('no-flow', 404, `there is no flow "${call.info.dialled}"`);
      return;
    }
    this.runningFlows += 1;
    const run = runFlow(flow.machine, call, {
      clock,
      logger,
      record: { state: (name) => call.enteredState(name) },
      removeFile: (path) => unlink(path),
      apology: config.flows.apology,
      maxCallDuration: config.sip.maxCallDuration,
    });
    void run.done.then(() => {
      this.runningFlows -= 1;
      call.release();
    });
  }

  /** RFC 3261 §11.2: as an INVITE would be answered; a ping of the server itself has no user. */
  private statusForOptions(request: SipRequest): number {
    return dialledUser(request) === '' || this.flowFor(request) !== undefined ? 200 : 404;
  }

  /** The flow that the request URI's user names, or the default one. */
  private flowFor(request: SipRequest): Flow | undefined {
    const fallback = this.assembly.config.flows.default;
    return (
      this.byName.get(dialledUser(request)) ??
      (fallback === undefined ? undefined : this.byName.get(fallback))
    );
  }
}
