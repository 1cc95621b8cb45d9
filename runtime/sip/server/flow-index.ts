import type { Binding } from './port';
import { usesConnection } from './reachability';

const none: readonly string[] = [];

/** Which addresses of record have a binding on a connection. Flows of UDP never close, so they are not in it. */
export class FlowIndex {
  private readonly addresses = new Map<string, string[]>();

  /** The bindings of an address of record were these and are those. */
  update(aor: string, before: readonly Binding[], after: readonly Binding[]): void {
    for (const binding of before) if (usesConnection(binding)) this.remove(binding.flow, aor);
    for (const binding of after) if (usesConnection(binding)) this.add(binding.flow, binding.aor);
  }

  /** The addresses on a flow, which is forgotten. */
  take(flow: string): readonly string[] {
    const found = this.addresses.get(flow);
    if (found === undefined) return none;
    this.addresses.delete(flow);
    return found;
  }

  private add(flow: string, aor: string): void {
    const found = this.addresses.get(flow);
    if (found === undefined) this.addresses.set(flow, [aor]);
    else if (!found.includes(aor)) found.push(aor);
  }

  private remove(flow: string, aor: string): void {
    const found = this.addresses.get(flow);
    const place = found?.indexOf(aor) ?? -1;
    if (found === undefined || place < 0) return;
    found.splice(place, 1);
    if (found.length === 0) this.addresses.delete(flow);
  }
}
