import type { CallPlacer } from '../call/placement';
import type { ResolvedConfig } from '../config/resolved';
import { formatAddress } from '../core/address';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import { NetworkList } from '../core/network-range';
import type { Random } from '../core/random';
import { createOutboundGuard, type OutboundGuard } from '../routing/outbound-guard';
import { createRouter } from '../routing/router';
import { DigestAuthenticator } from '../sip/auth/authenticator';
import type { SipRequest } from '../sip/message/message';
import type { Resolver } from '../sip/resolve/port';
import { AddressBook } from '../sip/server/address-of-record';
import { Location } from '../sip/server/location';
import type { BindingChange } from '../sip/server/port';
import { Proxy } from '../sip/server/proxy/proxy';
import { RedirectServer } from '../sip/server/redirect';
import { Registrar } from '../sip/server/registrar';
import { SourceGuard } from '../sip/server/source-guard';
import type { TimerValues } from '../sip/transaction/port';
import { createTransportLayer } from '../sip/transport/layer';
import type {
  Channel,
  DatagramNetwork,
  Listener,
  TransportLayer,
  TransportProtocol,
} from '../sip/transport/port';
import type { IncomingSession, Session } from '../sip/ua/port';
import { UserAgentCore } from '../sip/ua/user-agent';
import { createTrunks } from '../trunk/trunks';
import type { Trunks } from '../trunk/port';
import type { ServiceData } from './data';
import { defaultDomain, Directory } from './directory';
import { Entrance } from './entrance';
import { Gate, type Admission } from './gate';
import { ownHosts } from './own-addresses';
import { Placer } from './placer';
import { SourceWatch } from './source-watch';

export interface SipServiceParts {
  readonly config: ResolvedConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly version: string;
  readonly data: ServiceData;
  readonly resolver: Resolver;
  readonly timers?: TimerValues | undefined;
  readonly datagrams?: DatagramNetwork | undefined;
  /** The names of the flows that are served. */
  readonly isFlow: (name: string) => boolean;
  /** An INVITE that the routes gave to a flow or a gateway, or that none was for. */
  readonly onInvite: (session: IncomingSession, admission: Admission | undefined) => void;
  readonly statusForOptions: (request: SipRequest, admission: Admission | undefined) => number;
  /** Whether whoever sent an INVITE may take the place of a session's peer (RFC 3891 §3). */
  readonly mayReplace: (
    request: SipRequest,
    session: Session,
    admission: Admission | undefined,
  ) => boolean;
}

/** How often a phone pings its connection at least (RFC 5626 §4.4): sooner than translators forget it. */
const flowTimer = 120_000;

/** One line for a phone that comes or goes; refreshes are nothing new. */
function logRegistration(logger: Logger, change: BindingChange): void {
  if (change.type === 'refreshed') return;
  const { aor, contact, source, userAgent } = change.binding;
  const from = `${source.protocol} ${formatAddress(source)}`;
  const fields = { user: aor, contact, from, ...(userAgent === undefined ? {} : { userAgent }) };
  if (change.type === 'removed') {
    logger.info({ ...fields, reason: change.reason }, 'registration ended');
  } else {
    logger.info(fields, 'phone registered');
  }
}

/** How many seconds RFC 4028 counts. */
function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1_000);
}

/** SIP as a whole: the user agent, and the registrar, proxy, redirect server and trunks round it. */
export class SipService {
  readonly userAgent: UserAgentCore;
  readonly location: Location;
  readonly trunks: Trunks;
  readonly placer: CallPlacer;
  private readonly gate: Gate;
  private readonly proxy: Proxy;
  private readonly registrar: Registrar;
  private readonly sources: SourceGuard;
  private readonly outbound: OutboundGuard;
  private readonly entrance: Entrance;
  private transport: TransportLayer | undefined;
  private hosts: ReadonlySet<string> = new Set();
  private readonly forgetRemoved: () => void;

