import type { Clock } from '../../../runtime/core/clock';
import { formatAddress, type NetworkAddress } from '../../../runtime/core/address';
import { SeededRandom } from '../../../runtime/core/random';
import { createTransportLayer } from '../../../runtime/sip/transport/layer';
import type { TransportLayer } from '../../../runtime/sip/transport/port';
import type {
  IncomingSession,
  InviteOptions,
  OutgoingSession,
  SessionEnd,
  SessionHandler,
} from '../../../runtime/sip/ua/port';
import { Registration } from '../../../runtime/sip/ua/registration';
import { UserAgentCore } from '../../../runtime/sip/ua/user-agent';
import type { SimulatedNetwork } from '../../support/simulated-network';

export interface NetworkPhoneOptions {
  readonly clock: Clock;
  readonly network: SimulatedNetwork;
  readonly host: string;
  readonly seed?: number;
  readonly user: string;
  readonly password?: string;
  readonly domain: string;
  /** Where it registers, and sends its calls. */
  readonly server: NetworkAddress;
  /** What it does when it is called; busy when absent. */
  readonly onInvite?: (session: IncomingSession, leg: Leg) => void;
}

/** What one end of a call has seen of it. */
export interface Leg {
  readonly callId: string;
  established: boolean;
  /** Milliseconds since the epoch; Infinity for what has not happened. */
  establishedAt: number;
  endedAt: number;
  end: SessionEnd | undefined;
  readonly progress: number[];
}

export const anySdp = [
  ...['v=0', 'o=phone 1 1 IN IP4 10.9.9.9', 's=-', 'c=IN IP4 10.9.9.9', 't=0 0'],
  ...['m=audio 40000 RTP/AVP 0', ''],
].join('\r\n');

/** A telephone without media: it registers, calls through its server, and is called. */
export class NetworkPhone {
  /** Calls that came here. */
  readonly taken: Leg[] = [];
  private registration_: Registration | undefined;

  private constructor(
    readonly options: NetworkPhoneOptions,
    readonly agent: UserAgentCore,
    private readonly transport: TransportLayer,
  ) {}

  static async open(options: NetworkPhoneOptions): Promise<NetworkPhone> {
    const { clock, network, host, seed = 1 } = options;
    const random = new SeededRandom(seed * 7_919 + Number(host.split('.').at(-1)));
    const agent: UserAgentCore = new UserAgentCore({
      ...{ clock, random },
      options: { sessionExpires: 0, ringTimeout: 60_000, product: 'phone' },
      handler: {
        onInvite: (session) => {
          const leg = newLeg(session.callId);
          phone.taken.push(leg);
          session.handler = handlerOf(leg, clock);
          if (options.onInvite === undefined) session.reject(486);
          else options.onInvite(session, leg);
        },
      },
    });
    const transport = await createTransportLayer({
      ...{ clock, random, network, handler: agent },
      listen: [{ protocol: 'UDP', host, port: 5060 }],
    });
    agent.attach(transport);
    const phone = new NetworkPhone(options, agent, transport);
    return phone;
  }

  get aor(): string {
    const { user, domain } = this.options;
    return `sip:${user}@${domain}`;
  }

  get registration(): Registration {
    if (this.registration_ === undefined) throw new Error('it does not register');
    return this.registration_;
  }

  /** @param expires milliseconds */
  register(expires: number, password = this.options.password ?? ''): Registration {
    const { server, user, domain } = this.options;
    this.registration_ = new Registration(this.agent.elements, {
      aor: this.aor,
      registrar: `sip:${domain}`,
      routes: [`<sip:${formatAddress(server)};lr>`],
      credentials: [{ username: user, password }],
      expires,
    });
    this.registration_.start();
    return this.registration_;
  }

  /** Calls somebody through its server. */
  call(
    to: string,
    options: Partial<InviteOptions> = {},
  ): { readonly session: OutgoingSession; readonly leg: Leg } {
    const { server, user, password } = this.options;
    const leg = newLeg('');
    const session = this.agent.invite({
      to,
      from: this.aor,
      sdp: anySdp,
      routes: [`<sip:${formatAddress(server)};lr>`],
      ...(password === undefined ? {} : { credentials: [{ username: user, password }] }),
      handler: handlerOf(leg, this.options.clock),
      ...options,
    });
    return { session, leg: Object.assign(leg, { callId: session.callId }) };
  }

  /** Takes its binding back, if it has one. */
  async unregister(): Promise<void> {
    await this.registration_?.close();
  }

  async close(): Promise<void> {
    await this.unregister();
    await this.agent.close();
    await this.transport.close();
  }
}

function newLeg(callId: string): Leg {
  return {
    callId,
    established: false,
    establishedAt: Infinity,
    endedAt: Infinity,
    end: undefined,
    progress: [],
  };
}

function handlerOf(leg: Leg, clock: Clock): SessionHandler {
  return {
    onOffer: () => ({ type: 'answer', sdp: anySdp }),
    onOfferWanted: () => anySdp,
    onAnswer: () => true,
    onProgress: (status) => leg.progress.push(status),
    onEstablished: () => {
      leg.established = true;
      leg.establishedAt = clock.now();
    },
    onInfo: () => 200,
    onEnded: (end) => {
      if (leg.end !== undefined) throw new Error('ended twice');
      leg.end = end;
      leg.endedAt = clock.now();
    },
  };
}
