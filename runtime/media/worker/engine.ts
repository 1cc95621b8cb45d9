import { availableParallelism } from 'node:os';
import type { Clock } from '../../core/clock';
import { CallchartError, DefectError } from '../../core/errors';
import { silentLogger, type Logger } from '../../core/logger';
import { availableCodecs } from '../codec/registry';
import { Pacer } from '../pacer';
import type {
  BridgeOptions,
  CodecName,
  ConferenceOptions,
  Fingerprint,
  MediaBridge,
  MediaConference,
  MediaEngine,
  MediaSession,
  MediaSessionOptions,
} from '../port';
import type { DtlsCertificate } from '../srtp/certificate';
import { EncodingRegistry } from './encoding-registry';
import { errorOf, workerGone } from './errors';
import { MediaWorker } from './media-worker';
import { splitPorts, type PortRange } from './port-shares';
import type { Id, Report } from './protocol';
import { RemoteBridge } from './remote-bridge';
import { RemoteConference } from './remote-conference';
import { RemoteSession, type RemoteContext } from './remote-session';
import { startThread, type StartThread } from './thread-port';

export interface WorkerMediaEngineOptions {
  readonly clock: Clock;
  readonly logger?: Logger;
  /** How many threads; one less than there are cores, and one at least. Fewer where there are fewer ports. */
  readonly workers?: number;
  /** Both ends are included; 10 000 to 20 000. Each thread gets a part of it. */
  readonly portRange?: PortRange;
  /** What the sockets bind to when it is not the address that is announced: a wildcard, or behind NAT. */
  readonly bindHost?: string;
  /** Milliseconds without RTP until a session reports it; 60 000. 0 never. */
  readonly mediaTimeout?: number;
  /** Whether RTP is taken from another host than SDP named; true. */
  readonly anyHost?: boolean;
  /** What all threads show in DTLS-SRTP; without it that cannot be offered. */
  readonly certificate?: DtlsCertificate;
  /** Real threads when absent. */
  readonly startThread?: StartThread;
}

/**
 * Runs sessions in threads of their own, with their sockets. This thread and those exchange what is asked for and
 * what has happened, never a packet: see `protocol.ts`.
 */
export class WorkerMediaEngine implements MediaEngine {
  readonly codecs: readonly CodecName[] = availableCodecs();
  readonly fingerprint: Fingerprint | undefined;
  /** Threads that died without being asked to. */
  deaths = 0;
  private readonly workers: readonly MediaWorker[];
  private readonly sessions = new Set<RemoteSession>();
  private readonly context: RemoteContext;
  private readonly poller: Pacer;
  private lastId: Id = 0;
  /** Sessions that wait for their ports. */
  private pending = 0;
  private closing: Promise<void> | undefined;

  constructor(options: WorkerMediaEngineOptions) {
    const { clock, certificate } = options;
    const logger = options.logger ?? silentLogger;
    this.fingerprint = certificate?.fingerprint;
    // Twice a frame, so that what a worker has heard, and an answer to it, wait for no frame more than they must.
    this.poller = new Pacer({ clock, logger, period: 10, slots: 1, catchUp: 0 });
    this.context = { logger, poller: this.poller, newId: () => (this.lastId += 1) };
    const wanted = options.workers ?? defaultWorkers();
    const shares = splitPorts(options.portRange ?? { first: 10_000, last: 20_000 }, wanted);
    const encodings = new EncodingRegistry(() => this.workers);
    this.workers = shares.map(
      (portRange, index) =>
        new MediaWorker({
          ...{ index, clock, logger, encodings },
          start: options.startThread ?? startThread,
          onDeath: () => {
            this.deaths += 1;
          },
          settings: {
            portRange,
            mediaTimeout: options.mediaTimeout ?? 60_000,
            anyHost: options.anyHost ?? true,
            bindHost: options.bindHost,
            ...(certificate === undefined ? {} : { certificate }),
          },
        }),
    );
  }

  get openSessions(): number {
    let open = this.pending;
    for (const session of this.sessions) if (!session.closed) open += 1;
    return open;
  }

