import { unlink } from 'node:fs/promises';
import { Calls } from './call/calls';
import type { LiveCall } from './call/live-call';
import { type CallSource, dialledUser } from './call/info';
import type { CallRecord } from './call/call-record';
import { checkRoutes } from './config/check-routes';
import { ConfigError } from './config/resolve';
import type { ResolvedConfig } from './config/resolved';
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
import type { Caller } from './routing/port';
import type { LocationService } from './sip/server/port';
import type { Trunks } from './trunk/port';
import { openData, type ServiceData } from './service/data';
import { defaultDomain } from './service/directory';
import type { Admission } from './service/gate';
import { SipService } from './service/sip-service';
import type { SipRequest } from './sip/message/message';
import { createResolver } from './sip/resolve/resolver';
import type { Resolver } from './sip/resolve/port';
import { systemDns } from './sip/resolve/system-dns';
import type { TimerValues } from './sip/transaction/port';
import type { Channel, DatagramNetwork, Listener } from './sip/transport/port';
import type { IncomingSession } from './sip/ua/port';
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
  /** Where URIs lead; DNS when absent. */
  readonly resolver?: Resolver;
  /** Users and bindings; the database of the data directory when absent. */
  readonly data?: ServiceData;
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
  /** Requests that the proxy has forwarded and that have no final response yet. */
  readonly forwarded: number;
  /** Calls through trunks and to hosts elsewhere, as the guard against toll fraud counts them. */
  readonly outboundCalls: number;
  readonly mediaSessions: number;
  readonly mediaPorts: number;
}

/** A running server. */
export interface Server {
  readonly flows: readonly Flow[];
  readonly listeners: readonly Listener[];
  readonly open: OpenCounts;
  readonly trunks: Trunks;
  readonly location: LocationService;
  /** Reads certificates and keys again; rejects when they cannot be used, and goes on with the old ones. */
  reload(): Promise<void>;
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
    checkRouted(config, flows);
    await finishRecordings(config.recordings.directory, logger);
    const data = parts.data ?? openServiceData(config, clock, logger);
    const server = new CallServer({ config, parts, clock, random, logger, prompts, flows, data });
    try {
      await server.listen();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  } catch (error) {
    await prompts.close();
    throw error;
  }
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
  // A proxy or a registrar needs none.
  if (flows.length === 0 && config.routes === undefined) {
    throw new CallchartError(
      'CALLCHART_NO_FLOWS',
      `there is no flow to serve: put a file *.flow.ts into ${directory ?? 'flows/'}, name one with --flow, or configure routes`,
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

function openServiceData(config: ResolvedConfig, clock: Clock, logger: Logger): ServiceData {
  return openData({
    directory: config.data.directory,
    realm: config.registrar.domains[0] ?? defaultDomain,
    clock,
    logger,
  });
}

/** A route that names a flow or a trunk that is not there. */
function checkRouted(config: ResolvedConfig, flows: readonly Flow[]): void {
  const problems = checkRoutes(config.routes ?? [], {
    flows: flows.map((flow) => flow.name),
    trunks: Object.keys(config.trunks),
  });
  if (problems.length > 0) throw new ConfigError('configuration', problems);
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
  readonly data: ServiceData;
}

class CallServer implements Server {
  private readonly byName: ReadonlyMap<string, Flow>;
  private readonly calls: Calls;
  private readonly sip: SipService;
  private readonly media: InlineMediaEngine;
  private readonly mediaNetwork: MediaNetwork;
  private runningFlows = 0;
  private closing: Promise<void> | undefined;

  constructor(private readonly assembly: Assembly) {
    const { config, parts, clock, random, logger, prompts, flows, data } = assembly;
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
    this.sip = new SipService({
      config,
      clock,
      random,
      logger,
      version: parts.version,
      data,
      resolver: parts.resolver ?? this.createResolver(),
      timers: parts.timers,
      datagrams: parts.datagrams,
      isFlow: (name) => this.byName.has(name),
      onInvite: (session, admission) => this.begin(session, admission),
      statusForOptions: (request, admission) => statusForOptions(request, admission),
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
        outbound: {
          placer: this.sip.placer,
          invite: (options) => this.sip.userAgent.invite(options),
        },
      },
      parts.onRecord,
    );
  }

  get flows(): readonly Flow[] {
    return this.assembly.flows;
  }

  get listeners(): readonly Listener[] {
    return this.sip.listeners;
  }

  get trunks(): Trunks {
    return this.sip.trunks;
  }

  get location(): LocationService {
    return this.sip.location;
  }

  get open(): OpenCounts {
    const { userAgent, open } = this.sip;
    return {
      calls: this.calls.count,
      flows: this.runningFlows,
      sessions: userAgent.openSessions,
      transactions: userAgent.openTransactions,
      forwarded: open.forwarded,
      outboundCalls: open.outboundCalls,
      mediaSessions: this.media.openSessions,
      mediaPorts: this.mediaNetwork.open,
    };
  }

  /** From now on calls are answered. */
  listen(): Promise<void> {
    return this.sip.listen();
  }

  reload(): Promise<void> {
    return this.sip.reload();
  }

  async drain(timeout: number): Promise<void> {
    this.sip.drain();
    await this.calls.drain(timeout);
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    await this.calls.drain(0);
    await this.sip.close();
    await this.media.close();
    await this.assembly.prompts.close();
  }

  private createResolver(): Resolver {
    const { config, clock, random } = this.assembly;
    return createResolver({
      dns: systemDns(config.sip.nameservers),
      clock,
      random,
      sendable: (protocol, family) => this.sip.serves(protocol, family),
    });
  }

  /** SDP follows the rule of Via and Contact: the external address only where a NAT may lie between. */
  private announcedHost(channel: Channel): string {
    return this.sip.announcedHost(channel) ?? channel.local.host;
  }

  private begin(session: IncomingSession, admission: Admission | undefined): void {
    const { caller, decision } = admission ?? {};
    const source = sourceOf(caller);
    const place = source.trunk === undefined ? undefined : this.trunks.admit(source.trunk);
    if (source.trunk !== undefined && place === undefined) {
      session.reject(503, { headers: [['Retry-After', '5']] });
      return;
    }
    const action = decision?.action;
    switch (action?.type) {
      case 'gateway':
        session.reject(501);
        place?.();
        return;
      case 'flow':
        this.answer(session, this.byName.get(action.flow), source, place);
        return;
      default:
        this.answer(session, undefined, source, place);
    }
  }

  private answer(
    session: IncomingSession,
    flow: Flow | undefined,
    source: CallSource,
    place: (() => void) | undefined,
  ): void {
    const call = this.calls.begin(session, flow, source);
    if (place !== undefined) call.onEnd(place);
    if (flow === undefined) {
      call.terminate('no-flow', 404, `there is no flow "${call.info.dialled}"`);
      return;
    }
    this.runFlow(flow, call);
  }

  private runFlow(flow: Flow, call: LiveCall): void {
    const { clock, logger, config } = this.assembly;
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
}

/** RFC 3261 §11.2: as an INVITE would be answered; a ping of the server itself has no user. */
function statusForOptions(request: SipRequest, admission: Admission | undefined): number {
  return dialledUser(request) === '' || admission?.decision.type === 'matched' ? 200 : 404;
}

function sourceOf(caller: Caller | undefined): CallSource {
  switch (caller?.type) {
    case 'trunk':
      return { trunk: caller.name };
    case 'user':
      return { user: caller.username };
    default:
      return {};
  }
}
