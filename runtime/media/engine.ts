import type { Clock } from '../core/clock';
import { CallchartError, DefectError } from '../core/errors';
import { silentLogger, type Logger } from '../core/logger';
import type { Random } from '../core/random';
import { SessionBridge } from './bridge';
import { availableCodecs } from './codec/registry';
import { SessionConference } from './mixer/conference';
import { EncodedClips } from './encoded-clips';
import { Pacer } from './pacer';
import type {
  BridgeOptions,
  CodecName,
  ConferenceOptions,
  MediaConference,
  Fingerprint,
  MediaBridge,
  MediaEngine,
  MediaNetwork,
  MediaSession,
  MediaSessionOptions,
  Recording,
} from './port';
import { diskFiles, type RecordingFiles } from './recording-files';
import { RtpSession, type SessionContext } from './session';
import type { DtlsCertificate } from './srtp/certificate';

export interface InlineMediaEngineOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Where sockets come from; closed with the engine. */
  readonly network: MediaNetwork;
  readonly logger?: Logger;
  /** Where recordings go; the disk when absent. */
  readonly files?: RecordingFiles;
  /** Milliseconds without RTP until a session reports it, looked at each second; 60 000. 0 never. */
  readonly mediaTimeout?: number;
  /**
   * Whether RTP is taken from another host than SDP named, as a peer behind NAT needs; true. Even then
   * the named host wins, and one stray packet is not enough.
   */
  readonly anyHost?: boolean;
  /** What is shown in DTLS-SRTP; without it that cannot be offered. */
  readonly certificate?: DtlsCertificate;
}

/** Runs every session in the thread that made it. */
export class InlineMediaEngine implements MediaEngine {
  readonly fingerprint: Fingerprint | undefined;
  readonly codecs: readonly CodecName[] = availableCodecs();
  private readonly context: SessionContext;
  private readonly network: MediaNetwork;
  private readonly pacer: Pacer;
  /** What prompts sound like in each codec. */
  readonly clips = new EncodedClips();
  private readonly housekeeper: Pacer;
  private readonly sessions = new Set<RtpSession>();
  private readonly recordings = new Set<Promise<unknown>>();
  private closed = false;

  constructor(options: InlineMediaEngineOptions) {
    const { clock, random, network } = options;
    const logger = options.logger ?? silentLogger;
    this.network = network;
    this.fingerprint = options.certificate?.fingerprint;
    this.pacer = new Pacer({ clock, logger, period: 20, slots: 4, catchUp: 3 });
    this.housekeeper = new Pacer({ clock, logger, period: 1_000, slots: 10, catchUp: 0 });
    this.context = {
      clock,
      random,
      logger,
      pacer: this.pacer,
      housekeeper: this.housekeeper,
      clips: this.clips,
      files: options.files ?? diskFiles,
      mediaTimeout: options.mediaTimeout ?? 60_000,
      anyHost: options.anyHost ?? true,
      certificate: options.certificate,
      onRecording: (recording) => this.keep(recording),
      onClosed: (session) => {
        this.sessions.delete(session);
      },
    };
  }

  get openSessions(): number {
    return this.sessions.size;
  }

  async createSession(options: MediaSessionOptions): Promise<MediaSession> {
    if (this.closed) throw shutDown();
    const sockets = await this.network.allocate(options.localHost);
    if (this.closed) {
      sockets.release();
      throw shutDown();
    }
    const { handler, detectDigits } = options;
    const session = new RtpSession(this.context, sockets, handler, detectDigits);
    this.sessions.add(session);
    return session;
  }

  bridge(first: MediaSession, second: MediaSession, options?: BridgeOptions): MediaBridge {
    if (!(first instanceof RtpSession && second instanceof RtpSession) || first === second) {
      throw new DefectError('a bridge needs two sessions of one engine');
    }
    if (first.bridged || second.bridged) throw new DefectError('a session is bridged already');
    return new SessionBridge(this.context, first, second, options);
  }

  conference(options?: ConferenceOptions): MediaConference {
    return new SessionConference(this.context, options);
  }

  /** Ends all sessions and resolves when their recordings are whole and the sockets closed. */
  async close(): Promise<void> {
    this.closed = true;
    for (const session of this.sessions) session.end();
    this.pacer.close();
    this.housekeeper.close();
    while (this.recordings.size > 0) await Promise.all(this.recordings);
    this.clips.close();
    await this.network.close();
  }

  private keep(recording: Recording): void {
    const finished = recording.done.then(() => {
      this.recordings.delete(finished);
    });
    this.recordings.add(finished);
  }
}

function shutDown(): CallchartError {
  return new CallchartError('CALLCHART_MEDIA_CLOSED', 'the media engine is closed', {
    status: 503,
  });
}
