import type { Clock } from '../../core/clock';
import type { Logger } from '../../core/logger';
import type { MediaEngine } from '../../media/port';
import type { Prompt } from '../../prompt/port';
import { CallQueue } from './call-queue';
import type {
  DequeueRequest,
  DequeueResult,
  QueueCall,
  QueueListener,
  QueuePlace,
  QueueRequest,
  QueueResult,
  QueueSettings,
  QueueStatus,
} from './port';

export interface QueuesEnvironment {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly media: MediaEngine;
  /** What somebody on hold hears; the hold is passed across when absent. */
  readonly holdMusic?: Prompt | undefined;
  /** Those that are described, by their names. */
  readonly queueSettings?: Readonly<Record<string, Partial<QueueSettings>>> | undefined;
  /** Counts what happens in queues. */
  readonly onQueueFact?: QueueListener | undefined;
}

/** What a queue is given. */
export interface QueueServices extends Omit<QueuesEnvironment, 'queueSettings' | 'onQueueFact'> {
  readonly onFact: QueueListener | undefined;
  onIdle(queue: CallQueue): void;
}

/** What a queue is like of which nothing else is said. */
export const usualQueue: QueueSettings = { maxSize: 1_000, serviceLevel: 20_000 };

/** How many queues are remembered in which nobody is, for their average. */
const remembered = 1_000;

/** The queues of a process, by name: one is there from the first who names it. */
export class Queues {
  private readonly queues = new Map<string, CallQueue>();
  private readonly services: QueueServices;
  /** How many may wait in those that somebody has described while the process runs. */
  private readonly described = new Map<string, number>();

  constructor(private readonly environment: QueuesEnvironment) {
    const { clock, logger, media, holdMusic, onQueueFact: onFact } = environment;
    const onIdle = (queue: CallQueue): void => this.idle(queue);
    this.services = { clock, logger, media, holdMusic, onFact, onIdle };
  }

  enter(
    call: QueueCall,
    request: QueueRequest,
    signal?: AbortSignal,
    onPlace?: (place: QueuePlace) => void,
  ): Promise<QueueResult> {
    return this.named(request.queue).enter(call, request, signal, onPlace);
  }

  serve(call: QueueCall, request: DequeueRequest, signal?: AbortSignal): Promise<DequeueResult> {
    return this.named(request.queue).serve(call, request, signal);
  }

  /** Those that are described or in use, sorted by name. */
  list(): readonly QueueStatus[] {
    const { queueSettings = {} } = this.environment;
    for (const name of [...Object.keys(queueSettings), ...this.described.keys()]) this.named(name);
    return [...this.queues.values()]
      .map(({ status }) => status)
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** A queue is there, and lets so many wait: until the process ends, or it is removed. */
  describe(name: string, maxSize: number): void {
    this.described.set(name, maxSize);
    const queue = this.named(name);
    queue.settings = { ...queue.settings, maxSize };
  }

  /** Forgets what {@link describe} has said; false where somebody is in it, or the configuration describes it. */
  remove(name: string): boolean {
    const { queueSettings = {} } = this.environment;
    if (Object.hasOwn(queueSettings, name) || this.queues.get(name)?.isIdle === false) return false;
    this.described.delete(name);
    this.queues.delete(name);
    return true;
  }

  private named(name: string): CallQueue {
    const known = this.queues.get(name);
    if (known !== undefined) return known;
    const described = this.environment.queueSettings ?? {};
    const own = Object.hasOwn(described, name) ? described[name] : undefined;
    const maxSize = this.described.get(name);
    const settings = { ...usualQueue, ...own, ...(maxSize === undefined ? {} : { maxSize }) };
    const queue = new CallQueue(name, settings, this.services);
    this.queues.set(name, queue);
    return queue;
  }

  /** The oldest in which nobody is make room. */
  private idle(queue: CallQueue): void {
    if (!queue.isIdle || this.queues.size <= remembered) return;
    for (const [name, each] of this.queues) {
      if (each.isIdle) this.queues.delete(name);
      if (this.queues.size <= remembered) return;
    }
  }
}
