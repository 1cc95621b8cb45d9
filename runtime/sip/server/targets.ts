import { formatUri, parseUri } from '../message/uri';
import type { Binding, ForwardTarget } from './port';

const none: readonly ForwardTarget[] = [];

/**
 * Where a request for the owner of these bindings may go, in their order; not to contacts that are no SIP URIs. RFC 5626 §7: of the flows of one
 * instance there is only one target, the flow that was registered last; the others stand in for it.
 */
export function targetsOf(bindings: readonly Binding[]): readonly ForwardTarget[] {
  const [only] = bindings;
  // Nearly everybody has one: that is all there is to find out (`npm run bench -- location`).
  if (only !== undefined && bindings.length === 1)
    return isReachable(only) ? [targetOf(only)] : none;
  const instances = new Map<string, Binding[]>();
  const reachable = bindings.every(isReachable) ? bindings : bindings.filter(isReachable);
  for (const binding of reachable) {
    const { instanceId, regId } = binding;
    if (instanceId === undefined || regId === undefined) continue;
    const flows = instances.get(instanceId);
    if (flows === undefined) instances.set(instanceId, [binding]);
    else flows.push(binding);
  }
  if (instances.size === 0) return reachable.map((binding) => targetOf(binding));
  const targets: ForwardTarget[] = [];
  for (const binding of reachable) {
    const { instanceId, regId } = binding;
    if (instanceId === undefined || regId === undefined) {
      targets.push(targetOf(binding));
      continue;
    }
    const flows = instances.get(instanceId);
    if (flows === undefined) continue;
    instances.delete(instanceId);
    const [first = binding, ...others] = flows.sort((a, b) => b.expiresAt - a.expiresAt);
    const alternatives = others.map((other) => targetOf(other));
    targets.push(
      alternatives.length === 0 ? targetOf(first) : { ...targetOf(first), alternatives },
    );
  }
  return targets;
}

/** Whether requests can be sent to a contact at all; users may register others, such as mailto (RFC 3261 §10.2.1). */
export function isSipContact(contact: string): boolean {
  return /^sips?:/i.test(contact);
}

function isReachable({ contact }: Binding): boolean {
  return isSipContact(contact);
}

function targetOf(binding: Binding): ForwardTarget {
  const { contact, path, flow, q } = binding;
  const uri = requestUriOf(contact);
  return flow === undefined ? { uri, routes: path, q } : { uri, routes: path, flow, q };
}

/** RFC 3261 §19.1.1, table 1: a contact may have headers and a method, a request URI may not. */
function requestUriOf(contact: string): string {
  if (!contact.includes('?') && !/;method=/i.test(contact)) return contact;
  const uri = parseUri(contact);
  if (uri.scheme === 'tel') return contact;
  const params = new Map(uri.params);
  params.delete('method');
  return formatUri({ ...uri, params, headers: [] });
}
