import type { NetworkAddress } from '../../core/address';
import type { PlayItem } from '../../core/audio';
import { describeError } from '../../core/errors';
import type { Logger } from '../../core/logger';
import type { Pacer } from '../pacer';
import type {
  DetectOptions,
  DigitForm,
  MachineDetection,
  MachineOptions,
  MediaHandler,
  MediaParameters,
  MediaSession,
  MediaStatistics,
  MediaTap,
  OpenPlayback,
  Playback,
  PlaybackOptions,
  Recording,
  RecordingOptions,
  TapOptions,
} from '../port';
import { makeTapRings, memoryOf, RingTap, type TapRings } from '../tap';
import type { FeedPlace } from '../tap-pump';
import { workerGone } from './errors';
import type { MediaWorker, Remote } from './media-worker';
import type { Id, Report } from './protocol';
import { RemoteDetection, RemoteSending } from './remote-calls';
import { RemotePlayback } from './remote-playback';
import { RemoteRecording } from './remote-recording';

/** What remote objects get from their engine. */
export interface RemoteContext {
  readonly logger: Logger;
  /** 20 ms, of the signalling thread: for those who want to be told of sound that waits for them. */
  readonly poller: Pacer;
  newId(): Id;
}

/** A bridge or a conference that a session is in. */
export interface Company {
  /** The session is over. */
  onGone(session: RemoteSession): void;
  /** Its peer has pressed a key. */
  onDigit?(session: RemoteSession, digit: string, duration: number): void;
}

/** A session in a media thread. */
export class RemoteSession implements MediaSession, Remote {
  company: Company | undefined;
  /** What it speaks, as far as it was configured. */
  codec: MediaParameters['codec'] | undefined;
  private state: 'open' | 'closing' | 'closed' = 'open';
  private readonly final: Promise<MediaStatistics>;
  private settle: (statistics: MediaStatistics) => void = () => undefined;
  /** Those that nobody but this session would close when its thread dies. */
  private readonly taps = new Set<TapRings>();

  constructor(
    readonly id: Id,
    readonly local: NetworkAddress,
    private latest: MediaStatistics,
    readonly worker: MediaWorker,
    private readonly handler: MediaHandler,
    private readonly context: RemoteContext,
    private readonly onClosed: (session: RemoteSession) => void,
  ) {
    this.final = new Promise((resolve) => {
      this.settle = resolve;
    });
    worker.watch(id, this);
  }

  get closed(): boolean {
    return this.state !== 'open';
  }

  configure(parameters: MediaParameters): void {
    if (this.closed) return;
    this.codec = parameters.codec;
    this.latest = { ...this.latest, codec: parameters.codec.name };
    this.worker.post({ type: 'configure', session: this.id, parameters: plain(parameters) });
  }

  play(items: readonly PlayItem[], options?: PlaybackOptions): Playback {
    const playback = new RemotePlayback(this.context.newId(), this.home);
    playback.start(this.id, items, options);
    return playback;
  }

  playOpen(items: readonly PlayItem[], options?: Omit<PlaybackOptions, 'loop'>): OpenPlayback {
    const playback = new RemotePlayback(this.context.newId(), this.home);
    playback.start(this.id, items, options, 'open');
    return playback;
  }

  playOver(items: readonly PlayItem[], options?: PlaybackOptions): Playback {
    const playback = new RemotePlayback(this.context.newId(), this.home);
    playback.start(this.id, items, options, 'over');
    return playback;
  }

  setMuted(muted: boolean): void {
    if (!this.closed) this.worker.post({ type: 'mute', session: this.id, muted });
  }

  record(options: RecordingOptions): Recording {
    const recording = new RemoteRecording(this.context.newId(), options, this.home);
    recording.start(this.id);
    return recording;
  }

  sendDigits(digits: string, duration: number, gap: number, form?: DigitForm): Promise<void> {
    if (this.closed) return Promise.reject(workerGone('the media session is closed'));
    const sending = new RemoteSending(this.context.newId(), this.worker);
    this.worker.post({
      ...{ type: 'send-digits', session: this.id, sending: sending.id },
      ...{ digits, duration, gap, form },
    });
    return sending.done;
  }

  reportDigit(digit: string, duration: number): void {
    if (this.closed) return;
    this.worker.post({ type: 'report-digit', session: this.id, digit, duration });
  }

