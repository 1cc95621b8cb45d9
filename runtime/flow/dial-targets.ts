import type { DialInput, DialTargetInput } from './outcomes';

/** Those whom a dial names, in order. */
export function dialTargets(to: DialInput['to']): readonly (string | DialTargetInput)[] {
  return typeof to === 'string' || 'to' in to ? [to] : to;
}

/** As events and outcomes name it. */
export function targetName(target: string | { readonly to: string }): string {
  return typeof target === 'string' ? target : target.to;
}
