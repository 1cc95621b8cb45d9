import type { CallControl } from '../call/port';
import type { Clock, TimerHandle } from '../core/clock';
import type {
  MediaStream,
  MediaStreams,
  StreamEnd,
  StreamListener,
  StreamRequest,
} from '../stream/port';
import type { StreamScene } from './port';
import type { SimulatedPlayback } from './simulated-playback';
import type { SimulatedSound } from './simulated-sound';
import type { Transcript } from './transcript';

/** Milliseconds until an app has taken a stream, where nothing is said of it. */
const usualHandshake = 100;

export interface StreamSceneParts {
  readonly clock: Clock;
  readonly transcript: Transcript;
  readonly sound: SimulatedSound;
}

/** Streams to apps that do what the test says, one scene for each stream. */
export class SimulatedStreams implements MediaStreams {
  count = 0;
  private opened = 0;

  constructor(
    private readonly scenes: readonly StreamScene[],
    private readonly parts: StreamSceneParts,
  ) {}

  open(call: CallControl, request: StreamRequest, listener: StreamListener): MediaStream {
    const scene = this.scenes[Math.min(this.opened, this.scenes.length - 1)] ?? {};
    this.opened += 1;
    const stream = new SimulatedStream(call, request, listener, scene, this.parts, this.opened);
    this.count += 1;
    const gone = (): void => {
      this.count -= 1;
    };
    stream.done.then(gone, gone);
    return stream;
  }
}

class SimulatedStream implements MediaStream {
  readonly done: Promise<StreamEnd>;
  private settle: (end: StreamEnd) => void = () => undefined;
  private fail: (error: unknown) => void = () => undefined;
  private readonly timers: TimerHandle[] = [];
  private playback: SimulatedPlayback | undefined;
  private started: number | undefined;
  private over = false;

  constructor(
    call: CallControl,
    private readonly request: StreamRequest,
    private readonly listener: StreamListener,
    private readonly scene: StreamScene,
    private readonly parts: StreamSceneParts,
    private readonly number: number,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.fail = reject;
    });
    const { url, mode, timeout } = request;
    parts.transcript.call(`${mode === 'talk' ? 'streams to and from' : 'streams to'} ${url}`);
    const { fails, after = usualHandshake } = scene;
    if (fails === undefined && after < timeout) {
      this.at(after, () => {
        call.answer().then(
          () => this.begin(),
          (error: unknown) => {
            if (this.leave()) this.fail(error);
          },
        );
      });
      return;
    }
    const reason = fails ?? 'timeout';
    const message = `the test says '${reason}'`;
    this.at(reason === 'timeout' ? timeout : after, () =>
      this.end({ type: 'failed', reason, message, duration: 0 }),
    );
  }

  clear(): void {
    this.playback?.stop();
  }

  send(message: unknown): void {
    if (this.started === undefined || this.over) return;
    this.parts.transcript.call(`tells the app ${JSON.stringify(message)}`);
  }

  digit(): void {
    // The transcript has the key already.
  }

  stop(): void {
    this.end({ type: 'ended', endedBy: 'flow', duration: this.duration });
  }

  private begin(): void {
    const { parts, scene, listener, request } = this;
    if (this.over) return;
    this.started = parts.clock.now();
    for (const { at, text } of scene.says ?? []) this.at(at, () => this.say(text));
    for (const { at, message } of scene.sends ?? []) {
      this.at(at, () => listener.onMessage(message));
    }
    const { ends, breaks } = scene;
    if (ends !== undefined) {
      this.at(ends, () => this.end({ type: 'ended', endedBy: 'app', duration: this.duration }));
    }
    if (breaks !== undefined) {
      const message = 'the connection broke';
      this.at(breaks, () =>
        this.end({ type: 'failed', reason: 'closed', message, duration: this.duration }),
      );
    }
    parts.transcript.call(`the app of '${request.name}' is there`);
    listener.onStarted(`MZ${String(this.number).padStart(32, '0')}`);
  }

  /** Behind a prompt nobody hears it, and this app does not wait. */
  private say(text: string): void {
    const { sound } = this.parts;
    if (this.request.mode === 'listen' || sound.playing !== undefined) return;
    this.playback = sound.begin({ say: text });
  }

  private get duration(): number {
    return this.started === undefined ? 0 : this.parts.clock.now() - this.started;
  }

  private at(delay: number, what: () => void): void {
    this.timers.push(this.parts.clock.setTimeout(what, delay));
  }

  private end(end: StreamEnd): void {
    if (!this.leave()) return;
    const how = end.type === 'failed' ? `fails: ${end.reason}` : `ends, by the ${end.endedBy}`;
    this.parts.transcript.call(`the stream ${how}`);
    this.settle(end);
  }

  private leave(): boolean {
    if (this.over) return false;
    this.over = true;
    for (const timer of this.timers) this.parts.clock.clearTimeout(timer);
    this.playback?.stop();
    return true;
  }
}