  echo(): () => void {
    if (this.closed) return () => undefined;
    const echo = this.context.newId();
    this.worker.post({ type: 'echo', session: this.id, echo });
    return () => this.worker.post({ type: 'end-echo', echo });
  }

  detect(options: DetectOptions | undefined): void {
    if (!this.closed) this.worker.post({ type: 'detect', session: this.id, options });
  }

  detectMachine(options?: MachineOptions): MachineDetection {
    const detection = new RemoteDetection(this.context.newId(), this.home);
    const { id } = detection;
    this.home?.post({ type: 'detect-machine', session: this.id, detection: id, options });
    return detection;
  }

  tap(options: TapOptions): MediaTap {
    const rings = makeTapRings(options);
    const detach = this.attach(options, rings);
    return new RingTap(rings, this.context.poller, detach);
  }

  /** Lets sound come and go through rings. Returns what ends it. */
  attach(options: TapOptions, rings: TapRings, place: FeedPlace = 'tap'): () => void {
    if (this.closed) {
      rings.said.close();
      return () => undefined;
    }
    const tap = this.context.newId();
    this.taps.add(rings);
    const { id: session, worker } = this;
    worker.post({ type: 'tap', session, tap, options, place, memory: memoryOf(rings) });
    return () => {
      this.taps.delete(rings);
      worker.post({ type: 'close-tap', tap });
    };
  }

  listen(listener: (frame: Int16Array) => void): () => void {
    const tap = this.tap({ sampleRate: 8_000, hear: 'peer' });
    const frame = new Int16Array(tap.frameSize);
    tap.onReadable = () => {
      while (tap.read(frame)) listener(frame);
    };
    return () => tap.close();
  }

  statistics(): MediaStatistics {
    return this.latest;
  }

  close(): Promise<MediaStatistics> {
    if (this.state === 'open') {
      this.leave('closing');
      this.worker.post({ type: 'close', session: this.id });
    }
    return this.final;
  }

  receive(report: Report): void {
    const { handler } = this;
    switch (report.type) {
      case 'statistics':
        this.latest = report.statistics;
        return;
      case 'closed':
        this.worker.forget(this.id);
        this.end(report.statistics);
        return;
      case 'digit': {
        const { digit, duration } = report;
        this.notify(() => {
          this.company?.onDigit?.(this, digit, duration);
          handler.onDigit(digit, duration);
        });
        return;
      }
      case 'timeout':
        this.notify(() => handler.onTimeout());
        return;
      case 'speech':
        this.notify(() => handler.onSpeech?.(report.speaking));
        return;
      case 'tone':
        this.notify(() => handler.onTone?.(report.tone));
        return;
      case 'failed':
        this.notify(() => handler.onFailed?.(report.reason));
        return;
      default:
    }
  }

  onDeath(reason: string): void {
    const wasOpen = this.state === 'open';
    if (wasOpen) this.leave('closed');
    for (const rings of this.taps) rings.said.close();
    this.taps.clear();
    this.end(this.latest);
    if (wasOpen) this.handler.onFailed?.(`media worker died: ${reason}`);
  }

  private get home(): MediaWorker | undefined {
    return this.closed ? undefined : this.worker;
  }

  private leave(state: 'closing' | 'closed'): void {
    this.state = state;
    const { company } = this;
    this.company = undefined;
    company?.onGone(this);
  }

  private end(statistics: MediaStatistics): void {
    this.state = 'closed';
    this.latest = statistics;
    this.settle(statistics);
    this.onClosed(this);
  }

  /** What the other layers do with an event must not end in the stack of the message. */
  private notify(call: () => void): void {
    if (this.closed) return;
    try {
      call();
    } catch (thrown) {
      this.context.logger.error({ error: describeError(thrown) }, 'a media handler failed');
    }
  }
}

/** Only what the engine reads goes to the thread: what a caller keeps beside it may not be copied. */
function plain(parameters: MediaParameters): MediaParameters {
  const { remote, codec, alternatives, telephoneEvent, comfortNoise } = parameters;
  const { direction, ptime, rtcpMux, security } = parameters;
  return {
    ...{ remote, codec, direction, ptime },
    ...(alternatives === undefined ? {} : { alternatives }),
    ...(telephoneEvent === undefined ? {} : { telephoneEvent }),
    ...(comfortNoise === undefined ? {} : { comfortNoise }),
    ...(rtcpMux === undefined ? {} : { rtcpMux }),
    ...(security === undefined ? {} : { security }),
  };
}