  /** Pairs of ports that sessions hold, or have not given back yet. */
  get openPorts(): number {
    return this.pending + this.sessions.size;
  }

  /** Threads that run. */
  get openWorkers(): number {
    return this.workers.filter((worker) => worker.running).length;
  }

  async createSession(options: MediaSessionOptions): Promise<MediaSession> {
    this.mustBeOpen();
    this.pending += 1;
    try {
      return await this.createSomewhere(options);
    } finally {
      this.pending -= 1;
    }
  }

  bridge(first: MediaSession, second: MediaSession, options: BridgeOptions = {}): MediaBridge {
    if (!(first instanceof RemoteSession && second instanceof RemoteSession) || first === second) {
      throw new DefectError('a bridge needs two sessions of one engine');
    }
    if (first.company !== undefined || second.company !== undefined) {
      throw new DefectError('a session is bridged already');
    }
    return new RemoteBridge(this.context, first, second, options);
  }

  conference(options: ConferenceOptions = {}): MediaConference {
    return new RemoteConference(this.context, options, () => this.byLoad()[0]);
  }

  /** Ends all sessions and resolves when their recordings are whole, the sockets closed and the threads gone. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    for (const session of this.sessions) void session.close();
    await Promise.all(this.workers.map((worker) => worker.close()));
    this.poller.close();
  }

  /** The worker with the fewest sessions, or that of whom the session will be bridged with; if it has ports. */
  private async createSomewhere(options: MediaSessionOptions): Promise<MediaSession> {
    const { near } = options;
    const beside = near instanceof RemoteSession && near.worker.alive ? near.worker : undefined;
    const others = this.byLoad().filter((worker) => worker !== beside);
    let refusal: Error = workerGone('no media worker is running');
    for (const worker of beside === undefined ? others : [beside, ...others]) {
      if (!worker.alive) continue;
      const result = await this.createIn(worker, options);
      if (result instanceof RemoteSession) return result;
      refusal = result;
      this.mustBeOpen();
      if (!(result instanceof CallchartError && ELSEWHERE.has(result.code))) break;
    }
    throw refusal;
  }

  private createIn(
    worker: MediaWorker,
    { localHost, detectDigits, handler }: MediaSessionOptions,
  ): Promise<RemoteSession | Error> {
    const id = this.context.newId();
    worker.load += 1;
    return new Promise((resolve) => {
      const refused = (error: Error): void => {
        worker.load -= 1;
        resolve(error);
      };
      worker.watch(id, {
        receive: (report: Report) => {
          if (report.type === 'created') {
            const { local, statistics } = report;
            const session = new RemoteSession(
              ...([id, local, statistics, worker, handler, this.context] as const),
              () => this.forget(session),
            );
            this.sessions.add(session);
            if (this.closing === undefined) resolve(session);
            else {
              void session.close();
              resolve(shutDown());
            }
          } else if (report.type === 'refused') {
            worker.forget(id);
            refused(errorOf(report.error));
          }
        },
        onDeath: (reason) => resolve(workerGone(`media worker died: ${reason}`)),
      });
      worker.post({ type: 'create', session: id, localHost, detectDigits });
    });
  }

  private forget(session: RemoteSession): void {
    if (!this.sessions.delete(session)) return;
    session.worker.load = Math.max(0, session.worker.load - 1);
  }

  private byLoad(): MediaWorker[] {
    return this.workers.filter((worker) => worker.alive).sort((a, b) => a.load - b.load);
  }

  private mustBeOpen(): void {
    if (this.closing !== undefined) throw shutDown();
  }
}

/** What one thread cannot do and another may. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'CALLCHART_MEDIA_PORTS_EXHAUSTED',
  'CALLCHART_MEDIA_WORKER_DIED',
]);

/** One core is left for the signalling. */
function defaultWorkers(): number {
  return Math.max(1, availableParallelism() - 1);
}

function shutDown(): CallchartError {
  return new CallchartError('CALLCHART_MEDIA_CLOSED', 'the media engine is closed', {
    status: 503,
  });
}
