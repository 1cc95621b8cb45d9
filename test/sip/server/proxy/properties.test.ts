import fc from 'fast-check';
import type { SipRequest } from '../../../../runtime/sip/message/message';
import { Bench, type Phone } from './harness';

/** What caller, phones, network and time may do, in any order. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('answer' as const),
      phone: fc.nat(3),
      status: fc.constantFrom(100, 180, 183, 200, 200, 302, 401, 407, 430, 486, 487, 503, 600),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('again' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('unreachable' as const), phone: fc.nat(3) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('wait' as const),
      time: fc.constantFrom(100, 4_000, 33_000, 190_000),
    }),
  },
);

const plan = fc.record({
  method: fc.constantFrom('INVITE', 'INVITE', 'INVITE', 'MESSAGE'),
  qs: fc.array(fc.constantFrom(1, 1, 0.5, 0.2), { minLength: 1, maxLength: 4 }),
  breadth: fc.constantFrom('60', '2', '1'),
  follow: fc.boolean(),
  timeout: fc.constantFrom(20_000, 180_000),
  steps: fc.array(step, { maxLength: 25 }),
});

describe('RFC 3261 §16.7: whatever comes in whatever order', () => {
  it('the caller gets one refusal, or 2xx and nothing else, and nothing stays behind', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ method, qs, breadth, follow, timeout, steps }) => {
        const bench = new Bench();
        const { alice, listener, node, wire, clock } = bench;
        const phones = [0, 1, 2, 3].map((i) => bench.phone(`p${i}`, `192.0.2.${30 + i}`));
        node.forkTo(...qs.map((q, i) => [phones[i]?.uri ?? '', q] as const));
        node.plan = { ...node.plan, timeout, ...(follow ? { followRedirect: () => true } : {}) };
        const request = alice.send(listener, method, { headers: { 'Max-Breadth': breadth } });
        const start = clock.now();
        const asked = new Map<Phone, SipRequest>();
        for (const each of steps) {
          for (const phone of phones) {
            const found = phone.inbox.find(
              (message): message is SipRequest =>
                message.kind === 'request' && message.method === method,
            );
            if (found !== undefined) asked.set(phone, found);
          }
          const phone = 'phone' in each ? phones[each.phone] : undefined;
          const invite = phone === undefined ? undefined : asked.get(phone);
          if (each.type === 'answer' && phone !== undefined && invite !== undefined) {
            const other = phones[(each.phone + 1) % 4];
            phone.respond(invite, each.status, {
              ...(each.status === 302 ? { contact: other?.contact ?? null } : {}),
            });
          }
          if (each.type === 'cancel') {
            const branch = request.topVia.branch ?? '';
            alice.send(listener, 'CANCEL', { branch, contact: null });
          }
          // Later it would be a new request: nothing knows the old one any more.
          if (each.type === 'again' && clock.now() - start < 30_000) alice.give(listener, request);
          if (each.type === 'unreachable')
            wire.unreachable.add(`UDP 192.0.2.${30 + each.phone}:5060`);
          if (each.type === 'wait') await clock.run(each.time);
        }
        await bench.expectNothingLeft();
        const told = alice.inbox.flatMap((message) =>
          message.kind === 'response' && message.cseq.method === method ? [message] : [],
        );
        const statuses = told.map(({ status }) => status);
        const final = statuses.findIndex((status) => status >= 200);
        const after = final < 0 ? [] : statuses.slice(final);
        const kind = (after[0] ?? 0) < 300 ? 2 : Math.floor((after[0] ?? 0) / 100);
        // A retransmission repeats the refusal; nothing else may follow the first final response.
        expect(after.every((status) => Math.floor(status / 100) === kind)).toBe(true);
        if (kind !== 2) expect(new Set(after).size).toBe(after.length > 0 ? 1 : 0);
        if (method === 'INVITE') {
          expect(final).toBeGreaterThanOrEqual(0);
        } else {
          expect(
            new Set(told.filter(({ status }) => status >= 200).map(({ to }) => to.tag)).size,
          ).toBeLessThanOrEqual(1);
          expect(statuses).not.toContain(408);
        }
        for (const response of told) expect(response.via).toHaveLength(1);
      }),
      { numRuns: 150, seed: 20_260_105 },
    );
  });
});
