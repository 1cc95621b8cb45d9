import type { Binding } from './port';

/** What a binding is known by among those of its address of record. */
export function bindingKey(binding: Pick<Binding, 'contact' | 'instanceId' | 'regId'>): string {
  const { contact, instanceId, regId } = binding;
  // RFC 5626 §6: of an instance's flow the contact URI is not compared. No URI begins with a bracket or quote.
  return instanceId === undefined || regId === undefined ? contact : `"${instanceId}"${regId}`;
}
