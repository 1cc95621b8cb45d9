import type { CallControl } from '../call/port';
import type { Clock, TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import { MessageWriter, readMessage } from './messages';
import { Playout } from './playout';
import type {
  MediaStream,
  OpenSocket,
  SocketEnd,
  SocketHandler,
  StreamEnd,
  StreamFailure,
  StreamLimits,
  StreamListener,
  StreamRequest,
  StreamSocket,
} from './port';
import { soundFormats, type SoundFormat } from './sound';
import { TrackSender } from './track-sender';

/** What a stream is made with. */
export interface StreamParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: StreamLimits;
  readonly openSocket: OpenSocket;
  readonly streamSid: string;
  readonly accountSid: string;
  readonly callSid: string;
  /** Why the URL must not be connected to; undefined when it may. */
  readonly refusal: (url: string) => Promise<string | undefined>;
  /** Header fields of the handshake. */
  readonly headers: Readonly<Record<string, string>>;
  /** Nothing is left of it. */
  readonly onGone: () => void;
}

const normalClosure = 1000;
const policyViolation = 1008;
/** Codes with which an app says that it is done: none, all is well, it goes away. */
const goodCloses: ReadonlySet<number> = new Set([1000, 1001, 1005]);

/**
 * One media stream: connects to the app, hears the call with a tap for each track, and says what the app says. It
 * does not connect again: an app that has gone has lost what it knew of the call, and the flow knows what to do then.
 */
export class CallStream implements MediaStream, SocketHandler {
  readonly done: Promise<StreamEnd>;
  private resolve: (end: StreamEnd) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;
  private phase: 'connecting' | 'opening' | 'open' | 'over' = 'connecting';
  private readonly format: SoundFormat;
  private readonly writer: MessageWriter;
  private socket: StreamSocket | undefined;
  private socketClosed = false;
  private readonly tracks: TrackSender[] = [];
  private playout: Playout | undefined;
  /** Of the handshake first, then of the close. */
  private timer: TimerHandle | undefined;
  private started = 0;
  private stalledSince: number | undefined;
  private garbage = 0;
  private refusedBytes = 0;
  private received = 0;

  constructor(
    private readonly call: CallControl,
    private readonly request: StreamRequest,
    private readonly listener: StreamListener,
    private readonly parts: StreamParts,
  ) {
    const { streamSid, accountSid, callSid } = parts;
    const { track, encoding, sampleRate, parameters } = request;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.format = soundFormats[encoding];
    this.writer = new MessageWriter({
      streamSid,
      accountSid,
      callSid,
      tracks: track === 'both' ? ['inbound', 'outbound'] : [track],
      mediaFormat: { encoding: this.format.name, sampleRate, channels: 1 },
      customParameters: parameters,
    });
    void this.connect();
  }

  // ── the flow's ──────────────────────────────────────────────────────────────────────────────────

  clear(): void {
    this.playout?.clear();
  }

  send(message: unknown): void {
    this.say(this.writer.message(message));
  }

  digit(digit: string): void {
    if (this.phase === 'open') this.say(this.writer.dtmf(digit));
  }

  stop(): void {
    this.finish({ type: 'ended', endedBy: 'flow', duration: this.duration });
  }

  // ── the socket's ────────────────────────────────────────────────────────────────────────────────

  onOpen(): void {
    if (this.phase !== 'connecting') return;
    this.parts.clock.clearTimeout(this.timer);
    this.phase = 'opening';
    this.openTaps().then(
      () => this.begin(),
      (error: unknown) => {
        if (this.phase === 'over') return;
        this.leave();
        this.reject(error);
      },
    );
  }

  onText(text: string): void {
    if (this.phase !== 'open') return;
    const message = readMessage(text, this.parts.streamSid);
    switch (message?.event) {
      case undefined:
        this.onGarbage();
        return;
      case 'media':
        this.onMedia(message.payload);
        return;
      case 'mark':
        if (this.playout?.mark(message.name) === false) this.onGarbage();
        return;
      case 'clear':
        this.playout?.clear();
        return;
      case 'message':
        this.listener.onMessage(message.message);
    }
  }

  onClosed(why: SocketEnd): void {
    this.socketClosed = true;
    this.parts.clock.clearTimeout(this.timer);
    if (this.phase === 'over') {
      this.parts.onGone();
      return;
    }
    const { duration } = this;
    if (why.type === 'failed') this.fail(why.reason, why.message);
    else if (goodCloses.has(why.code)) this.finish({ type: 'ended', endedBy: 'app', duration });
    else {
      const reason = why.reason === '' ? '' : `: ${why.reason}`;
      this.fail('closed', `the app closed the connection with code ${why.code}${reason}`);
    }
  }

  // ── beginning ───────────────────────────────────────────────────────────────────────────────────

  private async connect(): Promise<void> {
    const { parts, request } = this;
    const { clock, limits, headers, openSocket } = parts;
    if (!/^wss?:\/\//i.test(request.url)) {
      // Not at once: whoever opens a stream has to know it first.
      await Promise.resolve();
      this.fail('badUrl', 'the URL of a stream begins with wss:// or ws://');
      return;
    }
    this.timer = clock.setTimeout(() => {
      this.fail('timeout', `the app did not take the stream within ${request.timeout} ms`);
    }, request.timeout);
    const refusal = await parts.refusal(request.url).catch(describeError);
    // It may have been stopped meanwhile.
    if (this.phase !== 'connecting') return;
    if (refusal !== undefined) {
      this.fail('forbiddenAddress', refusal);
      return;
    }
    const { maxMessage } = limits;
    this.socket = openSocket({ url: request.url, headers, maxMessage, handler: this });
  }

