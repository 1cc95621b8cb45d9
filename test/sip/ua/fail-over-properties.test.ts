import fc from 'fast-check';
import { createRequest } from '../../../runtime/sip/message/create';
import type { SipRequest } from '../../../runtime/sip/message/message';
import { parseUri } from '../../../runtime/sip/message/uri';
import type { Target } from '../../../runtime/sip/transport/port';
import { Registration } from '../../../runtime/sip/ua/registration';
import { ScriptedPeer } from '../../support/sip-pair';

/** What meets an attempt. */
type Fate = 'busy' | 'ok' | 'silence' | 'refusal' | 'unreachable' | 'unserved';

const fates = fc.array(
  fc.constantFrom<Fate>('busy', 'ok', 'silence', 'refusal', 'unreachable', 'unserved'),
  { minLength: 1, maxLength: 6 },
);

const isFinal = (fate: Fate): boolean => fate === 'ok' || fate === 'refusal';

describe('a request with any targets, whatever meets it', () => {
  it('tells one end, that of the first target that answers or else of the last', async () => {
    await fc.assert(
      fc.asyncProperty(fates, fc.constantFrom('INVITE', 'OPTIONS'), async (list, method) => {
        const targets = list.map((_, i): Target => ({
          protocol: i % 2 === 0 ? 'UDP' : 'TCP',
          host: `192.0.2.${i + 30}`,
          port: 5060,
        }));
        const peer = new ScriptedPeer({}, 'UDP', undefined, {
          resolver: { resolve: () => targets, close: () => undefined },
        });
        const reached: number[] = [];
        const open = peer.transport.open.bind(peer.transport);
        peer.transport.open = (target, request) => {
          const index = targets.findIndex((each) => each.host === target.host);
          const fate = list[index];
          if (fate === 'unserved') throw new Error('unserved');
          reached.push(index);
          peer.transport.failure = fate === 'unreachable' ? new Error('unreachable') : undefined;
          return open(target, request);
        };
        const ends: string[] = [];
        peer.agent.elements.send({
          request: createRequest({
            method,
            requestUri: 'sip:a@example.com',
            headers: [
              ['Via', peer.agent.elements.newVia()],
              ['From', '<sip:b@example.com>;tag=1'],
              ['To', '<sip:a@example.com>'],
              ['Call-ID', 'one'],
              ['CSeq', `1 ${method}`],
            ],
          }),
          nextHop: parseUri('sip:example.com'),
          handler: {
            onFinal: (response) => ends.push(String(response.status)),
            onTimeout: () => ends.push('silence'),
            onTransportError: (error) => ends.push(error.message),
          },
        });
        const branches = new Set<string | undefined>();
        for (let round = 0; round < 20 && ends.length === 0; round += 1) {
          const fate = list[reached.at(-1) ?? 0];
          // The ACK of a 503 to an INVITE meets nobody's fate.
          const request = peer.inbox
            .filter((message): message is SipRequest => message.kind === 'request')
            .findLast((message) => message.method === method);
          peer.inbox.length = 0;
          if (request !== undefined) {
            branches.add(request.topVia.branch);
            if (fate === 'busy') peer.respond(request, 503);
            else if (fate === 'ok') peer.respond(request, 200);
            else if (fate === 'refusal') peer.respond(request, 404);
            else await peer.clock.run(32_000);
          } else {
            await peer.clock.run(0);
          }
        }
        const decisive = list.findIndex(isFinal);
        const tried = decisive < 0 ? list : list.slice(0, decisive + 1);
        const expected = tried.flatMap((fate, i) => (fate === 'unserved' ? [] : [i]));
        expect(reached).toEqual(expected);
        expect(ends).toHaveLength(1);
        const last = list[decisive];
        if (last === 'ok') expect(ends).toEqual(['200']);
        if (last === 'refusal') expect(ends).toEqual(['404']);
        peer.transport.failure = undefined;
        await peer.expectNothingLeft();
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});

describe('a registration whose registrar comes and goes', () => {
  it('asks one question at a time, not often, and is there again after each outage', async () => {
    const periods = fc.array(
      fc.record({
        up: fc.integer({ min: 1, max: 7_200 }),
        down: fc.integer({ min: 1, max: 7_200 }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(periods, fc.integer({ min: 60, max: 3_600 }), async (list, granted) => {
        const peer = new ScriptedPeer();
        const { clock, inbox } = peer;
        let up = true;
        let last = 0;
        const asked: number[] = [];
        const answer = (): void => {
          for (const message of inbox.splice(0)) {
            const request = message as SipRequest;
            const { sequence } = request.cseq;
            // A retransmission has the number of the one before.
            expect(sequence === last || sequence === last + 1).toBe(true);
            if (sequence !== last) asked.push(clock.now());
            last = sequence;
            if (!up) continue;
            const headers = {
              Contact: `${request.headers.get('Contact') ?? ''};expires=${granted}`,
            };
            peer.respond(request, 200, { headers });
          }
        };
        const registration = new Registration(peer.agent.elements, {
          aor: 'sip:alice@example.com',
          registrar: 'sip:192.0.2.9',
        });
        registration.start();
        const pass = async (seconds: number): Promise<void> => {
          const until = clock.now() + seconds * 1_000;
          answer();
          while (clock.now() < until) {
            const step = Math.min((clock.nextAt() ?? until) - clock.now(), until - clock.now());
            await clock.run(Math.max(step, 1));
            answer();
          }
        };
        for (const period of list) {
          up = true;
          await pass(period.up);
          up = false;
          await pass(period.down);
        }
        up = true;
        // The longest wait of RFC 5626 §4.5, and a request that had begun in the outage.
        await pass(1_800 + 32);
        expect(registration.state.type).toBe('registered');
        // Never twice within the shortest refresh or retry.
        const least = Math.min(30_000, granted * 450);
        for (let i = 1; i < asked.length; i += 1) {
          expect((asked[i] as number) - (asked[i - 1] as number)).toBeGreaterThanOrEqual(least);
        }
        const closed = registration.close();
        answer();
        await clock.run(0);
        await closed;
        await peer.expectNothingLeft();
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});
