import { Agent, type ServedQueue } from './agent';
import type {
  DequeueRequest,
  DequeueResult,
  QueueCall,
  QueueFact,
  QueuePlace,
  QueueRequest,
  QueueResult,
  QueueSettings,
  QueueStatus,
} from './port';
import type { QueueServices } from './queues';
import { WaitingCall, type WaitingQueue } from './waiting-call';

/** Of how many that were served last the average is. */
const served = 20;

/** One queue: who waits in it, in which order, and who looks for somebody to serve. */
export class CallQueue implements WaitingQueue, ServedQueue {
  private readonly waiting: WaitingCall[] = [];
  private readonly agents: Agent[] = [];
  /** Those whom somebody serves already, and who have not gone. */
  private readonly taken = new Set<WaitingCall>();
  private talks = 0;
  private readonly waits: number[] = [];
  private matching = false;

  constructor(
    readonly name: string,
    public settings: QueueSettings,
    private readonly services: QueueServices,
  ) {}

  get averageWait(): number {
    const { waits } = this;
    if (waits.length === 0) return 0;
    return Math.round(waits.reduce((sum, each) => sum + each, 0) / waits.length);
  }

  get size(): number {
    return this.waiting.length;
  }

  /** Nobody is there who waits, serves or talks. */
  get isIdle(): boolean {
    const { waiting, agents, taken, talks } = this;
    return waiting.length + agents.length + taken.size + talks === 0;
  }

  get status(): QueueStatus {
    const { name, settings, waiting, agents, talks, averageWait } = this;
    const members = waiting.map((each, index) => each.member(index + 1));
    return {
      ...{ name, maxSize: settings.maxSize, members },
      ...{ agents: agents.length, talking: talks, averageWait },
    };
  }

  /** @param call answered. */
  async enter(
    call: QueueCall,
    request: QueueRequest,
    signal?: AbortSignal,
    onPlace?: (place: QueuePlace) => void,
  ): Promise<QueueResult> {
    const { settings, size } = this;
    if (signal?.aborted === true) return { type: 'cancelled', waited: 0 };
    if (size >= Math.min(settings.maxSize, request.maxSize ?? Infinity)) {
      this.count({ type: 'full' });
      return { type: 'full', size };
    }
    const timeout = request.timeout ?? settings.timeout;
    const waiting = new WaitingCall(call, request, this, this.services.clock, timeout);
    this.insert(waiting);
    this.count({ type: 'entered', size: this.size });
    onPlace?.(waiting);
    waiting.begin(signal);
    this.tellPositions();
    this.match();
    return waiting.done;
  }

  /** @param call answered. */
  serve(call: QueueCall, request: DequeueRequest, signal?: AbortSignal): Promise<DequeueResult> {
    if (signal?.aborted === true) return Promise.resolve({ type: 'cancelled' });
    const agent = new Agent(call, request, this, this.services);
    agent.begin(signal);
    return agent.done;
  }

  // WaitingQueue

  gone(call: WaitingCall, result: QueueResult | undefined): void {
    const index = this.waiting.indexOf(call);
    if (index >= 0) this.waiting.splice(index, 1);
    if (result === undefined) this.taken.add(call);
    else {
      this.taken.delete(call);
      this.countEnd(result);
    }
    if (index >= 0) this.tellPositions();
    this.services.onIdle(this);
  }

  returned(call: WaitingCall): void {
    this.taken.delete(call);
    this.insert(call);
    this.tellPositions();
    this.match();
  }

  // ServedQueue

  look(agent: Agent): void {
    this.agents.push(agent);
    this.match();
  }

  stopLooking(agent: Agent): void {
    const index = this.agents.indexOf(agent);
    if (index >= 0) this.agents.splice(index, 1);
    this.services.onIdle(this);
  }

  talking(call: WaitingCall, waited: number): void {
    this.taken.delete(call);
    this.talks += 1;
    this.waits.push(waited);
    if (this.waits.length > served) this.waits.shift();
    this.count({ type: 'bridged', waited, inTime: waited <= this.settings.serviceLevel });
  }

  talked(duration: number): void {
    this.talks -= 1;
    this.count({ type: 'talked', duration });
    this.services.onIdle(this);
  }

  /** The longest waiting of the highest priority first; one that comes back stands where it stood. */
  private insert(call: WaitingCall): void {
    const { waiting } = this;
    const { priority } = call.request;
    const behind = waiting.findIndex(
      (each) =>
        each.request.priority < priority ||
        (each.request.priority === priority && each.since > call.since),
    );
    waiting.splice(behind < 0 ? waiting.length : behind, 0, call);
  }

  /** Brings those together who look for each other. What flows do when they hear of it may change all. */
  private match(): void {
    if (this.matching) return;
    this.matching = true;
    try {
      for (let pair = this.nextPair(); pair !== undefined; pair = this.nextPair()) {
        const [agent, call] = pair;
        this.agents.splice(this.agents.indexOf(agent), 1);
        agent.serve(call);
      }
    } finally {
      this.matching = false;
    }
  }

  private nextPair(): readonly [Agent, WaitingCall] | undefined {
    for (const agent of this.agents) {
      const call = this.waiting.find((each) => agent.wants(each));
      if (call !== undefined) return [agent, call];
    }
    return undefined;
  }

  private tellPositions(): void {
    for (const [index, call] of [...this.waiting].entries()) {
      if (this.waiting[index] === call) call.stand(index + 1, this.waiting.length);
    }
  }

  private countEnd(result: QueueResult): void {
    if (result.type === 'left' || result.type === 'cancelled') {
      this.count({ type: 'left', waited: result.waited });
    } else if (result.type === 'hangup') this.count({ type: 'hungUp', waited: result.waited });
    else if (result.type === 'timeout') this.count({ type: 'timedOut', waited: result.waited });
  }

  private count(fact: QueueFact): void {
    this.services.onFact?.(this.name, fact);
  }
}
