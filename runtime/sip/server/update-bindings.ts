import { parseUri, sameUri, type SipUri } from '../message/uri';
import { bindingKey } from './binding-key';
import { ownText } from './own-text';
import type { Binding, BindingChange } from './port';
import type { Refusal } from './refusal';
import { isSipContact } from './targets';

/** What a binding has of the REGISTER that it comes from. */
export interface Registration {
  readonly aor: string;
  readonly callId: string;
  readonly cseq: number;
  readonly userAgent: string | undefined;
  readonly path: readonly string[];
  readonly source: Binding['source'];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What is to be done with one contact. */
export interface ContactUpdate {
  readonly text: string;
  /** Undefined for one that is no SIP URI. */
  readonly uri: SipUri | undefined;
  readonly q: number;
  /** Milliseconds that are granted; 0 removes it. */
  readonly expires: number;
  readonly instanceId: string | undefined;
  /** Only where outbound is applied (RFC 5626 §6). */
  readonly regId: number | undefined;
  readonly params: string;
  readonly flow: string | undefined;
}

export type BindingUpdate =
  | {
      readonly type: 'updated';
      readonly next: readonly Binding[];
      readonly changes: readonly BindingChange[];
    }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** RFC 3261 §10.3 step 7: an update that fails is answered 500. */
const outOfOrder: Refusal = { status: 500, reason: 'CSeq Is Not Higher' };
const tooMany: Refusal = { status: 403, reason: 'Too Many Contacts' };

/** RFC 3261 §10.3 step 7: all the contacts of a request in turn, or none of them. */
export function updateBindings(
  current: readonly Binding[],
  registration: Registration,
  contacts: readonly ContactUpdate[],
  maxContacts: number,
): BindingUpdate {
  const refreshed = refreshOnly(current, registration, contacts);
  if (refreshed !== undefined) return refreshed;
  const next = current.slice();
  const replaced = new Set<Binding>();
  for (const contact of contacts) {
    const matches = matching(next, contact);
    for (const match of matches) {
      // What this request itself has added may be changed by it again.
      if (current.includes(match) && isLate(match, registration)) {
        return { type: 'refused', refusal: outOfOrder };
      }
    }
    const [first] = matches;
    for (const match of matches) {
      if (contact.expires > 0) replaced.add(match);
      if (contact.expires === 0 || match !== first) next.splice(next.indexOf(match), 1);
    }
    if (contact.expires === 0) continue;
    const binding = makeBinding(contact, registration, first);
    if (first === undefined) next.unshift(binding);
    else next[next.indexOf(first)] = binding;
  }
  // One who had more than are allowed now may keep and remove them.
  if (next.length > maxContacts && next.length > current.length) {
    return { type: 'refused', refusal: tooMany };
  }
  return { type: 'updated', next, changes: changesBetween(current, next, replaced) };
}

/**
 * Nine of ten REGISTERs refresh the one binding that there is: for those the lists and sets of what leads where
 * are not made (`npm run bench -- element-path`). Undefined for all others.
 */
function refreshOnly(
  current: readonly Binding[],
  registration: Registration,
  contacts: readonly ContactUpdate[],
): BindingUpdate | undefined {
  const [only] = current;
  const [contact] = contacts;
  if (only === undefined || contact === undefined || current.length + contacts.length > 2) {
    return undefined;
  }
  if (contact.expires === 0 || only.contact !== contact.text) return undefined;
  if (only.instanceId !== contact.instanceId || only.regId !== contact.regId) return undefined;
  if (isLate(only, registration)) return { type: 'refused', refusal: outOfOrder };
  const binding = makeBinding(contact, registration, only);
  return { type: 'updated', next: [binding], changes: [{ type: 'refreshed', binding }] };
}

/** RFC 3261 §10.3 step 6: `Contact: *`. */
export function removeBindings(
  current: readonly Binding[],
  registration: Registration,
): BindingUpdate {
  if (current.some((binding) => isLate(binding, registration))) {
    return { type: 'refused', refusal: outOfOrder };
  }
  return { type: 'updated', next: [], changes: changesBetween(current, [], new Set()) };
}

/** The request is older than what the same device sent before. */
function isLate(binding: Binding, { callId, cseq }: Registration): boolean {
  return binding.callId === callId && cseq <= binding.cseq;
}

/** The bindings that a contact stands for; the one to be updated first. */
function matching(bindings: readonly Binding[], contact: ContactUpdate): readonly Binding[] {
  const { instanceId, regId, text } = contact;
  if (instanceId !== undefined && regId !== undefined) {
    // The same flow, and what the same contact registered before it knew of flows.
    const flows = bindings.filter((each) => each.instanceId === instanceId && each.regId === regId);
    const plain = bindings.filter((each) => each.regId === undefined && isContact(each, contact));
    return plain.length === 0 ? flows : [...flows, ...plain];
  }
  const [only] = bindings;
  if (bindings.length === 1 && only?.contact === text) return bindings.slice();
  // RFC 3261 §19.1.4 is not transitive: where a URI equals several others, the very same one counts.
  const same = bindings.filter((each) => each.contact === text);
  if (same.length > 0) return same;
  const equal = bindings.filter((each) => isContact(each, contact));
  return contact.expires === 0 ? equal : equal.slice(0, 1);
}

function isContact(binding: Binding, contact: ContactUpdate): boolean {
  if (binding.contact === contact.text) return true;
  // RFC 3261 §10.3 step 7: what is no SIP URI is compared as text.
  if (contact.uri === undefined || !isSipContact(binding.contact)) return false;
  return sameUri(parseUri(binding.contact), contact.uri);
}

/** Texts that were there before are taken over: nine of ten REGISTERs bring no new one. */
function makeBinding(
  contact: ContactUpdate,
  registration: Registration,
  before: Binding | undefined,
): Binding {
  const { aor, callId, cseq, userAgent, path, source, now } = registration;
  const { instanceId, regId, params, flow } = contact;
  const binding: Writable<Binding> = {
    aor: before?.aor ?? ownText(aor),
    contact: kept(contact.text, before?.contact),
    q: contact.q,
    expiresAt: now + contact.expires,
    registeredAt: before?.registeredAt ?? now,
    callId: kept(callId, before?.callId),
    cseq,
    path: path.length === 0 ? noPath : path.map((route, i) => kept(route, before?.path[i])),
    source: before !== undefined && sameSource(before.source, source) ? before.source : source,
  };
  if (userAgent !== undefined) binding.userAgent = kept(userAgent, before?.userAgent);
  if (instanceId !== undefined) binding.instanceId = kept(instanceId, before?.instanceId);
  if (regId !== undefined) binding.regId = regId;
  if (params !== '') binding.params = kept(params, before?.params);
  if (flow !== undefined) binding.flow = kept(flow, before?.flow);
  return binding;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const noPath: readonly string[] = [];

function kept(text: string, before: string | undefined): string {
  return before === text ? before : ownText(text);
}

function sameSource(a: Binding['source'], b: Binding['source']): boolean {
  return a.protocol === b.protocol && a.port === b.port && a.host === b.host;
}

/** What leads from one list to the other; a removal comes before what takes its place. */
function changesBetween(
  before: readonly Binding[],
  after: readonly Binding[],
  replaced: ReadonlySet<Binding>,
): readonly BindingChange[] {
  const left = new Set(after.map(bindingKey));
  const changes: BindingChange[] = [];
  for (const binding of before) {
    if (left.has(bindingKey(binding))) continue;
    const reason = replaced.has(binding) ? 'replaced' : 'unregistered';
    changes.push({ type: 'removed', binding, reason });
  }
  const there = new Set(before.map(bindingKey));
  for (const binding of after) {
    if (before.includes(binding)) continue;
    changes.push({ type: there.has(bindingKey(binding)) ? 'refreshed' : 'added', binding });
  }
  return changes;
}