  constructor(private readonly parts: SipServiceParts) {
    const { config, clock, random, logger, data } = parts;
    const realm = config.registrar.domains[0] ?? defaultDomain;
    const addresses = new AddressBook({
      domain: realm,
      isOurs: (host) =>
        host === realm || config.registrar.domains.includes(host) || this.hosts.has(host),
      userOf: (name) => data.users.userOf(name),
    });
    const directory = new Directory({
      addresses,
      domains: config.registrar.domains,
      isOwnHost: (host) => this.hosts.has(host),
      isOwnPort: (port) => this.listeners.some((listener) => listener.port === port),
    });
    this.location = new Location({
      clock,
      logger,
      maxExpires: config.registrar.maxExpires,
      ...(data.bindings === undefined ? {} : { store: data.bindings }),
    });
    const trunkAddresses = new NetworkList(
      Object.values(config.trunks).flatMap((trunk) => trunk.inbound.addresses),
    );
    this.sources = new SourceGuard({
      clock,
      logger,
      ...config.security,
      exempt: (host) => trunkAddresses.has(host),
    });
    // Whoever has registered has proven himself, and is not shut out for what others send in his name.
    this.location.onChange((change) => {
      if (change.type !== 'removed') this.sources.success(change.binding.source);
      logRegistration(logger, change);
    });
    const watch = new SourceWatch(this.sources);
    this.userAgent = this.createUserAgent();
    const services = this.userAgent.elements;
    const authenticator = new DigestAuthenticator({
      clock,
      random,
      realm,
      secrets: data.users,
      nonceLifetime: config.security.nonceLifetime,
      algorithms: config.registrar.algorithms,
    });
    this.proxy = new Proxy(services, {
      ...(data.secret === undefined ? {} : { secret: data.secret }),
    });
    this.registrar = new Registrar({
      services,
      location: this.location,
      addresses,
      ...(config.registrar.authentication === 'none' ? {} : { authenticator }),
      minExpires: config.registrar.minExpires,
      maxExpires: config.registrar.maxExpires,
      defaultExpires: config.registrar.defaultExpires,
      maxContacts: config.registrar.maxContacts,
      flowTimer,
      onFailure: ({ channel, kind, reason }) => {
        watch.failure(channel, `${kind}: ${reason}`);
        return watch.delayFor(channel);
      },
    });
    this.trunks = createTrunks({
      trunks: config.trunks,
      userAgent: this.userAgent,
      services,
      clock,
      random,
      logger,
    });
    this.outbound = createOutboundGuard({ limits: config.outbound, clock, logger });
    this.placer = new Placer({
      directory,
      location: this.location,
      trunks: this.trunks,
      guard: this.outbound,
    });
    this.gate = new Gate({
      services,
      router: createRouter({
        routes: config.routes,
        defaultFlow: config.flows.default,
        isFlow: parts.isFlow,
        isUser: (name) => data.users.userOf(name) !== undefined,
        hasUsers: () => data.users.size > 0,
        trunksThatLogIn: Object.entries(config.trunks)
          .filter(([, trunk]) => trunk.inbound.username !== undefined)
          .map(([name]) => name),
        claimsToBeOurs: (from) => directory.isLocal(from),
      }),
      directory,
      location: this.location,
      authenticator,
      callers: {
        trunks: this.trunks,
        authenticator,
        aorOfUser: (username) => directory.userNamed(username),
      },
      proxy: this.proxy,
      redirect: new RedirectServer(services),
      registrar: this.registrar,
      outbound: this.outbound,
      judge: watch,
    });
    this.entrance = new Entrance({
      clock,
      guard: watch,
      inner: this.userAgent,
      isKnown: (request, channel) =>
        this.userAgent.knows(request) || this.proxy.isInDialog(request, channel),
      onFlowClosed: (flow) => {
        this.location.onFlowClosed(flow);
        this.trunks.onFlowClosed?.(flow);
      },
      ...(config.security.strangers === 'ignore'
        ? { ignores: (request, channel) => this.gate.ignores(request, channel) }
        : {}),
    });
    this.forgetRemoved = data.users.onRemoved((username) => {
      this.location.removeAll(addresses.addressOfUser(username));
    });
  }

  get listeners(): readonly Listener[] {
    return this.transport?.listeners ?? [];
  }

  /** What the calls and the transport have open beside the user agent, for leak checks. */
  get open(): { readonly forwarded: number; readonly outboundCalls: number } {
    return { forwarded: this.proxy.open, outboundCalls: this.outbound.open };
  }

  /** From now on requests are taken, and the trunks register. */
  async listen(): Promise<void> {
    const { config, clock, random, datagrams } = this.parts;
    const { sip } = config;
    this.location.load();
    for (const { source } of this.location.all()) this.sources.success(source);
    this.transport = await createTransportLayer({
      clock,
      random,
      handler: this.entrance,
      listen: sip.listen,
      externalAddress: sip.externalAddress,
      localNetworks: sip.localNetworks,
      tls: sip.tls,
      admit: ({ host }) => this.sources.admit(host),
      ...(datagrams === undefined ? {} : { network: datagrams }),
    });
    this.hosts = ownHosts(this.transport.listeners, sip.externalAddress);
    this.userAgent.attach(this.transport);
    this.trunks.start();
  }

  /** Whether requests can be sent by this protocol to this family of addresses. */
  serves(protocol: TransportProtocol, family?: 4 | 6): boolean {
    const { transport } = this;
    if (transport === undefined) return false;
    if (family !== undefined) return transport.serves(protocol, family);
    return transport.serves(protocol, 4) || transport.serves(protocol, 6);
  }

  /** The address that Contact and SDP name to the peer of a channel. */
  announcedHost(channel: Channel): string | undefined {
    return this.transport?.contactAddress(channel).host;
  }

  /** Certificates and keys are read again; rejects when they cannot be used, and goes on with the old ones. */
  async reload(): Promise<void> {
    await this.transport?.reloadCertificates();
  }

  /** New calls get 503 from now on. */
  drain(): void {
    this.gate.drain();
    this.userAgent.drain();
  }

  async close(): Promise<void> {
    this.forgetRemoved();
    await this.trunks.close();
    await this.userAgent.close();
    this.gate.close();
    this.registrar.close();
    this.proxy.close();
    this.outbound.close();
    this.sources.close();
    this.location.close();
    this.parts.resolver.close();
    await this.transport?.close();
  }

  private createUserAgent(): UserAgentCore {
    const { config, clock, random, logger, version, timers, resolver } = this.parts;
    return new UserAgentCore({
      clock,
      random,
      logger,
      resolver,
      ...(timers === undefined ? {} : { timers }),
      options: {
        product: `Callchart/${version}`,
        domains: config.registrar.domains,
        maxCalls: config.sip.maxCalls,
        ringTimeout: config.sip.ringTimeout,
        sessionExpires: seconds(config.sip.sessionExpires),
        minSessionExpires: seconds(config.sip.minSessionExpires),
      },
      gate: {
        onRequest: (transaction, target, channel) =>
          this.gate.onRequest(transaction, target, channel),
        onAck: (ack, channel) => this.gate.onAck(ack, channel),
      },
      handler: {
        onInvite: (session) => this.parts.onInvite(session, this.gate.admissionOf(session.request)),
        mayReplace: (request, session) =>
          this.parts.mayReplace(request, session, this.gate.admissionOf(request)),
        statusForOptions: (request) =>
          this.parts.statusForOptions(request, this.gate.admissionOf(request)),
      },
    });
  }
}
