import fc from 'fast-check';
import { parseUri, sameUri, type SipUri } from '../../../runtime/sip/message/uri';
import { bindingKey } from '../../../runtime/sip/server/binding-key';
import type { Binding } from '../../../runtime/sip/server/port';
import {
  removeBindings,
  updateBindings,
  type ContactUpdate,
  type Registration,
} from '../../../runtime/sip/server/update-bindings';

/** Spelt differently, some of them equal: the first two, and the third with both of the next. */
const uris = [
  'sip:alice@phone.example',
  'sip:alice@PHONE.example',
  'sip:alice@desk.example',
  'sip:alice@desk.example;line=1',
  'sip:alice@desk.example;line=2',
  'sip:alice@desk.example;transport=tcp',
] as const;

function sipUriOf(text: string): SipUri {
  const uri = parseUri(text);
  if (uri.scheme === 'tel') throw new Error('not a sip URI');
  return uri;
}

const contact: fc.Arbitrary<ContactUpdate> = fc
  .record({
    text: fc.constantFrom(...uris),
    q: fc.constantFrom(1, 0.5),
    expires: fc.constantFrom(0, 60_000, 3_600_000),
    instanceId: fc.constantFrom(undefined, '<urn:a>', '<urn:b>'),
    regId: fc.constantFrom(undefined, 1, 2),
    flow: fc.constantFrom(undefined, 'tcp:1', 'tcp:2'),
  })
  .map(({ regId, ...rest }) => ({
    ...rest,
    uri: sipUriOf(rest.text),
    params: '',
    regId: rest.instanceId === undefined ? undefined : regId,
  }));

interface RequestParts {
  readonly callId: string;
  readonly cseq: number;
  readonly contacts: readonly ContactUpdate[];
}

const request: fc.Arbitrary<RequestParts> = fc.record({
  callId: fc.constantFrom('a', 'b'),
  cseq: fc.integer({ min: 1, max: 9 }),
  contacts: fc.array(contact, { minLength: 1, maxLength: 4 }),
});

function registrationOf({ callId, cseq }: RequestParts, now: number): Registration {
  return {
    aor: 'sip:alice@example.com',
    callId,
    cseq,
    userAgent: undefined,
    path: [],
    source: { protocol: 'TCP', host: '192.0.2.9', port: 4_000 },
    now,
  };
}

function keysOf(bindings: readonly Binding[]): string[] {
  return bindings.map(bindingKey);
}

describe('the bindings of a user after any requests, with instances and equal URIs', () => {
  it('are one a key, follow from the changes, and leave alone what the request does not name', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 12 }), (requests) => {
        let current: readonly Binding[] = [];
        for (const [index, each] of requests.entries()) {
          const update = updateBindings(current, registrationOf(each, index), each.contacts, 5);
          if (update.type === 'refused') {
            expect([403, 500]).toContain(update.refusal.status);
            continue;
          }
          const { next, changes } = update;
          expect(new Set(keysOf(next)).size).toBe(next.length);
          expect(next.length).toBeLessThanOrEqual(5);

          const followed = new Map(current.map((binding) => [bindingKey(binding), binding]));
          for (const { type, binding } of changes) {
            expect(followed.has(bindingKey(binding))).toBe(type !== 'added');
            if (type === 'removed') followed.delete(bindingKey(binding));
            else followed.set(bindingKey(binding), binding);
          }
          expect(new Set(followed.values())).toEqual(new Set(next));

          for (const binding of current) {
            const named = each.contacts.some((one) => concerns(one, binding));
            if (!named) expect(next).toContain(binding);
          }
          const last = each.contacts.at(-1);
          if (last !== undefined) checkLast(last, next, index);
          current = next;
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('are all gone after *, unless one of them is newer', () => {
    fc.assert(
      fc.property(request, request, (first, second) => {
        const update = updateBindings([], registrationOf(first, 0), first.contacts, 5);
        const current = update.type === 'updated' ? update.next : [];
        const removed = removeBindings(current, registrationOf(second, 1));
        const late =
          current.length > 0 && first.callId === second.callId && second.cseq <= first.cseq;
        if (late) {
          expect(removed).toMatchObject({ type: 'refused', refusal: { status: 500 } });
        } else {
          expect(removed).toMatchObject({ type: 'updated', next: [] });
          if (removed.type === 'updated') expect(removed.changes).toHaveLength(current.length);
        }
      }),
    );
  });
});

/** Whether a request with this contact may change that binding. */
function concerns(contact: ContactUpdate, binding: Binding): boolean {
  const { instanceId, regId } = contact;
  if (instanceId !== undefined && binding.instanceId === instanceId && binding.regId === regId) {
    return true;
  }
  return contact.uri !== undefined && sameUri(parseUri(binding.contact), contact.uri);
}

/** What a request says last holds. */
function checkLast(contact: ContactUpdate, next: readonly Binding[], now: number): void {
  const { instanceId, regId, text, expires, flow, q } = contact;
  const flows = next.filter(
    (binding) =>
      regId !== undefined && binding.instanceId === instanceId && binding.regId === regId,
  );
  const spelt = next.filter((binding) => binding.contact === text);
  if (expires === 0) {
    expect(regId === undefined ? spelt : flows).toEqual([]);
    return;
  }
  const [binding] = regId === undefined ? spelt : flows;
  expect(binding).toMatchObject({ contact: text, q, expiresAt: now + expires });
  expect(binding?.flow).toBe(flow);
  if (regId === undefined) expect(spelt).toHaveLength(1);
  else expect(flows).toHaveLength(1);
}
