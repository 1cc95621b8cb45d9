import type { VirtualClock } from '../../../runtime/core/virtual-clock';
import { SeededRandom } from '../../../runtime/core/random';
import { parseNameAddr } from '../../../runtime/sip/message/name-addr';
import { createTransportLayer } from '../../../runtime/sip/transport/layer';
import type {
  IncomingSession,
  OutgoingSession,
  SessionHandler,
} from '../../../runtime/sip/ua/port';
import { Registration } from '../../../runtime/sip/ua/registration';
import { UserAgentCore } from '../../../runtime/sip/ua/user-agent';
import type { SimulatedNetwork } from '../../support/simulated-network';
import { field, methodOf, statusOf, type Flow, type FlowMessage } from './collection';
import { password } from './digest';
import type { Element } from './element';
import { dns, hostNamed, namesOf, sipPort } from './parties';

/** The user agent of Alice, who calls, or of Bob, who registers or is called. */
export async function openUserAgent(
  party: 'Alice' | 'Bob',
  flow: Flow,
  clock: VirtualClock,
  network: SimulatedNetwork,
): Promise<Element> {
  const random = new SeededRandom(3_665);
  let incoming: IncomingSession | undefined;
  const userAgent: UserAgentCore = new UserAgentCore({
    ...{ clock, random, resolver: dns(flow.section) },
    handler: {
      onInvite: (session) => {
        incoming = session;
        session.handler = handlerOf(flow, party);
      },
    },
  });
  const name = flow.section === '3.6' && party === 'Bob' ? namesOf[party][1] : namesOf[party][0];
  const transport = await createTransportLayer({
    ...{ clock, random, network, handler: userAgent },
    listen: [{ protocol: 'UDP', host: hostNamed(name ?? ''), port: sipPort }],
  });
  userAgent.attach(transport);
  const errors: string[] = [];
  const script =
    party === 'Alice'
      ? new Alice(userAgent, flow)
      : flow.section.startsWith('2.')
        ? /^2\.[15]$/.test(flow.section)
          ? new Registering(userAgent)
          : new Asking(userAgent)
        : new Bob(() => incoming);
  return {
    act: (next) => script.act(next),
    open: () => ({ sessions: userAgent.openSessions, transactions: userAgent.openTransactions }),
    finish: () => script.close(),
    close: async () => {
      await userAgent.close();
      await transport.close();
    },
    errors,
  };
}

interface Script {
  act(next: FlowMessage): void;
  close(): Promise<void>;
}

class Alice implements Script {
  private session: OutgoingSession | undefined;
  private callId: string | undefined;
  private ended = false;
  /** The call that is placed when this one has come to nothing (flow 3.4). */
  private following: FlowMessage | undefined;

  constructor(
    private readonly userAgent: UserAgentCore,
    private readonly flow: Flow,
  ) {}

  act(next: FlowMessage): void {
    const method = methodOf(next);
    if (statusOf(next) !== undefined) return;
    if (method === 'BYE' || method === 'CANCEL') this.session?.end();
    // What is sent again, or with credentials, she sends by herself.
    if (method !== 'INVITE' || field(next, 'Call-ID') === this.callId) return;
    if (this.session === undefined || this.ended) this.call(next);
    else this.following = next;
  }

  close(): Promise<void> {
    this.session?.end();
    return Promise.resolve();
  }

  /** The offer of a flow whose INVITE has none: a call of ours always offers. */
  private get laterOffer(): string {
    return this.flow.messages.find(({ from, body }) => from === 'Alice' && body !== '')?.body ?? '';
  }

  private call(invite: FlowMessage): void {
    const from = parseNameAddr(field(invite, 'From') ?? '');
    const route = field(invite, 'Route');
    this.callId = field(invite, 'Call-ID');
    this.ended = false;
    this.session = this.userAgent.invite({
      to: invite.start.split(' ')[1] ?? '',
      from: from.uriText,
      displayName: from.displayName,
      sdp: invite.body === '' ? this.laterOffer : invite.body,
      followRedirect: () => true,
      routes: route === undefined ? [] : [route],
      credentials: ['atlanta.example.com', 'biloxi.example.com'].map((realm) => ({
        ...{ username: 'alice', password, realm },
      })),
      handler: handlerOf(this.flow, 'Alice', () => {
        this.ended = true;
        const { following } = this;
        this.following = undefined;
        if (following !== undefined) this.call(following);
      }),
    });
  }
}

class Bob implements Script {
  constructor(private readonly incoming: () => IncomingSession | undefined) {}

  act(next: FlowMessage): void {
    const session = this.incoming();
    const status = statusOf(next);
    const method = methodOf(next);
    if (session === undefined) return;
    if (status === undefined) {
      if (method === 'BYE') session.end();
      if (method === 'INVITE') void session.reoffer(next.body);
      return;
    }
    if (method !== 'INVITE') return;
    if (status < 200) session.provisional(status, { reliable: 'never' });
    else if (status < 300) session.accept(next.body);
    // 487 is the answer to a CANCEL, and comes by itself.
    else if (status !== 487) session.reject(status, { reason: next.start.slice(12) });
  }

  close(): Promise<void> {
    this.incoming()?.end();
    return Promise.resolve();
  }
}

class Registering implements Script {
  private registration: Registration | undefined;

  constructor(private readonly userAgent: UserAgentCore) {}

  act(next: FlowMessage): void {
    if (this.registration !== undefined) return;
    const to = parseNameAddr(field(next, 'To') ?? '');
    this.registration = new Registration(this.userAgent.elements, {
      aor: to.uriText,
      displayName: to.displayName,
      registrar: next.start.split(' ')[1] ?? '',
      credentials: [{ username: 'bob', password }],
    });
    this.registration.start();
  }

  close(): Promise<void> {
    return this.registration?.close() ?? Promise.resolve();
  }
}

/** A REGISTER that keeps nothing alive: for a mailto contact, for the list of contacts, for none. */
class Asking implements Script {
  constructor(private readonly userAgent: UserAgentCore) {}

  act(next: FlowMessage): void {
    const { uriText: aor, displayName } = parseNameAddr(field(next, 'From') ?? '');
    const named = ['Contact', 'Expires'] as const;
    void this.userAgent.request({
      method: 'REGISTER',
      requestUri: next.start.split(' ')[1] ?? '',
      ...{ to: aor, from: aor, displayName },
      headers: named.flatMap((name) => {
        const value = field(next, name);
        return value === undefined ? [] : [[name, value] as const];
      }),
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Answers an offer inside the dialog as the party does in the flow. */
function handlerOf(flow: Flow, party: string, onEnded = (): void => undefined): SessionHandler {
  const answer = flow.messages.filter(
    (message) =>
      message.from === party && statusOf(message) === 200 && methodOf(message) === 'INVITE',
  );
  return {
    onOffer: () => ({ type: 'answer', sdp: answer.at(-1)?.body ?? '' }),
    onOfferWanted: () => '',
    onAnswer: () => true,
    onEstablished: () => undefined,
    onInfo: () => 200,
    onEnded,
  };
}
