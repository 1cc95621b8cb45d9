import type { Clock, TimerHandle } from '../../core/clock';
import type { Prompt } from '../../prompt/port';
import { LoopedSound } from '../dial/looped-sound';
import type { QueueCall, QueueMember, QueuePlace, QueueRequest, QueueResult } from './port';
import type { Talker } from './talker';

/** Who serves a call, from when it is taken until both talk. */
export interface Server {
  readonly call: QueueCall;
  /** The one who waited has gone. */
  lost(): void;
}

/** The queue that a call waits in. */
export interface WaitingQueue {
  readonly name: string;
  readonly averageWait: number;
  /** The call waits no more, or is over; `result` undefined when somebody has taken it. */
  gone(call: WaitingCall, result: QueueResult | undefined): void;
  /** It waits on: nobody serves it after all. */
  returned(call: WaitingCall): void;
}

/** A call in a queue, until it talks no more with whoever has served it. */
export class WaitingCall implements QueuePlace {
  readonly done: Promise<QueueResult>;
  readonly since: number;
  private resolve: (result: QueueResult) => void = () => undefined;
  private server: Server | undefined;
  private talker: Talker | undefined;
  private music: LoopedSound | undefined;
  private timer: TimerHandle | undefined;
  private over = false;
  private told: { position: number; size: number } | undefined;
  private readonly cleanups: (() => void)[] = [];

  constructor(
    readonly call: QueueCall,
    readonly request: QueueRequest,
    private readonly queue: WaitingQueue,
    private readonly clock: Clock,
    private readonly timeout: number | undefined,
  ) {
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.since = clock.now();
  }

  /** It stands in the queue from now on. */
  begin(signal: AbortSignal | undefined): void {
    this.cleanups.push(
      this.call.onEnd(({ by }) => {
        this.quit({ type: 'hangup', waited: this.waited }, by === 'caller' ? 'caller' : 'system');
      }),
    );
    if (signal !== undefined) {
      const abort = (): void => this.quit({ type: 'cancelled', waited: this.waited }, 'caller');
      signal.addEventListener('abort', abort, { once: true });
      this.cleanups.push(() => signal.removeEventListener('abort', abort));
    }
    this.wait();
  }

  get waited(): number {
    return Math.round(this.clock.now() - this.since);
  }

  get isOver(): boolean {
    return this.over;
  }

  member(position: number): QueueMember {
    const { call, waited, request } = this;
    const since = Math.round(this.since);
    const { priority, data } = request;
    const member = { call: call.info.id, since, position, waited, priority };
    return data === undefined ? member : { ...member, data };
  }

  /** Tells the flow where it stands, when that is news. */
  stand(position: number, size: number): void {
    if (this.told?.position === position) return;
    this.told = { position, size };
    const { name: queue, averageWait } = this.queue;
    const { waited } = this;
    this.call.emit({ type: 'queue.position', queue, position, size, waited, averageWait });
  }

  leave(): void {
    if (this.over || this.server !== undefined || this.talker !== undefined) return;
    const { waited, told } = this;
    this.quit({ type: 'left', waited, position: told?.position ?? 0 }, 'caller');
  }

  /** Somebody serves it: it neither waits nor hears music meanwhile. */
  take(server: Server): void {
    this.server = server;
    this.rest();
    this.queue.gone(this, undefined);
    this.call.emit({
      ...{ type: 'queue.taken', queue: this.queue.name },
      call: server.call.info.id,
    });
  }

  /** Whoever served it has gone. */
  putBack(): void {
    if (this.over || this.server === undefined) return;
    this.server = undefined;
    this.told = undefined;
    this.call.emit({ type: 'queue.returned', queue: this.queue.name });
    // The flow may have left it at that.
    if (!this.isOver) {
      this.wait();
      if (!this.isOver) this.queue.returned(this);
    }
  }

  /** Both talk from now on. */
  talk(talker: Talker, agentCall: string): void {
    const { waited } = this;
    this.server = undefined;
    this.talker = talker;
    void talker.done.then(({ talkTime, endedBy }) => {
      this.finish({ type: 'bridged', talkTime, endedBy, waited, agentCall });
    });
  }

  /** A prompt for it alone, to its end. */
  async hear(prompt: Prompt): Promise<void> {
    const { call } = this;
    const items = await call.resolve(prompt);
    if (this.over || this.server === undefined) return;
    const playback = call.leg.sound?.play(items);
    this.stopHearing = () => playback?.stop();
    await playback?.done;
  }

  private stopHearing: () => void = () => undefined;

  private wait(): void {
    const { call, request, clock, timeout } = this;
    if (timeout !== undefined) {
      const left = timeout - this.waited;
      if (left <= 0) {
        this.timedOut();
        return;
      }
      this.timer = clock.setTimeout(() => this.timedOut(), left);
    }
    const { sound } = call.leg;
    if (request.music === undefined || sound === undefined) return;
    this.music = new LoopedSound(call.resolve(request.music), sound, (error) =>
      call.reportError(error),
    );
  }

  private timedOut(): void {
    this.quit({ type: 'timeout', waited: this.waited }, 'system');
  }

  private rest(): void {
    this.clock.clearTimeout(this.timer);
    this.music?.stop();
    this.music = undefined;
  }

  /** It is not there any more, whatever it does. */
  private quit(result: QueueResult, endedBy: 'caller' | 'system'): void {
    if (this.over) return;
    const { talker, server } = this;
    if (talker !== undefined) {
      talker.leave(endedBy);
      return;
    }
    this.server = undefined;
    this.finish(result);
    server?.lost();
  }

  private finish(result: QueueResult): void {
    if (this.over) return;
    this.over = true;
    this.rest();
    this.stopHearing();
    for (const cleanup of this.cleanups.splice(0)) cleanup();
    this.queue.gone(this, result);
    this.resolve(result);
  }
}
