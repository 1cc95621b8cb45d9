import type { TimerHandle } from '../../core/clock';
import { describeError } from '../../core/errors';
import type { RecordingResult } from '../../media/port';
import { Bridge } from '../bridge';
import { Conversation } from '../dial/conversation';
import type { DequeueRequest, DequeueResult, QueueCall } from './port';
import type { QueueServices } from './queues';
import { Talker, type TalkResult } from './talker';
import type { Server, WaitingCall } from './waiting-call';

/** The queue that a call serves. */
export interface ServedQueue {
  readonly name: string;
  /** It looks for somebody: he may be there already, and then is served before this returns. */
  look(agent: Agent): void;
  /** It looks no more. Idempotent. */
  stopLooking(agent: Agent): void;
  talking(waiting: WaitingCall, waited: number): void;
  talked(duration: number): void;
}

/** A call that serves a queue once: waits for somebody, has him told, talks with him. */
export class Agent implements Server {
  readonly done: Promise<DequeueResult>;
  private settle: (result: DequeueResult) => void = () => undefined;
  private break: (error: unknown) => void = () => undefined;
  private serving: WaitingCall | undefined;
  private whispering: AbortController | undefined;
  private talker: Talker | undefined;
  private timer: TimerHandle | undefined;
  private expired = false;
  private over = false;
  private readonly cleanups: (() => void)[] = [];

  constructor(
    readonly call: QueueCall,
    readonly request: DequeueRequest,
    private readonly queue: ServedQueue,
    private readonly services: QueueServices,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.break = reject;
    });
  }

  begin(signal: AbortSignal | undefined): void {
    const { call, request, services, cleanups } = this;
    cleanups.push(
      call.onEnd(({ by }) => this.quit({ type: 'hangup' }, by === 'caller' ? 'agent' : 'system')),
    );
    if (signal !== undefined) {
      const abort = (): void => this.quit({ type: 'cancelled' }, 'agent');
      signal.addEventListener('abort', abort, { once: true });
      cleanups.push(() => signal.removeEventListener('abort', abort));
    }
    this.queue.look(this);
    if (this.serving !== undefined || this.over) return;
    if (request.timeout <= 0) this.timeUp();
    else this.timer = services.clock.setTimeout(() => this.timeUp(), request.timeout);
  }

  wants(waiting: WaitingCall): boolean {
    const { call } = this.request;
    return waiting.call !== this.call && (call === undefined || waiting.call.info.id === call);
  }

  /** The next caller is this one. */
  serve(waiting: WaitingCall): void {
    this.serving = waiting;
    waiting.take(this);
    void this.connect(waiting);
  }

  /** Whom it was about to talk with has gone: the next may come, while there is time. */
  lost(): void {
    this.serving = undefined;
    this.whispering?.abort();
    if (this.over) return;
    this.queue.look(this);
    if (this.serving === undefined && (this.expired || this.request.timeout <= 0)) {
      this.finish({ type: 'empty' });
    }
  }

  private async connect(waiting: WaitingCall): Promise<void> {
    try {
      await this.whisper(waiting);
      if (!this.over && this.serving === waiting) this.talk(waiting);
    } catch (error) {
      if (this.over || this.serving !== waiting) return;
      this.serving = undefined;
      waiting.putBack();
      this.over = true;
      this.tidy();
      this.break(error);
    }
  }

  private async whisper(waiting: WaitingCall): Promise<void> {
    const { whisper } = this.request;
    if (whisper === undefined) return;
    try {
      if ('prompt' in whisper) {
        await waiting.hear(whisper.prompt);
        return;
      }
      const controller = (this.whispering = new AbortController());
      await whisper.run(waiting.call.control, controller.signal);
    } catch (error) {
      // Whoever has waited so long is put through all the same.
      if (this.serving === waiting) waiting.call.reportError(error);
    }
  }

  private talk(waiting: WaitingCall): void {
    const { call, request, services, queue } = this;
    const { clock } = services;
    const { name } = queue;
    const { waited } = waiting;
    const { data } = waiting.request;
    const ids = [call.info.id, waiting.call.info.id] as const;
    waiting.call.emit({ type: 'queue.bridged', queue: name, call: ids[0], waited });
    const told = { type: 'queue.bridged', queue: name, call: ids[1], waited } as const;
    call.emit(data === undefined ? told : { ...told, data });
    // Either flow may have gone on for it.
    if (this.over || this.serving !== waiting) return;
    const { holdMusic } = services;
    const bridge = new Bridge(services.media, [call.leg, waiting.call.leg], {
      ...(holdMusic === undefined ? {} : { holdMusic: () => call.resolve(holdMusic) }),
      onError: (error) =>
        services.logger.warn({ call: ids[0], error: describeError(error) }, 'no music on hold'),
    });
    const agent = (this.talker = new Talker(call, 'caller', clock));
    const caller = new Talker(waiting.call, 'agent', clock);
    [agent.peer, caller.peer] = [caller, agent];
    const [here, there] = Conversation.between([call, agent], [waiting.call, caller], bridge);
    agent.begin(here, (digit) => {
      const ends = digit === request.hangupKey;
      if (ends) agent.leave('hangupKey');
      return ends;
    });
    caller.begin(there, () => false);
    if (request.timeLimit !== undefined) {
      const timer = clock.setTimeout(() => agent.leave('timeLimit'), request.timeLimit);
      agent.onEnd(() => clock.clearTimeout(timer));
    }
    if (request.record !== undefined) {
      const { channels, ...file } = request.record;
      const options = channels === undefined ? {} : { channels };
      const made = call.newRecording({ ...file, by: 'dialQueue' });
      bridge.record({ ...made, ...options }, (each) => call.follow(each));
    }
    this.serving = undefined;
    waiting.talk(caller, ids[0]);
    queue.talking(waiting, waited);
    void caller.done.then(({ talkTime }) => queue.talked(talkTime));
    void agent.done.then(async (result) => {
      const recorded = await bridge.recordingDone?.catch(() => undefined);
      this.finish(answered(result, waiting, waited, recorded));
    });
  }

  private timeUp(): void {
    this.expired = true;
    if (this.serving === undefined && this.talker === undefined) this.finish({ type: 'empty' });
  }

  /** The one who serves goes. */
  private quit(result: DequeueResult, endedBy: 'agent' | 'system'): void {
    if (this.over) return;
    const { talker, serving } = this;
    if (talker !== undefined) {
      talker.leave(endedBy);
      return;
    }
    this.serving = undefined;
    this.finish(result);
    this.whispering?.abort();
    serving?.putBack();
  }

  private finish(result: DequeueResult): void {
    if (this.over) return;
    this.over = true;
    this.tidy();
    this.settle(result);
  }

  private tidy(): void {
    this.services.clock.clearTimeout(this.timer);
    this.queue.stopLooking(this);
    for (const cleanup of this.cleanups.splice(0)) cleanup();
  }
}

function answered(
  { talkTime, endedBy }: TalkResult,
  waiting: WaitingCall,
  waited: number,
  recorded: RecordingResult | undefined,
): DequeueResult {
  const { data } = waiting.request;
  return {
    ...{ type: 'answered', talkTime, endedBy, waited, call: waiting.call.info.id },
    ...(data === undefined ? {} : { data }),
    ...(recorded?.path === undefined
      ? {}
      : { recording: { path: recorded.path, duration: recorded.duration } }),
  };
}
