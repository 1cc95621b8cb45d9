import type {
  DequeueRequest,
  DequeueResult,
  QueuePlace,
  QueueRequest,
  QueueResult,
} from '../../../runtime/call/queue/port';
import type { CallEvent } from '../../../runtime/call/port';
import type { LiveCall } from '../../../runtime/call/live-call';
import type { Scene } from '../scene';
import type { PhoneCall } from '../scene-phone';

/** A call that waits in a queue, or serves one, with its phone. */
export class Party<R> {
  readonly events: CallEvent[] = [];
  place: QueuePlace | undefined;
  result: R | undefined;
  error: unknown;
  private readonly controller = new AbortController();

  constructor(
    readonly call: LiveCall,
    readonly phone: PhoneCall,
  ) {
    call.onEvent((event) => this.events.push(event) > 0);
  }

  begin(work: (signal: AbortSignal) => Promise<R>): void {
    work(this.controller.signal).then(
      (result) => {
        this.result = result;
      },
      (error: unknown) => {
        this.error = error;
      },
    );
  }

  /** The flow goes on. */
  leave(): void {
    this.controller.abort();
  }

  get told(): string[] {
    return this.events.map(({ type }) => type);
  }

  get positions(): number[] {
    return this.events.flatMap((event) =>
      event.type === 'queue.position' ? [event.position] : [],
    );
  }

  get keys(): string[] {
    return this.events.flatMap((event) =>
      event.type === 'dtmf' ? [`${event.digit} ${event.leg ?? ''}`] : [],
    );
  }

  /** The call that it talks with. */
  get served(): string | undefined {
    return this.events
      .flatMap((event) => (event.type === 'queue.bridged' ? [event.call] : []))
      .at(-1);
  }

  /** Before both talked. */
  get waited(): number | undefined {
    return this.events
      .flatMap((event) => (event.type === 'queue.bridged' ? [event.waited] : []))
      .at(-1);
  }
}

export async function waits(
  scene: Scene,
  request: Partial<QueueRequest> = {},
  voice = 'caller',
): Promise<Party<QueueResult>> {
  const { call, caller } = await scene.calling(await scene.phone(voice));
  const party = new Party<QueueResult>(call, caller);
  party.begin((signal) =>
    call.enqueue({ queue: 'help', priority: 0, ...request }, signal, (place) => {
      party.place = place;
    }),
  );
  await scene.run(200);
  return party;
}

export async function serves(
  scene: Scene,
  request: Partial<DequeueRequest> = {},
  voice = 'callee',
): Promise<Party<DequeueResult>> {
  const { call, caller } = await scene.calling(await scene.phone(voice));
  const party = new Party<DequeueResult>(call, caller);
  party.begin((signal) => call.dequeue({ queue: 'help', timeout: 30_000, ...request }, signal));
  await scene.run(200);
  return party;
}
