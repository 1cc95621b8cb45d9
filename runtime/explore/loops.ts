import type { Rest, Step } from './graph';

/** A way that leads back to where it began. */
export interface Loop {
  /** One way round, from the rest of it that is nearest to the beginning of the call. */
  readonly steps: readonly Step[];
  /** States that the loop, and others that are bound up with it, go through. */
  readonly states: ReadonlySet<string>;
}

/** All that can be gone round by steps that `counts` lets pass, each with one way round. */
export function loopsOf(rests: readonly Rest[], counts: (step: Step) => boolean): Loop[] {
  const next = (rest: Rest): Step[] =>
    rest.steps.filter((step) => step.to !== undefined && counts(step));
  const found: Loop[] = [];
  for (const component of components(rests, next)) {
    const inside = new Set(component);
    const first = component.reduce((least, rest) => (rest.index < least.index ? rest : least));
    const steps = round(first, (rest) =>
      next(rest).filter(({ to }) => to !== undefined && inside.has(to)),
    );
    if (steps === undefined) continue;
    found.push({ steps, states: new Set(component.map(({ state }) => state)) });
  }
  return found.sort((a, b) => (a.steps[0]?.from.index ?? 0) - (b.steps[0]?.from.index ?? 0));
}

/** The shortest way from a rest back to itself. */
function round(first: Rest, next: (rest: Rest) => readonly Step[]): Step[] | undefined {
  const ways = new Map<Rest, Step>();
  const queue = [first];
  for (const rest of queue) {
    for (const step of next(rest)) {
      const { to } = step;
      if (to === undefined) continue;
      if (to === first) {
        const steps = [step];
        for (let at = step.from; at !== first;) {
          const way = ways.get(at);
          if (way === undefined) break;
          steps.unshift(way);
          at = way.from;
        }
        return steps;
      }
      if (ways.has(to)) continue;
      ways.set(to, step);
      queue.push(to);
    }
  }
  return undefined;
}

/** Tarjan's strongly connected components, without recursion: a call may be long. */
function components(rests: readonly Rest[], next: (rest: Rest) => readonly Step[]): Rest[][] {
  const index = new Map<Rest, number>();
  const low = new Map<Rest, number>();
  const open = new Set<Rest>();
  const stack: Rest[] = [];
  const found: Rest[][] = [];
  const enter = (rest: Rest) => {
    index.set(rest, index.size);
    low.set(rest, index.size - 1);
    stack.push(rest);
    open.add(rest);
    return { rest, steps: next(rest), at: 0 };
  };
  const lower = (rest: Rest, value: number): void => {
    low.set(rest, Math.min(low.get(rest) ?? value, value));
  };
  for (const start of rests) {
    if (index.has(start)) continue;
    const work = [enter(start)];
    for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
      const to = top.steps[top.at]?.to;
      top.at += 1;
      if (to !== undefined) {
        if (!index.has(to)) work.push(enter(to));
        else if (open.has(to)) lower(top.rest, index.get(to) ?? 0);
        continue;
      }
      work.pop();
      const { rest } = top;
      const above = work.at(-1)?.rest;
      if (above !== undefined) lower(above, low.get(rest) ?? 0);
      if (low.get(rest) !== index.get(rest)) continue;
      const component = stack.splice(stack.indexOf(rest));
      for (const each of component) open.delete(each);
      found.push(component);
    }
  }
  return found;
}
