import type { CallchartConfig } from '../../../runtime/core/config';
import type { RouteConfig } from '../../../runtime/core/network-config';
import type { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { Binding } from '../../../runtime/sip/server/port';
import { MemoryData } from '../../support/memory-data';
import type { SimulatedNetwork } from '../../support/simulated-network';
import { openServerAt } from '../../sim/support/server-at';
import type { Party } from './collection';
import { password } from './digest';
import type { Element } from './element';
import { dns, hostNamed, namesOf, sipPort } from './parties';

/** The flows in which proxy 2 asks Alice for credentials of its own. */
const biloxiAsks: ReadonlySet<string> = new Set(['3.3', '3.4', '3.5']);

/** The flows in which proxy 2 does not stay in the way of the dialog. */
const biloxiLeaves: ReadonlySet<string> = new Set(['3.5', '3.7']);

interface Setup {
  /** Domains of ours: the first is the realm. */
  readonly domains: readonly string[];
  readonly users: readonly string[];
  readonly routes?: readonly RouteConfig[];
  /** Where Bob can be found. */
  readonly bob?: string;
}

function setupOf(party: Party, section: string): Setup {
  switch (party) {
    case 'SIP Server':
      // The realm of its challenges is that of Atlanta, in all of §2.
      return {
        domains: ['atlanta.example.com', 'biloxi.example.com', 'ss2.biloxi.example.com'],
        users: ['bob'],
        ...(section === '2.1' || section === '2.5' ? {} : { bob: 'client.biloxi.example.com' }),
      };
    case 'Proxy 1':
      return {
        domains: ['atlanta.example.com', 'ss1.atlanta.example.com'],
        users: ['alice'],
        routes: [{ proxy: { to: 'request-uri' } }],
      };
    case 'Proxy 2': {
      const asks = biloxiAsks.has(section);
      const home = ['biloxi.example.com', 'ss2.biloxi.example.com'];
      return {
        // Who logs in may write From as an address of his own: Alice is known here by that of Atlanta.
        domains: asks ? [...home, 'atlanta.example.com'] : home,
        users: asks ? ['bob', 'alice'] : ['bob'],
        routes: [
          {
            when: { dialled: 'bob' },
            proxy: { recordRoute: !biloxiLeaves.has(section) },
            allow: asks ? 'users' : 'anyone',
          },
        ],
        bob: 'client.biloxi.example.com',
      };
    }
    case 'Proxy 3':
      return {
        domains: ['chicago.example.com', 'ss3.chicago.example.com'],
        users: ['bob'],
        routes: [{ when: { dialled: 'bob' }, proxy: true, allow: 'anyone' }],
        bob: 'client.chicago.example.com',
      };
    case 'SIP ALG':
      return {
        domains: ['alg1.atlanta.example.com'],
        users: [],
        routes: [{ proxy: { to: 'request-uri' }, allow: 'anyone' }],
      };
    case 'Redirect Server':
      return {
        domains: ['biloxi.example.com'],
        users: [],
        routes: [{ redirect: { to: 'sip:bob@chicago.example.com', status: 302 }, allow: 'anyone' }],
      };
    default:
      throw new Error(`${party} is no server`);
  }
}

/** A whole server of ours in the place of one of the RFC's. */
export async function openServer(
  party: Party,
  section: string,
  clock: VirtualClock,
  network: SimulatedNetwork,
): Promise<Element> {
  const { domains, users, routes, bob } = setupOf(party, section);
  const [realm = ''] = domains;
  const data = new MemoryData(Object.fromEntries(users.map((name) => [name, password])), realm);
  const contacts = bob === undefined ? [] : [`sip:bob@${bob}`];
  // Flow 2.3 asks for what flow 2.2 has left.
  if (section === '2.3') contacts.push('mailto:bob@biloxi.example.com');
  for (const contact of contacts) {
    data.write([{ type: 'added', binding: bindingOf(contact, realm, clock) }]);
  }
  const errors: string[] = [];
  const host = hostNamed(namesOf[party][0] ?? '');
  const config: CallchartConfig = {
    registrar: { domains },
    ...(routes === undefined ? {} : { routes }),
    outbound: { hosts: ['*'] },
  };
  const server = await openServerAt({
    ...{ clock, network, data, config, resolver: dns(section), address: { host, port: sipPort } },
    onError: (message) => errors.push(message),
  });
  return {
    realm,
    act: () => undefined,
    finish: () => Promise.resolve(),
    open: () => server.open,
    close: () => server.close(),
    errors,
  };
}

/** What an earlier REGISTER of Bob's has left. */
function bindingOf(contact: string, realm: string, clock: VirtualClock): Binding {
  const now = clock.now();
  return {
    aor: `sip:bob@${realm}`,
    contact,
    q: 1,
    registeredAt: now,
    expiresAt: now + 3_600_000,
    callId: 'earlier',
    cseq: 1,
    path: [],
    source: { protocol: 'UDP', host: '192.0.2.201', port: sipPort },
  };
}