  private async openTaps(): Promise<void> {
    const { call, request } = this;
    const { sampleRate } = request;
    if (call.tap === undefined) throw new Error('this call cannot be heard by others');
    const sides = request.track === 'both' ? (['inbound', 'outbound'] as const) : [request.track];
    for (const side of sides) {
      const hear = side === 'inbound' ? 'peer' : 'own';
      const tap = await call.tap({ sampleRate, hear });
      if (this.isOver()) tap.close();
      else this.tracks.push(new TrackSender(tap, side, this.format, this.writer));
    }
  }

  /** A method, so that it is looked at anew after each await. */
  private isOver(): boolean {
    return this.phase === 'over';
  }

  private begin(): void {
    const [first] = this.tracks;
    if (this.phase !== 'opening' || first === undefined) return;
    const { parts, request, call, writer } = this;
    const { clock, limits, logger, streamSid } = parts;
    this.phase = 'open';
    this.started = clock.now();
    this.say(writer.connected());
    this.say(writer.start());
    if (request.mode === 'talk') {
      this.playout = new Playout(first.tap, this.format, clock, limits, (name) =>
        this.say(writer.mark(name)),
      );
    }
    for (const track of this.tracks) track.tap.onReadable = () => this.forward(track);
    const { name } = request;
    logger.info({ call: call.info.id, stream: name, streamSid }, 'media stream started');
    this.listener.onStarted(streamSid);
  }

  // ── sound ───────────────────────────────────────────────────────────────────────────────────────

  /** While the app does not read, the tap keeps the newest sound, and loses the oldest. */
  private forward(track: TrackSender): void {
    const { socket, parts } = this;
    if (this.phase !== 'open' || socket === undefined) return;
    if (socket.unsent > parts.limits.maxUnsent) {
      const now = parts.clock.now();
      this.stalledSince ??= now;
      if (now - this.stalledSince < parts.limits.stall) return;
      this.fail('stalled', 'the app does not read what it is sent');
      return;
    }
    this.stalledSince = undefined;
    for (let text = track.next(); text !== undefined; text = track.next()) socket.send(text);
  }

  private onMedia(payload: string): void {
    const { playout, format, parts } = this;
    const bytes = Buffer.from(payload, 'base64');
    if (bytes.length === 0 || bytes.length % format.sampleBytes !== 0) {
      this.onGarbage();
      return;
    }
    // One that only listens is not heard.
    if (playout === undefined) return;
    this.received += 1;
    if (playout.add(bytes)) return;
    if (this.refusedBytes === 0) {
      const { call, request } = this;
      parts.logger.warn(
        { call: call.info.id, stream: request.name },
        'the app of a media stream is too far ahead: some of its sound is lost',
      );
    }
    this.refusedBytes += bytes.length;
    if (this.refusedBytes > parts.limits.maxWaitingBytes) {
      this.fail('flood', 'the app has sent more sound than can be kept');
    }
  }

  private onGarbage(): void {
    this.garbage += 1;
    if (this.garbage < this.parts.limits.maxGarbage) return;
    this.fail('garbage', `the app has sent ${this.garbage} messages that cannot be understood`);
  }

  private say(text: string): void {
    if (this.phase === 'open') this.socket?.send(text);
  }

  // ── the end ─────────────────────────────────────────────────────────────────────────────────────

  private get duration(): number {
    return this.started === 0 ? 0 : Math.round(this.parts.clock.now() - this.started);
  }

  private fail(reason: StreamFailure, message: string): void {
    this.finish({ type: 'failed', reason, message, duration: this.duration });
  }

  private finish(end: StreamEnd): void {
    if (this.phase === 'over') return;
    this.log(end);
    if (this.phase === 'open' && !this.socketClosed) this.say(this.writer.stop());
    this.leave(end.type === 'ended' ? normalClosure : policyViolation);
    this.listener.onEnded?.(end, this.parts.streamSid);
    this.resolve(end);
  }

  private log(end: StreamEnd): void {
    const { call, request, tracks, parts } = this;
    const counts = {
      sent: tracks.reduce((sum, { sent }) => sum + sent, 0),
      lost: tracks.reduce((sum, { lost }) => sum + lost, 0),
      received: this.received,
      garbage: this.garbage,
    };
    const why = end.type === 'failed' ? { reason: end.reason } : { endedBy: end.endedBy };
    const fields = { call: call.info.id, stream: request.name, ...why, ...counts };
    if (end.type === 'ended') parts.logger.info(fields, 'media stream ended');
    else parts.logger.warn(fields, `media stream failed: ${end.message}`);
  }

  /** Lets go of the call at once, and of the connection when the app has closed it. */
  private leave(code = normalClosure): void {
    const { parts, socket, phase } = this;
    const { clock, limits, onGone } = parts;
    this.phase = 'over';
    clock.clearTimeout(this.timer);
    this.playout?.clear();
    this.playout?.close();
    for (const { tap } of this.tracks) tap.close();
    if (socket === undefined || this.socketClosed) {
      onGone();
      return;
    }
    if (phase === 'connecting') {
      socket.terminate();
      return;
    }
    socket.close(code, '');
    this.timer = clock.setTimeout(() => socket.terminate(), limits.closing);
  }
}
