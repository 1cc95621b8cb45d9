import type { Clock, TimerHandle } from '../core/clock';
import type {
  DequeueRequest,
  DequeueResult,
  QueueEvent,
  QueuePlace,
  QueueRequest,
  QueueResult,
  QueueTalkEnd,
} from '../call/queue/port';
import type { CallEnd } from '../call/port';
import type { Prompt } from '../prompt/port';
import type { QueueScene } from './port';
import type { SimulatedPlayback } from './simulated-playback';
import type { SimulatedRecording } from './simulated-recording';
import type { Transcript } from './transcript';

/** Milliseconds, where the test does not say: until the other comes, of talk, and that one who is served has waited. */
const usualComing = 5_000;
const usualTalk = 30_000;
const usualWait = 20_000;
/** The id of the other call. */
const otherCall = 'another';

/** The call that waits, or serves. */
export interface QueueingCall {
  emit(event: QueueEvent): void;
  onEnd(listener: (end: CallEnd) => void): () => void;
  divertKeys(listener: (digit: string) => void): () => void;
  /** Tells the flow of a key, which nobody keeps. */
  tellKey(digit: string): void;
  mustHave(prompt: Prompt): void;
  loop(prompt: Prompt): SimulatedPlayback;
  /** Milliseconds of a prompt that the other hears. */
  durationOf(prompt: Prompt): number;
  recordBoth(options: NonNullable<DequeueRequest['record']>): SimulatedRecording;
}

export interface QueueParts {
  readonly clock: Clock;
  readonly transcript: Transcript;
}

/** What waiting in a queue and serving one have in common: times, and the talk with the other. */
abstract class Queueing {
  protected over = false;
  protected readonly began: number;
  private talkingSince: number | undefined;
  private readonly timers: TimerHandle[] = [];
  private readonly cleanups: (() => void)[] = [];

  constructor(
    protected readonly call: QueueingCall,
    protected readonly scene: QueueScene,
    protected readonly parts: QueueParts,
    private readonly own: 'caller' | 'agent',
    signal: AbortSignal | undefined,
  ) {
    this.began = parts.clock.now();
    this.cleanups.push(
      call.onEnd(({ by }) => this.gone(by === 'caller' ? own : 'system', 'hangup')),
    );
    const abort = (): void => this.gone(own, 'cancelled');
    signal?.addEventListener('abort', abort, { once: true });
    this.cleanups.push(() => signal?.removeEventListener('abort', abort));
  }

  protected get waited(): number {
    return Math.round(this.parts.clock.now() - this.began);
  }

  protected get talking(): boolean {
    return this.talkingSince !== undefined;
  }

  protected after(duration: number, then: () => void): void {
    if (Number.isFinite(duration)) this.timers.push(this.parts.clock.setTimeout(then, duration));
  }

  protected stopTimers(): void {
    for (const timer of this.timers.splice(0)) this.parts.clock.clearTimeout(timer);
  }

  /** Both talk, until either has enough. */
  protected talk({ timeLimit, hangupKey }: Partial<DequeueRequest>): void {
    const { call, scene, parts, own } = this;
    this.stopTimers();
    this.talkingSince = parts.clock.now();
    parts.transcript.call(own === 'caller' ? 'talks with an agent' : 'talks with who waited');
    this.cleanups.push(
      call.divertKeys((digit) => {
        if (digit === hangupKey) this.end('hangupKey');
        else call.tellKey(digit);
      }),
    );
    const { talks = usualTalk, endsBy = 'other' } = scene;
    const other = own === 'caller' ? 'agent' : 'caller';
    this.after(talks, () => this.end(endsBy === 'other' ? other : endsBy));
    if (timeLimit !== undefined) this.after(timeLimit, () => this.end('timeLimit'));
  }

  /** The talk is over. */
  private end(endedBy: QueueTalkEnd): void {
    if (this.over || this.talkingSince === undefined) return;
    const talkTime = Math.round(this.parts.clock.now() - this.talkingSince);
    if (endedBy !== this.own) {
      this.parts.transcript.call(`the talk is over after ${talkTime / 1_000} s: ${endedBy}`);
    }
    this.close();
    this.talked(talkTime, endedBy);
  }

  private gone(endedBy: QueueTalkEnd, why: 'hangup' | 'cancelled'): void {
    if (this.over) return;
    if (this.talking) {
      this.end(endedBy);
      return;
    }
    this.close();
    this.quit(why);
  }

  protected close(): void {
    this.over = true;
    this.stopTimers();
    for (const cleanup of this.cleanups.splice(0)) cleanup();
    this.silence();
  }

  protected abstract silence(): void;
  protected abstract talked(talkTime: number, endedBy: QueueTalkEnd): void;
  protected abstract quit(why: 'hangup' | 'cancelled'): void;
}

/** A call in a queue with others who do what the test says, after `call/queue/`. */
export class SimulatedWait extends Queueing implements QueuePlace {
  readonly done: Promise<QueueResult>;
  private resolve: (result: QueueResult) => void = () => undefined;
  private music: SimulatedPlayback | undefined;
  private ahead: number;
  private servedAfter = 0;

