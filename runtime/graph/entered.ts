import type { MachineMap } from '../flow/machine-map';

/** States that a call is in when it has entered these: they, all that they are in, and what begins with them. */
export function enteredWith(map: MachineMap, names: readonly string[]): Set<string> {
  const states = new Map(map.states.map((state) => [state.name, state]));
  const found = new Set<string>();
  const enter = (name: string): void => {
    const state = states.get(name);
    if (state === undefined || found.has(name)) return;
    found.add(name);
    if (state.parent !== undefined) around(state.parent);
    state.initial.forEach(enter);
  };
  const around = (name: string): void => {
    const state = states.get(name);
    if (state === undefined || found.has(name)) return;
    found.add(name);
    // The other parts of a parallel state begin with it.
    if (state.type === 'parallel') state.initial.forEach(enter);
    if (state.parent !== undefined) around(state.parent);
  };
  names.forEach(enter);
  return found;
}
