import type { Flow } from '../flow/load';
import type { PromptLibrary } from '../prompt/port';

/** Flows that were loaded together, with the prompts that they were checked with. */
interface Generation {
  readonly prompts: PromptLibrary;
  /** Calls that run one of its flows, or play its prompts without one. */
  calls: number;
}

/** Prompts for one call. */
export interface PromptLease {
  readonly prompts: PromptLibrary;
  /** The call is over. */
  readonly end: () => void;
}

/** A flow for one call, with its prompts. */
export interface FlowLease extends PromptLease {
  readonly flow: Flow;
}

interface Served {
  readonly flow: Flow;
  readonly generation: Generation;
}

/**
 * The flows that new calls get, and those that calls in progress still run. A library of prompts is closed when no
 * flow that is served, and no call, uses it any more.
 */
export class Generations {
  private newest: Generation;
  private served: ReadonlyMap<string, Served>;
  private readonly live = new Set<Generation>();

  constructor(prompts: PromptLibrary, flows: readonly Flow[]) {
    this.newest = { prompts, calls: 0 };
    this.live.add(this.newest);
    this.served = servedOf(flows, this.newest);
  }

  /** What new calls get, sorted by name. */
  get flows(): readonly Flow[] {
    return Array.from(this.served.values(), ({ flow }) => flow);
  }

  /** The newest. */
  get prompts(): PromptLibrary {
    return this.newest.prompts;
  }

  /** How many are kept besides the newest, for calls in progress or for flows whose new version cannot be served. */
  get replaced(): number {
    return this.live.size - 1;
  }

  get(name: string): Flow | undefined {
    return this.served.get(name)?.flow;
  }

  /** For a call that begins. */
  take(name: string): FlowLease | undefined {
    const served = this.served.get(name);
    if (served === undefined) return undefined;
    const { flow, generation } = served;
    return { flow, ...this.lease(generation) };
  }

  /** For a call without a flow that begins. */
  takePrompts(): PromptLease {
    return this.lease(this.newest);
  }

  /**
   * New calls get these from now on.
   *
   * @param kept the names of flows that stay as they are
   */
  async replace(
    prompts: PromptLibrary,
    flows: readonly Flow[],
    kept: ReadonlySet<string>,
  ): Promise<void> {
    this.newest = { prompts, calls: 0 };
    this.live.add(this.newest);
    const stay = [...this.served].filter(([name]) => kept.has(name));
    this.served = new Map(
      [...stay, ...servedOf(flows, this.newest)].sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    await this.closeUnused();
  }

  async close(): Promise<void> {
    const libraries = new Set(Array.from(this.live, ({ prompts }) => prompts));
    await Promise.all(Array.from(libraries, (library) => library.close()));
  }

  private lease(generation: Generation): PromptLease {
    generation.calls += 1;
    let ended = false;
    return {
      prompts: generation.prompts,
      end: () => {
        if (ended) return;
        ended = true;
        generation.calls -= 1;
        void this.closeUnused();
      },
    };
  }

  private async closeUnused(): Promise<void> {
    const serving = new Set(Array.from(this.served.values(), ({ generation }) => generation));
    const closing: Promise<void>[] = [];
    for (const generation of this.live) {
      if (generation === this.newest || generation.calls > 0 || serving.has(generation)) continue;
      this.live.delete(generation);
      const { prompts } = generation;
      if (![...this.live].some((other) => other.prompts === prompts)) closing.push(prompts.close());
    }
    await Promise.all(closing);
  }
}

function servedOf(flows: readonly Flow[], generation: Generation): Map<string, Served> {
  return new Map(flows.map((flow) => [flow.name, { flow, generation }]));
}
