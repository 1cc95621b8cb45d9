import type { CallStatus } from '../../../runtime/call/call-status';
import type { LiveConference, LiveConferences } from '../../../runtime/call/conference/port';
import type { CallFact, CallHappening, HappeningListener } from '../../../runtime/call/happenings';
import type { Journal } from '../../../runtime/events/journal';
import type { Flow } from '../../../runtime/flow/load';
import type { CallService } from '../../../runtime/http/port';
import type { CallHandle } from '../../../runtime/service/live-control';
import type {
  OpenCounts,
  PlacedCall,
  PlaceRequest,
  ServedQueue,
} from '../../../runtime/service/port';
import type { Binding, LocationService } from '../../../runtime/sip/server/port';
import type { Listener } from '../../../runtime/sip/transport/port';
import type { Trunks, TrunkState } from '../../../runtime/trunk/port';
import { FakeHandle } from './fake-handle';

/** A server of calls that has none but those it is given. */
export class FakeService implements CallService {
  flows: Flow[] = [];
  listeners: Listener[] = [{ protocol: 'UDP', host: '127.0.0.1', port: 5060 }];
  draining = false;
  readonly handles = new Map<string, FakeHandle>();
  readonly placed: PlaceRequest[] = [];
  readonly bindings: Binding[] = [];
  readonly trunkStates: TrunkState[] = [];
  readonly queueList: ServedQueue[] = [];
  readonly conferenceList: LiveConference[] = [];
  readonly conferences: LiveConferences = {
    list: () => this.conferenceList,
    get: (key) => this.conferenceList.find(({ id, name }) => id === key || name === key),
    idOf: (name) => this.conferences.get(name)?.id ?? `id of ${name}`,
  };
  drained: number | undefined;
  reloads = 0;
  /** Thrown by the next `place`. */
  refusal: Error | undefined;
  full = false;
  /** Gets what happens, too. */
  feed: Journal | undefined;
  private readonly listeners_ = new Set<HappeningListener>();

  get open(): OpenCounts {
    return { calls: this.handles.size, flows: 0, mediaPorts: 4 } as OpenCounts;
  }

  /** Who listens to what happens. */
  get watchers(): number {
    return this.listeners_.size;
  }

  readonly trunks = { states: () => this.trunkStates } as unknown as Trunks;

  readonly location = {
    all: () => this.bindings,
    size: 0,
  } as unknown as LocationService;

  /** A call in progress. */
  add(status: Partial<CallStatus> = {}): FakeHandle {
    const handle = new FakeHandle(status, this.handles.size);
    this.handles.set(handle.id, handle);
    return handle;
  }

  happen(call: string, fact: CallFact, time = Date.UTC(2026, 0, 5, 9)): void {
    const happening = { time, call, ...fact } as CallHappening;
    for (const listener of this.listeners_) listener(happening);
    this.feed?.take(happening);
  }

  describeQueue(name: string, maxSize: number): void {
    this.removeQueue(name);
    const status = { agents: 0, talking: 0, averageWait: 0 };
    this.queueList.push({ name, maxSize, members: [], ...status });
  }

  removeQueue(name: string): boolean {
    const index = this.queueList.findIndex((queue) => queue.name === name);
    if (index >= 0) this.queueList.splice(index, 1);
    return index >= 0;
  }

  queues(): readonly ServedQueue[] {
    return this.queueList;
  }

  liveCalls(): readonly CallStatus[] {
    return [...this.handles.values()].map(({ status }) => status);
  }

  call(id: string): CallHandle | undefined {
    return this.handles.get(id);
  }

  onHappening(listener: HappeningListener): () => void {
    this.listeners_.add(listener);
    return () => this.listeners_.delete(listener);
  }

  place(request: PlaceRequest): PlacedCall {
    if (this.refusal !== undefined) throw this.refusal;
    if (this.full) {
      return { refused: { type: 'unreachable', status: 503, reason: 'sip.maxCalls is reached' } };
    }
    this.placed.push(request);
    const to = typeof request.to === 'string' ? request.to : (request.to[0] ?? '');
    const { id } = this.add({ direction: 'outbound', state: 'ringing', dialled: to });
    return { id, done: new Promise(() => undefined) };
  }

  reload() {
    this.reloads += 1;
    return Promise.resolve({ changes: [], problems: ['flows/b.flow.ts: is broken'], kept: ['b'] });
  }

  drain(timeout: number): Promise<void> {
    this.draining = true;
    this.drained = timeout;
    return Promise.resolve();
  }
}
