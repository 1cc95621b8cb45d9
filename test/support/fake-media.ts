import type { CodecName, PlayItem } from '../../runtime/core/audio';
import { CallchartError, DefectError } from '../../runtime/core/errors';
import type {
  BridgeOptions,
  DetectOptions,
  MachineDetection,
  MachineResult,
  MediaConference,
  MediaTap,
  MediaBridge,
  MediaEngine,
  MediaHandler,
  MediaParameters,
  MediaSession,
  MediaSessionOptions,
  MediaStatistics,
  OpenPlayback,
  PlaybackOptions,
  PlaybackResult,
  Recording,
  RecordingOptions,
  RecordingResult,
} from '../../runtime/media/port';

const statistics: MediaStatistics = {
  codec: 'PCMU',
  packetsSent: 10,
  packetsReceived: 9,
  packetsLost: 0,
  packetsLate: 0,
  packetsDiscarded: 0,
  jitter: 1,
  roundTrip: undefined,
  remoteLoss: undefined,
  digits: 0,
  digitsByForm: { event: 0, info: 0, inband: 0 },
  octetsSent: 1_600,
  octetsReceived: 1_440,
  packetsDuplicated: 0,
  framesConcealed: 0,
  framesRecovered: 0,
  delay: 60,
  maxDelay: 60,
  mos: 4.4,
  remoteMos: undefined,
  level: undefined,
  talkTime: 0,
  security: 'none',
  drops: {},
};

export class FakePlayback implements OpenPlayback {
  readonly appended: { readonly items: readonly PlayItem[]; readonly last: boolean }[] = [];
  readonly done: Promise<PlaybackResult>;
  settle: (result: PlaybackResult) => void = () => undefined;

