import { Calls } from '../call/calls';
import { runGateway } from '../call/gateway';
import { type CallSource, dialledUser } from '../call/info';
import type { CallStatus } from '../call/call-status';
import type { HappeningListener } from '../call/happenings';
import type { LiveConferences } from '../call/conference/port';
import type { LiveCall } from '../call/live-call';
import type { ResolvedConfig } from '../config/resolved';
import type { Clock } from '../core/clock';
import { CallchartError, describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { Random } from '../core/random';
import type { CallHistory, DeadLetters, EventFeed } from '../events/port';
import { notificationOf } from '../document/subscription';
import type { WebDocuments } from '../document/web-documents';
import { headersProblem } from '../flow/input-check';
import type { Flow } from '../flow/load';
import { originate, type Originated, type OriginateResult } from '../flow/originate';
import { diskFiles } from '../media/recording-files';
import type { PromptLibrary, SpeechCounts } from '../prompt/port';
import type { Caller, RouteAction } from '../routing/port';
import type { SipRequest } from '../sip/message/message';
import type { Resolver } from '../sip/resolve/port';
import { createResolver } from '../sip/resolve/resolver';
import { systemDns } from '../sip/resolve/system-dns';
import type { LocationService } from '../sip/server/port';
import type { Channel, Listener } from '../sip/transport/port';
import type { IncomingSession } from '../sip/ua/port';
import { RecordingFolder } from '../store/recording-folder';
import type { Trunks } from '../trunk/port';
import { readIdentity } from '../trunk/read-identity';
import type { Recognizer } from '../recognize/port';
import type { WebClient } from '../web/port';
import { reloadFlows, type ReloadReport } from './content';
import { CallStreams } from '../stream/streams';
import { callSid } from '../twiml/sid';
import { twilioSignature } from '../twiml/signature';
import type { ServiceData } from './data';
import type { Admission } from './gate';
import { Generations } from './generations';
import type { CallHandle, CallTarget } from './live-control';
import type { FlowAssignment } from './assignments';
import { createDocuments, subscriptionOf } from './documents';
import { callFlow, FlowRunner } from './flow-runner';
import type {
  OpenCounts,
  OriginateRequest,
  PlacedCall,
  PlaceRequest,
  ServedQueue,
  Server,
  ServerParts,
} from './port';
import { createServerMedia, type ServerMedia } from './server-media';
import { Outside } from './outside';
import { QueueCounts } from './queue-numbers';
import { SipService } from './sip-service';
import { encryptionOf } from './srtp-policy';
import { SteeredCall, type SteeredCallParts } from './steered-call';

/** What {@link CallServer} is put together from. */
export interface Assembly {
  readonly config: ResolvedConfig;
  readonly parts: ServerParts;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly prompts: PromptLibrary;
  readonly flows: readonly Flow[];
  readonly data: ServiceData;
  readonly web: WebClient;
  /** Undefined where no speech is understood. */
  readonly recognizer: Recognizer | undefined;
}

/** A running server: calls between the SIP service, the media and the flows. */
export class CallServer implements Server {
  private readonly served: Generations;
  private readonly calls: Calls;
  private readonly sip: SipService;
  private readonly media: ServerMedia;
  private readonly streams: CallStreams;
  private readonly outside: Outside;
  private readonly documents: WebDocuments;
  private readonly runner: FlowRunner;
  private readonly queueCounts: QueueCounts;
  /** Until their end, by id. A WeakMap of calls made the collector's work half as long again. */
  private readonly steered = new Map<string, SteeredCall>();
  private readonly steering: SteeredCallParts = {
    assign: (target) => this.runner.assign(target),
    run: (given, ...rest) => this.runner.run(given, ...rest),
    follow: (live, status) => this.documents.followers.follow(live, subscriptionOf(status)),
    tell: (live, status, report) => {
      const notification = notificationOf(subscriptionOf(status), report, undefined);
      if (notification !== undefined) this.documents.of(live).notify(notification);
    },
    onEnded: (id) => this.steered.delete(id),
  };
  private runningFlows = 0;
  draining = false;
  api: string | undefined;
  private closing: Promise<void> | undefined;
  private reloading: Promise<unknown> = Promise.resolve();
  private nextReload: Promise<ReloadReport> | undefined;

  constructor(private readonly assembly: Assembly) {
    const { config, parts, clock, random, logger, prompts, flows, data } = assembly;
    this.served = new Generations(prompts, flows);
    const { served } = this;
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
      isFlow: (name) => served.get(name) !== undefined,
      onInvite: (session, admission) => this.begin(session, admission),
      statusForOptions: (request, admission) => statusForOptions(request, admission),
      mayReplace: (request, session, admission) =>
        this.calls.isParty(session, this.sourceOf(request, admission?.caller)),
    });
    // After whatever may throw: threads that nobody knows of would never end.
    this.media = createServerMedia({ config, parts, clock, random, logger });
    this.streams = new CallStreams({
      ...{ clock, random, logger, callSid },
      web: assembly.web,
      openSocket: parts.openStreamSocket,
      accountSid: config.twilio.accountSid,
      sign: streamSigner(config.twilio.authToken),
    });
    this.documents = createDocuments({
      ...{ config, clock, logger },
      web: assembly.web,
      api: () => config.http?.publicUrl ?? this.api,
      onHappening: (listener) => this.calls.onHappening(listener),
    });
    this.runner = new FlowRunner({
      ...{ config, clock, logger, served },
      version: parts.version,
      web: assembly.web,
      streams: this.streams,
      documents: this.documents,
      removeRecording: (path) => (parts.recordingFiles ?? diskFiles).remove(path),
      onFlowLog: parts.onFlowLog,
    });
    this.queueCounts = new QueueCounts(data.database, clock, logger);
    const { codecs, preference } = config.media;
    this.calls = new Calls(
      {
        clock,
        random,
        logger,
        get prompts() {
          return served.prompts;
        },
        media: this.media.engine,
        audio: {
          codecs: codecs.filter((codec) => this.media.engine.codecs.includes(codec)),
          preference,
          ptime: 20,
          telephoneEvent: true,
          comfortNoise: true,
          rtcpMux: config.media.rtcpMux,
        },
        encryption: encryptionOf(config, logger),
        detectDigits: config.media.dtmf.detect,
        holdMusic: config.media.holdMusic,
        queueSettings: config.queues,
        onQueueFact: this.queueCounts.onFact,
        recognizer: assembly.recognizer,
        callAlias: callSid,
        recordings: new RecordingFolder(config.recordings.directory),
        recordingFormat: config.recordings.format,
        announcedHost: (channel) => this.announcedHost(channel),
        outbound: {
          placer: this.sip.placer,
          invite: (options) => this.sip.userAgent.invite(options),
        },
      },
      parts.onRecord,
    );
    this.outside = new Outside({
      ...{ config, clock, random, logger, web: assembly.web, onRecord: parts.onRecord },
      database: data.database,
      removeFile: (path) => (parts.recordingFiles ?? diskFiles).remove(path),
      onHappening: (listener) => this.calls.onHappening(listener),
    });
  }

  get flows(): readonly Flow[] {
    return this.served.flows;
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

  get speech(): SpeechCounts | undefined {
    return this.served.prompts.speechCounts;
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
      mediaSessions: this.media.engine.openSessions,
      mediaPorts: this.media.openPorts,
      mediaWorkers: this.media.openWorkers,
      streams: this.streams.count,
      recognitions: this.assembly.recognizer?.recognitions ?? 0,
      webRequests: this.assembly.web.counts.open,
      replacedFlows: this.served.replaced,
    };
  }

  get conferences(): LiveConferences {
    return this.calls.conferences;
  }

  liveCalls(): readonly CallStatus[] {
    return Array.from(this.calls.all(), (call) => call.status);
  }

  queues(): readonly ServedQueue[] {
    return this.queueCounts.with(this.calls.queues);
  }

  describeQueue(name: string, maxSize: number): void {
    this.calls.describeQueue(name, maxSize);
  }

  removeQueue(name: string): boolean {
    if (!this.calls.removeQueue(name)) return false;
    this.queueCounts.forget(name);
    return true;
  }

  get events(): EventFeed {
    return this.outside.events;
  }

  get letters(): DeadLetters | undefined {
    return this.outside.letters;
  }

  get history(): CallHistory | undefined {
    return this.outside.history;
  }

  onHappening(listener: HappeningListener): () => void {
    return this.calls.onHappening(listener);
  }

  /** From now on calls are answered. */
  listen(): Promise<void> {
    this.outside.start();
    return this.sip.listen();
  }

  reload(): Promise<ReloadReport> {
    // One that waits for its turn will see whatever is there by then.
    this.nextReload ??= this.reloading.then(() => {
      this.nextReload = undefined;
      const report = this.reloadNow();
      this.reloading = report.catch(() => undefined);
      return report;
    });
    return this.nextReload;
  }

  private async reloadNow(): Promise<ReloadReport> {
    const certificates = await this.sip.reload().then(
      () => [],
      (error: unknown) => [describeError(error)],
    );
    if (this.closing !== undefined) return { changes: [], problems: certificates, kept: [] };
    const { config, parts, recognizer } = this.assembly;
    const speech = recognizer !== undefined;
    const report = await reloadFlows(config, this.served, parts.requireFlow, speech);
    return { ...report, problems: [...certificates, ...report.problems] };
  }

  async drain(timeout: number): Promise<void> {
    this.draining = true;
    this.sip.drain();
    await this.calls.drain(timeout);
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    this.draining = true;
    await this.calls.drain(0);
    await this.sip.close();
    await this.streams.close();
    await this.media.engine.close();
    // A record waits for what its media thread tells last, which has come by now.
    await this.calls.drain(0);
    await this.reloading;
    await this.served.close();
    await this.outside.close();
    await this.assembly.web.close();
    await this.assembly.recognizer?.close();
    await this.assembly.parts.onClosed?.();
    this.assembly.data.close();
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
    const source = this.sourceOf(session.request, caller);
    const place = source.trunk === undefined ? undefined : this.trunks.admit(source.trunk);
    if (source.trunk !== undefined && place === undefined) {
      session.reject(503, { headers: [['Retry-After', '5']] });
      return;
    }
    if (session.replaces !== undefined) {
      const call = this.calls.replace(session, source);
      if (call === undefined) place?.();
      else if (place !== undefined) call.onEnd(place);
      return;
    }
    const action = decision?.action;
    switch (action?.type) {
      case 'gateway':
        this.bridge(session, action, withCodecs(source, action.codecs), place);
        return;
      case 'flow':
        this.answer(session, { flow: action.flow }, withCodecs(source, action.codecs), place);
        return;
      case 'webhook':
        this.answer(session, { document: action.app }, withCodecs(source, action.codecs), place);
        return;
      default:
        this.answer(session, undefined, source, place);
    }
  }

  private answer(
    session: IncomingSession,
    target: CallTarget | undefined,
    source: CallSource,
    place: (() => void) | undefined,
  ): void {
    const assignment = target === undefined ? undefined : this.runner.find(target);
    const flow = assignment === undefined ? undefined : callFlow(assignment);
    const call = this.calls.begin(session, flow, source);
    if (place !== undefined) call.onEnd(place);
    if (assignment === undefined) {
      call.terminate('no-flow', 404, `there is no flow "${call.info.dialled}"`);
      return;
    }
    this.runningFlows += 1;
    void this.steer(call, assignment)
      .through()
      .then(() => {
        this.runningFlows -= 1;
        call.release();
      });
  }

  /** A call that others may steer, until it is gone. */
  private steer(call: LiveCall, assignment: FlowAssignment | undefined): SteeredCall {
    const steered = new SteeredCall(call, this.steering, assignment);
    if (call.end === undefined) this.steered.set(call.info.id, steered);
    return steered;
  }

  call(id: string): CallHandle | undefined {
    const call = this.calls.get(id);
    return call === undefined ? undefined : (this.steered.get(id) ?? this.steer(call, undefined));
  }

  /** A gateway: another leg instead of a flow. */
  private bridge(
    session: IncomingSession,
    { to, trunk, codecs, dtmf, timeout }: Extract<RouteAction, { readonly type: 'gateway' }>,
    source: CallSource,
    place: (() => void) | undefined,
  ): void {
    const call = this.calls.begin(session, undefined, source);
    // It plays the music on hold that there was when it began.
    call.onEnd(this.served.takePrompts().end);
    if (place !== undefined) call.onEnd(place);
    const timeLimit = this.assembly.config.sip.maxCallDuration;
    void runGateway(call, { to, trunk, codecs, dtmf, timeout, timeLimit });
  }

  originate({ flow, input, ...rest }: OriginateRequest): Promise<OriginateResult> {
    try {
      const placed = this.place({ ...rest, target: { flow, input } });
      return 'refused' in placed ? Promise.resolve(placed.refused) : placed.done;
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(describeError(error)));
    }
  }

  place({ target, callerId, status, ...options }: PlaceRequest): PlacedCall {
    const { clock, config } = this.assembly;
    const problem = headersProblem(options.headers ?? {});
    if (problem !== undefined) throw new CallchartError('CALLCHART_SIP_HEADER', problem);
    const subscription = status === undefined ? undefined : subscriptionOf(status);
    const assignment = this.runner.assign(target);
    if (this.draining || this.calls.count >= config.sip.maxCalls) {
      assignment.end();
      const reason = this.draining ? 'the server is being stopped' : 'sip.maxCalls is reached';
      return { refused: { type: 'unreachable', status: 503, reason } };
    }
    this.runningFlows += 1;
    const begin = (): Originated =>
      originate(
        this.calls,
        callFlow(assignment),
        { ...options, callerIdentity: callerId },
        {
          clock,
          run: (placed, answeredBy) =>
            (this.steered.get(placed.info.id) ?? this.steer(placed, assignment)).through(
              answeredBy,
            ),
        },
      );
    const { call, done } = this.documents.followers.followNext(
      subscription,
      begin,
      (id) => this.calls.get(id),
      (originated) => originated.call,
    );
    if (!this.steered.has(call.info.id)) this.steer(call, assignment);
    return {
      id: call.info.id,
      done: done.finally(() => {
        this.runningFlows -= 1;
        assignment.end();
      }),
    };
  }

  private sourceOf(request: SipRequest, caller: Caller | undefined): CallSource {
    if (caller?.type === 'user') return { user: caller.username };
    if (caller?.type !== 'trunk') return {};
    const { asserted, anonymous, divertedFrom } = readIdentity(request, true);
    const { codecs, srtp } = this.assembly.config.trunks[caller.name] ?? {};
    return {
      trunk: caller.name,
      terms: { codecs, srtp },
      rewriteNumber: (number) => this.trunks.inboundNumber(caller.name, number),
      identity: {
        ...(asserted === undefined ? {} : { asserted }),
        ...(anonymous ? { anonymous } : {}),
        ...(divertedFrom.length === 0 ? {} : { divertedFrom }),
      },
    };
  }
}

/** What a route says outranks what the trunk does. */
function withCodecs(source: CallSource, codecs: readonly string[] | undefined): CallSource {
  return codecs === undefined ? source : { ...source, terms: { ...source.terms, codecs } };
}

/** RFC 3261 §11.2: as an INVITE would be answered; a ping of the server itself has no user. */
function statusForOptions(request: SipRequest, admission: Admission | undefined): number {
  return dialledUser(request) === '' || admission?.decision.type === 'matched' ? 200 : 404;
}

/** As Twilio signs the handshake of a stream; nothing where there is no token. */
function streamSigner(
  token: string | undefined,
): ((url: string) => Readonly<Record<string, string>>) | undefined {
  if (token === undefined) return undefined;
  return (url) => ({ 'X-Twilio-Signature': twilioSignature(token, url) });
}
