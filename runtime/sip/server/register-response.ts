import { formatParam } from '../message/params';
import type { Binding } from './port';

/** A binding as the 200 to a REGISTER lists it (RFC 3261 §10.3 step 8, RFC 5626 §6). */
export function formatBinding(binding: Binding, now: number): string {
  const { contact, expiresAt, q, instanceId, regId, params } = binding;
  // What has just been granted comes out whole; what has begun to pass is rounded so that it is not 0.
  let text = `<${contact}>;expires=${Math.ceil((expiresAt - now) / 1_000)}`;
  if (q !== 1) text += `;q=${formatQ(q)}`;
  if (instanceId !== undefined) text += `;${formatParam('+sip.instance', instanceId)}`;
  if (regId !== undefined) text += `;reg-id=${regId}`;
  return params === undefined ? text : text + params;
}

/** RFC 3261 §25.1 `qvalue`: three decimals at most. */
export function formatQ(q: number): string {
  return String(Math.round(q * 1_000) / 1_000);
}
