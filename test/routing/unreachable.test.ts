import fc from 'fast-check';
import { checkRoutes } from '../../runtime/config/check-routes';
import type { RouteConditions, RouteConfig } from '../../runtime/core/network-config';
import type { Caller, RequestFacts } from '../../runtime/routing/port';
import { createRouter } from '../../runtime/routing/router';
import { parseUri } from '../../runtime/sip/message/uri';

const number = fc.constantFrom('1', '12', '15', '100', '150', '199', '2');
const pattern = fc.constantFrom(
  '*',
  '1',
  '1*',
  '1?',
  '1##',
  '10-20',
  '100-199',
  '120-160',
  '[12]*',
);
const patterns = fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 2 }));
const time = fc.record(
  {
    days: fc.subarray(['mon', 'tue', 'sun'] as const, { minLength: 1 }),
    from: fc.constantFrom('08:00', '22:00'),
    until: fc.constantFrom('06:00', '17:00'),
    zone: fc.constant('UTC'),
  },
  { requiredKeys: ['zone'] },
);
const conditions: fc.Arbitrary<RouteConditions> = fc.record(
  {
    method: fc.constantFrom('INVITE', 'invite', 'OPTIONS'),
    dialled: patterns,
    from: patterns,
    trunk: fc.constantFrom(true, false, 'a', ['a', 'b']),
    user: fc.constantFrom(true, false, '1*', '12'),
    header: fc.constantFrom<Record<string, string | boolean>[]>(
      { 'X-A': true },
      { 'x-a': '1*' },
      { 'X-A': '12' },
      { 'X-A': false },
    ),
    registered: fc.boolean(),
    local: fc.boolean(),
    time,
  },
  { requiredKeys: [] },
);
const action = fc.constantFrom<RouteConfig[]>(
  { flow: 'menu' },
  { flow: true },
  { proxy: true },
  { reject: 403 },
);
const route: fc.Arbitrary<RouteConfig> = fc
  .tuple(
    action,
    fc.option(conditions),
    fc.option(fc.constantFrom('anyone', 'users', 'trunks', 'known')),
  )
  .map(([own, when, allow]) => ({
    ...own,
    ...(when === null ? {} : { when }),
    ...(allow === null ? {} : { allow: allow }),
  }));

const caller = fc.oneof(
  fc.constant<Caller>({ type: 'unknown' }),
  fc.constantFrom('a', 'b').map<Caller>((name) => ({ type: 'trunk', name })),
  number.map<Caller>((username) => ({ type: 'user', username, aor: `sip:${username}@callchart` })),
);
const facts: fc.Arbitrary<RequestFacts> = fc
  .record({
    method: fc.constantFrom('INVITE', 'OPTIONS'),
    dialled: number,
    from: number,
    caller,
    header: fc.option(number),
    registered: fc.boolean(),
    local: fc.boolean(),
    time: fc.integer({ min: 0, max: 14 * 24 }).map((hours) => hours * 3_600_000),
  })
  .map(({ dialled, from, header, ...rest }) => ({
    ...rest,
    requestUri: parseUri(`sip:${dialled}@192.0.2.1`),
    from: parseUri(`sip:${from}@192.0.2.2`),
    fromDisplayName: '',
    to: parseUri(`sip:${dialled}@192.0.2.1`),
    header: (name: string) => (header !== null && name.toLowerCase() === 'x-a' ? [header] : []),
  }));

describe('a route that is said to be unreachable', () => {
  it('is reached by no request, whatever the two routes and the request are', () => {
    let found = 0;
    fc.assert(
      fc.property(
        route,
        route,
        fc.array(facts, { minLength: 10, maxLength: 10 }),
        (earlier, later, requests) => {
          const problems = checkRoutes([earlier, later], { trunks: ['a', 'b'] });
          if (!problems.some((problem) => problem.includes('can never be reached'))) return;
          found += 1;
          const router = createRouter({
            routes: [earlier, later],
            isFlow: (name) => name === 'menu',
            isUser: () => true,
            hasUsers: () => true,
            claimsToBeOurs: () => false,
          });
          for (const request of requests) {
            const decision = router.decide(request);
            expect(decision.type === 'matched' ? decision.route : '').not.toBe('routes[1]');
          }
        },
      ),
      { numRuns: 2_000 },
    );
    expect(found).toBeGreaterThan(20);
  });
});
