import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** Events that a machine raises itself, as far as they are written down: nobody else sends them, then. */
export function innerEvents(machine: AnyStateMachine): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (action: unknown): void => {
    if (typeof action !== 'function' || !('type' in action) || action.type !== 'xstate.raise')
      return;
    const event: unknown = 'event' in action ? action.event : undefined;
    if (typeof event === 'object' && event !== null && 'type' in event)
      found.add(String(event.type));
  };
  const visit = (node: AnyStateNode): void => {
    for (const action of [...node.entry, ...node.exit]) look(action);
    const transitions = [...node.transitions.values()].flat();
    for (const { actions } of [...transitions, ...(node.always ?? [])]) actions.forEach(look);
    for (const child of Object.values(node.states) as AnyStateNode[]) visit(child);
  };
  visit(machine.root);
  Object.values(machine.implementations.actions as Readonly<Record<string, unknown>>).forEach(look);
  return found;
}