  constructor(
    readonly items: readonly PlayItem[],
    readonly options: PlaybackOptions | undefined,
  ) {
    this.done = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  paused = false;
  gain = 0;
  readonly seeks: { readonly position: number; readonly relative: boolean }[] = [];

  stop(): void {
    this.settle({ type: 'stopped', position: 0 });
  }

  append(items: readonly PlayItem[], last: boolean): void {
    this.appended.push({ items, last });
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  seek(position: number, options: { readonly relative?: boolean } = {}): void {
    this.seeks.push({ position, relative: options.relative === true });
  }

  setGain(gain: number): void {
    this.gain = gain;
  }
}

export class FakeRecording implements Recording {
  readonly done: Promise<RecordingResult>;
  settle: (result: RecordingResult) => void = () => undefined;

  constructor(readonly options: RecordingOptions) {
    this.done = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  paused = false;

  stop(): void {
    this.settle({ type: 'stopped', path: this.options.path, duration: 1000, peak: 7 });
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }
}

/** A media session without sound: keeps what it was told, and hears what the test says. */
export class FakeMediaSession implements MediaSession {
  readonly local = { host: '127.0.0.1', port: 30_000 };
  readonly configured: MediaParameters[] = [];
  readonly playbacks: FakePlayback[] = [];
  readonly recordings: FakeRecording[] = [];
  readonly sent: { digits: string; duration: number; gap: number }[] = [];
  echoes = 0;
  closed = false;
  /** The statistics of {@link close} come only after this, as those of another thread do. */
  lastWords: Promise<void> = Promise.resolve();

  constructor(
    readonly options: MediaSessionOptions,
    private readonly onClosed: () => void,
  ) {}

  get handler(): MediaHandler {
    return this.options.handler;
  }

  configure(parameters: MediaParameters): void {
    this.configured.push(parameters);
  }

  playOpen(items: readonly PlayItem[], options?: Omit<PlaybackOptions, 'loop'>): OpenPlayback {
    return this.play(items, options);
  }

  play(items: readonly PlayItem[], options?: PlaybackOptions): FakePlayback {
    this.playbacks.at(-1)?.stop();
    const playback = new FakePlayback(items, options);
    this.playbacks.push(playback);
    return playback;
  }

  playOver(items: readonly PlayItem[], options?: PlaybackOptions): FakePlayback {
    return this.play(items, options);
  }

  muted = false;

  setMuted(muted: boolean): void {
    this.muted = muted;
  }

  record(options: RecordingOptions): Recording {
    const recording = new FakeRecording(options);
    this.recordings.push(recording);
    return recording;
  }

  sendDigits(digits: string, duration: number, gap: number): Promise<void> {
    this.sent.push({ digits, duration, gap });
    return Promise.resolve();
  }

  reportDigit(digit: string, duration: number): void {
    this.handler.onDigit(digit, duration);
  }

  echo(): () => void {
    this.echoes += 1;
    return () => {
      this.echoes -= 1;
    };
  }

  readonly detections: (DetectOptions | undefined)[] = [];

  detect(options: DetectOptions | undefined): void {
    this.detections.push(options);
  }

  detectMachine(): MachineDetection {
    let settle: (result: MachineResult) => void = () => undefined;
    const done = new Promise<MachineResult>((resolve) => {
      settle = resolve;
    });
    return { done, stop: () => settle({ type: 'stopped', reason: 'stopped', decidedAt: 0 }) };
  }

  tap(): MediaTap {
    throw new DefectError('a fake session has no sound to tap');
  }

  listen(): () => void {
    return () => undefined;
  }

  statistics(): MediaStatistics {
    return statistics;
  }

  async close(): Promise<MediaStatistics> {
    this.end();
    await this.lastWords;
    return statistics;
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    for (const playback of this.playbacks) playback.stop();
    for (const recording of this.recordings) recording.stop();
    this.onClosed();
  }
}

/** A bridge without sound: closes with either of its sessions, as a real one does. */
export class FakeMediaBridge implements MediaBridge {
  readonly recordings: FakeRecording[] = [];
  closed = false;

  constructor(
    readonly sessions: readonly [MediaSession, MediaSession],
    readonly options: BridgeOptions,
  ) {}

  record(options: RecordingOptions): Recording {
    const recording = new FakeRecording(options);
    this.recordings.push(recording);
    if (this.closed) recording.stop();
    return recording;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const recording of this.recordings) recording.stop();
  }
}

export class FakeMediaEngine implements MediaEngine {
  readonly fingerprint = undefined;
  readonly codecs: readonly CodecName[] = ['PCMU', 'PCMA'];
  readonly sessions: FakeMediaSession[] = [];
  readonly bridges: FakeMediaBridge[] = [];
  openSessions = 0;
  /** No port is free. */
  exhausted = false;
  /** Creation waits for this. */
  gate: Promise<void> | undefined;

  async createSession(options: MediaSessionOptions): Promise<MediaSession> {
    await this.gate;
    if (this.exhausted) {
      throw new CallchartError('CALLCHART_MEDIA_PORTS_EXHAUSTED', 'no media port is free', {
        status: 503,
      });
    }
    this.openSessions += 1;
    const session = new FakeMediaSession(options, () => {
      this.openSessions -= 1;
      for (const bridge of this.bridges) if (bridge.sessions.includes(session)) bridge.close();
    });
    this.sessions.push(session);
    return session;
  }

  bridge(first: MediaSession, second: MediaSession, options: BridgeOptions = {}): MediaBridge {
    const taken = this.bridges.some(
      ({ closed, sessions }) => !closed && (sessions.includes(first) || sessions.includes(second)),
    );
    if (taken) throw new DefectError('a session is bridged already');
    const bridge = new FakeMediaBridge([first, second], options);
    this.bridges.push(bridge);
    return bridge;
  }

  conference(): MediaConference {
    throw new DefectError('a fake engine has no conferences');
  }

  /** The only session of a test. */
  get only(): FakeMediaSession {
    const [session] = this.sessions;
    if (session === undefined || this.sessions.length > 1) {
      throw new Error(`${this.sessions.length} media sessions were created`);
    }
    return session;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