  constructor(
    call: QueueingCall,
    private readonly request: QueueRequest,
    scene: QueueScene,
    parts: QueueParts,
    signal?: AbortSignal,
  ) {
    super(call, scene, parts, 'caller', signal);
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.ahead = scene.ahead ?? 0;
    if (signal?.aborted === true) {
      this.close();
      this.quit('cancelled');
    }
  }

  begin(): void {
    const { call, request, scene, parts } = this;
    const { transcript } = parts;
    const { queue, maxSize = Infinity, timeout, music } = request;
    if (this.over) return;
    if (scene.full === true || this.ahead >= maxSize) {
      transcript.call(`the queue ${queue} is full`);
      this.finish({ type: 'full', size: this.ahead });
      return;
    }
    transcript.call(`waits in the queue ${queue}: position ${this.ahead + 1}`);
    if (music !== undefined) {
      call.mustHave(music);
      this.music = call.loop(music);
    }
    for (const at of scene.moves ?? []) this.after(at, () => this.move());
    if (timeout !== undefined)
      this.after(timeout, () => this.finish({ type: 'timeout', waited: this.waited }));
    this.after(scene.comes ?? usualComing, () => this.served());
    this.tell();
  }

  leave(): void {
    if (this.over || this.talking) return;
    this.parts.transcript.call('leaves the queue');
    this.finish({ type: 'left', waited: this.waited, position: this.ahead + 1 });
  }

  private move(): void {
    if (this.ahead === 0) return;
    this.ahead -= 1;
    this.parts.transcript.call(`position ${this.ahead + 1} in the queue`);
    this.tell();
  }

  private tell(): void {
    const { ahead, waited, call } = this;
    const { queue } = this.request;
    const [position, size] = [ahead + 1, ahead + 1];
    const averageWait = this.scene.averageWait ?? 0;
    call.emit({ type: 'queue.position', queue, position, size, waited, averageWait });
  }

  private served(): void {
    const { call, waited } = this;
    const { queue } = this.request;
    this.silence();
    this.servedAfter = waited;
    call.emit({ type: 'queue.taken', queue, call: otherCall });
    if (!this.over) call.emit({ type: 'queue.bridged', queue, call: otherCall, waited });
    // The flow may have left when it heard of that.
    if (!this.over) this.talk({});
  }

  protected silence(): void {
    this.music?.stop();
    this.music = undefined;
  }

  protected talked(talkTime: number, endedBy: QueueTalkEnd): void {
    const waited = this.servedAfter;
    this.resolve({ type: 'bridged', talkTime, endedBy, waited, agentCall: otherCall });
  }

  protected quit(type: 'hangup' | 'cancelled'): void {
    this.resolve({ type, waited: this.waited });
  }

  private finish(result: QueueResult): void {
    this.close();
    this.resolve(result);
  }
}

/** A call that serves a queue to which others come as the test says. */
export class SimulatedServing extends Queueing {
  readonly done: Promise<DequeueResult>;
  private resolve: (result: DequeueResult) => void = () => undefined;
  private recording: SimulatedRecording | undefined;

  constructor(
    call: QueueingCall,
    private readonly request: DequeueRequest,
    scene: QueueScene,
    parts: QueueParts,
    signal?: AbortSignal,
  ) {
    super(call, scene, parts, 'agent', signal);
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    if (signal?.aborted === true) {
      this.close();
      this.quit('cancelled');
    }
  }

  begin(): void {
    const { call, request, scene, parts } = this;
    const { queue, timeout, whisper } = request;
    const { comes = usualComing } = scene;
    if (this.over) return;
    parts.transcript.call(`serves the queue ${queue}`);
    const prompt = whisper !== undefined && 'prompt' in whisper ? whisper.prompt : undefined;
    if (prompt !== undefined) call.mustHave(prompt);
    if (comes > timeout) this.after(timeout, () => this.empty());
    else {
      const heard = prompt === undefined ? 0 : call.durationOf(prompt);
      this.after(comes + heard, () => this.serve());
    }
  }

  private serve(): void {
    const { call, request, scene } = this;
    const { queue, record } = request;
    const { waitedBefore: waited = usualWait, data } = scene;
    const told = { type: 'queue.bridged', queue, call: otherCall, waited } as const;
    call.emit(data === undefined ? told : { ...told, data });
    if (this.over) return;
    if (record !== undefined) this.recording = call.recordBoth(record);
    this.talk(request);
  }

  private empty(): void {
    this.parts.transcript.call('nobody comes to be served');
    this.close();
    this.resolve({ type: 'empty' });
  }

  protected silence(): void {
    this.recording?.stop();
  }

  protected talked(talkTime: number, endedBy: QueueTalkEnd): void {
    const { waitedBefore: waited = usualWait, data } = this.scene;
    const bare = { type: 'answered', talkTime, endedBy, waited, call: otherCall } as const;
    const result = data === undefined ? bare : { ...bare, data };
    const { recording } = this;
    if (recording === undefined) {
      this.resolve(result);
      return;
    }
    void recording.done.then(({ path, duration }) =>
      this.resolve(path === undefined ? result : { ...result, recording: { path, duration } }),
    );
  }

  protected quit(type: 'hangup' | 'cancelled'): void {
    this.resolve({ type });
  }
}
