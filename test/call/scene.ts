import type { CallRecord } from '../../runtime/call/call-record';
import { Calls } from '../../runtime/call/calls';
import type { LiveCall } from '../../runtime/call/live-call';
import type { Encryption } from '../../runtime/call/media-terms';
import type {
  CallPlacer,
  PlacedTarget,
  Placement,
  PlaceRequest,
} from '../../runtime/call/placement';
import type { CallEnvironment, OutboundServices } from '../../runtime/call/services';
import type { CallEvent, DialOptions, DialResult } from '../../runtime/call/port';
import { CallchartError } from '../../runtime/core/errors';
import { silentLogger } from '../../runtime/core/logger';
import { SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { InlineMediaEngine } from '../../runtime/media/engine';
import type { MediaNetwork } from '../../runtime/media/port';
import { createTransportLayer } from '../../runtime/sip/transport/layer';
import type { TransportLayer } from '../../runtime/sip/transport/port';
import type { IncomingSession, InviteOptions } from '../../runtime/sip/ua/port';
import { UserAgentCore } from '../../runtime/sip/ua/user-agent';
import { RecordingFolder } from '../../runtime/store/recording-folder';
import { MemoryFiles } from '../support/memory-files';
import { type LinkConditions, perfectLink, SimulatedNetwork } from '../support/simulated-network';
import { ScenePhone, type PhoneCall, type ScenePhoneOptions } from './scene-phone';
import { ScenePrompts } from './scene-sounds';

const serverAddress = { host: '10.0.0.1', port: 5060 };

/** Longer than every transaction lingers (RFC 3261 §17: 64*T1, and timer D). */
const longestLinger = 40_000;

/** What a dial does when a test does not say otherwise. */
export const usual: DialOptions = {
  targets: [],
  strategy: 'parallel',
  timeout: 20_000,
  ringback: 'pass',
  answerOnBridge: true,
};

/** Where calls go is a table of the test's. */
export class ScenePlacer implements CallPlacer {
  readonly requests: PlaceRequest[] = [];
  readonly places = new Map<string, Placement>();
  /** Placements that were not given back. */
  taken = 0;

  place(request: PlaceRequest): Placement {
    this.requests.push(request);
    if (request.trunk === 'nowhere') {
      throw new CallchartError('CALLCHART_UNKNOWN_TRUNK', 'there is no trunk "nowhere"');
    }
    const placement = this.places.get(request.to) ?? this.direct(request);
    if (placement.type === 'refused') return placement;
    this.taken += 1;
    let held = true;
    return {
      ...placement,
      release: () => {
        if (held) this.taken -= 1;
        held = false;
      },
    };
  }

  /** One INVITE to where the URI says. */
  to(uri: string, more: Partial<PlacedTarget> = {}): PlacedTarget {
    const from = 'sip:callchart@10.0.0.1';
    return { to: uri, from, headers: [], routes: [], credentials: [], ...more };
  }

  private direct(request: PlaceRequest): Placement {
    const headers = Object.entries(request.headers ?? {});
    const groups = [[this.to(request.to, { headers })]];
    return { type: 'placed', groups, next: 'failure', release: () => undefined };
  }
}

export interface SceneOptions {
  readonly mediaTimeout?: number;
  readonly encryption?: Encryption;
  /** What else its calls are given. */
  readonly more?: Partial<
    Pick<
      CallEnvironment,
      'prompts' | 'holdMusic' | 'recordingFormat' | 'detectDigits' | 'queueSettings' | 'onQueueFact'
    >
  >;
}

interface SceneParts {
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly media: MediaNetwork;
  readonly engine: InlineMediaEngine;
  readonly files: MemoryFiles;
  readonly placer: ScenePlacer;
  readonly userAgent: UserAgentCore;
  readonly services: CallEnvironment & { readonly outbound: OutboundServices };
  readonly records: CallRecord[];
}

/** A server's calls over real SIP and RTP, and telephones round it, on one virtual clock. */
export class Scene {
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly records: CallRecord[];
  readonly placer: ScenePlacer;
  readonly files: MemoryFiles;
  readonly services: SceneParts['services'];
  readonly calls: Calls;
  readonly userAgent: UserAgentCore;
  readonly phones: ScenePhone[] = [];
  readonly events: CallEvent[] = [];
  /** What becomes of a call that comes in; it is left alone when absent. */
  onInvite: (session: IncomingSession) => void = (session) => {
    this.latest = this.calls.begin(session);
    this.latest.onEvent((event) => this.events.push(event) > 0);
  };
  latest: LiveCall | undefined;
  private readonly phoneEngine: InlineMediaEngine;
  private readonly cuts = new Set<string>();

  private bad: Partial<LinkConditions> | undefined;
  private transport: TransportLayer | undefined;

  private constructor(private readonly parts: SceneParts) {
    const { clock, network, records, placer, files, services } = parts;
    this.clock = clock;
    this.network = network;
    this.records = records;
    this.placer = placer;
    this.files = files;
    this.services = services;
    // As it is written: what is noted after that is lost.
    this.calls = new Calls(services, (record) => records.push(structuredClone(record)));
    this.userAgent = parts.userAgent;
    this.phoneEngine = new InlineMediaEngine({
      clock,
      random: new SeededRandom(2),
      network: network.media(),
      mediaTimeout: 0,
    });
  }

  static async open(options: SceneOptions = {}): Promise<Scene> {
    const clock = new VirtualClock();
    const random = new SeededRandom(1);
    const network = new SimulatedNetwork({ clock, random: new SeededRandom(9) });
    const media = network.media();
    const files = new MemoryFiles();
    const engine = new InlineMediaEngine({
      ...{ clock, random, files, network: media },
      mediaTimeout: options.mediaTimeout ?? 0,
    });
    const placer = new ScenePlacer();
    let arrive: (session: IncomingSession) => void = () => undefined;
    const userAgent = new UserAgentCore({
      ...{ clock, random },
      // Who may is the service's to say.
      handler: { onInvite: (session) => arrive(session), mayReplace: () => true },
      options: { product: 'Callchart/test', sessionExpires: 0 },
    });
    const services = {
      ...{ clock, random, logger: silentLogger, media: engine },
      prompts: new ScenePrompts(),
      recordings: new RecordingFolder('/recordings'),
      audio: { codecs: ['PCMU', 'PCMA'], preference: 'theirs', ptime: 20, telephoneEvent: true },
      outbound: { placer, invite: (invite: InviteOptions) => userAgent.invite(invite) },
      ...(options.encryption === undefined ? {} : { encryption: options.encryption }),
      ...options.more,
    } as const;
    const scene = new Scene({
      ...{ clock, network, media, engine, files, placer, userAgent, services },
      records: [],
    });
    arrive = (session) => scene.onInvite(session);
    network.conditions = (from, to) => scene.conditions(from.host, to.host);
    scene.transport = await createTransportLayer({
      ...{ clock, random, network },
      handler: userAgent,
      listen: [
        { protocol: 'UDP', ...serverAddress },
        { protocol: 'UDP', host: 'fd00::1', port: 5060 },
      ],
    });
    userAgent.attach(scene.transport);
    return scene;
  }

  /** How the network is from now on; as it should be when undefined. */
  degrade(conditions: Partial<LinkConditions> | undefined): void {
    this.bad = conditions;
  }

  private conditions(from: string, to: string): LinkConditions {
    if (this.cuts.has(from) || this.cuts.has(to)) return { ...perfectLink, loss: 1 };
    return { ...perfectLink, ...this.bad };
  }

  async phone(voice: string, options: Partial<ScenePhoneOptions> = {}): Promise<ScenePhone> {
    const phone = await ScenePhone.open({
      clock: this.clock,
      network: this.network,
      engine: this.phoneEngine,
      host: `10.0.1.${this.phones.length + 1}`,
      voice,
      ...options,
    });
    this.phones.push(phone);
    return phone;
  }

  /** Nothing comes from there or gets there from now on. */
  cut(phone: ScenePhone): void {
    this.cuts.add(phone.options.host);
  }

  /** The server finds no port for media from now on. */
  exhaustPorts(): void {
    this.parts.media.allocate = () =>
      Promise.reject(
        new CallchartError('CALLCHART_MEDIA_PORTS_EXHAUSTED', 'no port', { status: 503 }),
      );
  }

  /** A call from a phone, as the server and as the phone see it. */
  async calling(phone: ScenePhone): Promise<{ call: LiveCall; caller: PhoneCall }> {
    const caller = await phone.dial(serverAddress);
    await this.run(50);
    if (this.latest === undefined) throw new Error('no call came in');
    return { call: this.latest, caller };
  }

  /** A dial of a call, with how it ended once it has. */
  dial(
    call: LiveCall,
    options: Partial<DialOptions>,
    signal?: AbortSignal,
    onEnd: () => void = () => undefined,
  ): DialWatch {
    const watch: DialWatch = { result: undefined, error: undefined };
    call.dial({ ...usual, ...options }, signal).then(
      (result) => {
        watch.result = result;
        onEnd();
      },
      (error: unknown) => {
        watch.error = error;
      },
    );
    return watch;
  }

  get told(): string[] {
    return this.events.map((event) => {
      if (event.type === 'dtmf') return `dtmf ${event.digit} ${event.leg ?? 'caller'}`;
      return 'target' in event ? `${event.type} ${event.target}` : event.type;
    });
  }

  get record(): CallRecord {
    const [record, ...more] = this.records;
    if (record === undefined || more.length > 0) throw new Error(`${this.records.length} records`);
    return record;
  }

  run(duration: number): Promise<void> {
    return this.clock.run(duration);
  }

  /** Ends what is left, and says what has not gone: nothing. */
  async finish(): Promise<void> {
    for (const phone of this.phones) {
      for (const call of phone.received) call.hangUp();
    }
    for (const call of [...this.calls.all()]) call.hangup();
    await this.run(longestLinger);
    const left = {
      calls: this.calls.count,
      sessions: this.userAgent.openSessions,
      transactions: this.userAgent.openTransactions,
      mediaSessions: this.parts.engine.openSessions,
      mediaPorts: this.parts.media.open,
      placements: this.placer.taken,
    };
    expect(left).toEqual({
      ...{ calls: 0, sessions: 0, transactions: 0 },
      ...{ mediaSessions: 0, mediaPorts: 0, placements: 0 },
    });
    for (const phone of this.phones) await this.until(phone.close());
    await this.until(this.userAgent.close());
    await this.parts.engine.close();
    await this.phoneEngine.close();
    await this.transport?.close();
    await this.run(2_000);
    expect(this.clock.pending).toBe(0);
    expect(this.network.open).toBe(0);
  }

  private async until(promise: Promise<unknown>): Promise<void> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    await this.clock.runUntil(() => settled, 120_000);
    await promise;
  }
}

export interface DialWatch {
  result: DialResult | undefined;
  error: unknown;
}

/** One scene for each test, of which nothing is left when the test is over. */
export function oneScene(): (options?: SceneOptions) => Promise<Scene> {
  let scene: Scene | undefined;
  afterEach(async () => {
    const last = scene;
    scene = undefined;
    await last?.finish();
  });
  return async (options) => {
    scene = await Scene.open(options);
    return scene;
  };
}
