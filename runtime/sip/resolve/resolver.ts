import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { Clock } from '../../core/clock';
import { describeError } from '../../core/errors';
import type { Random } from '../../core/random';
import { lower } from '../message/characters';
import type { Uri } from '../message/uri';
import type { Target, TransportProtocol } from '../transport/port';
import { type Answer, AnswerCache, type AnswerLimits } from './answer-cache';
import {
  type Destination,
  destinationOf,
  noRoute,
  plainName,
  serviceName,
  targetAt,
} from './destination';
import type { DnsClient, NaptrRecord, Resolver, SendableProtocols, SrvRecord } from './port';
import { orderServers } from './srv-order';

export interface ResolverOptions {
  readonly dns: DnsClient;
  readonly clock: Clock;
  readonly random: Random;
  /** By which transports, and to which families of addresses, requests can be sent. */
  readonly sendable: SendableProtocols;
  /** Milliseconds for all questions together. 5 000. */
  readonly timeout?: number;
  /** Milliseconds that answers are kept: 30 000; and failures: 5 000. */
  readonly keep?: number;
  readonly keepFailure?: number;
  /** Answers of each type that are kept. 1 000. */
  readonly maxAnswers?: number;
  /** Questions of each type at once. 256. */
  readonly maxOpen?: number;
  /** Targets of one URI; the rest is left out. 16. */
  readonly maxTargets?: number;
}

const defaultTimeout = 5_000;
const defaultKeep = 30_000;
const defaultKeepFailure = 5_000;
const defaultMaxAnswers = 1_000;
const defaultMaxOpen = 256;
const defaultMaxTargets = 16;
/** Records of one answer that are looked at. */
const maxRecords = 64;
/** SRV names that NAPTR leads to. */
const maxServices = 8;
/** How long an IPv6 address is waited for once there is an IPv4 one: some servers never answer AAAA. */
const secondFamilyDelay = 200;

/** RFC 3263 §4.1, RFC 7118 §5.5; what is not here (SCTP) is not spoken. */
const naptrServices: ReadonlyMap<string, TransportProtocol> = new Map([
  ['sip+d2u', 'UDP'],
  ['sip+d2t', 'TCP'],
  ['sips+d2t', 'TLS'],
  ['sip+d2w', 'WS'],
  ['sips+d2w', 'WSS'],
]);

/** Asked for where neither URI nor NAPTR says which, the first that is offered counts (RFC 3263 §4.1). */
const plainProtocols: readonly TransportProtocol[] = ['UDP', 'TCP', 'TLS'];
const secureProtocols: readonly TransportProtocol[] = ['TLS'];

/** A host and port to look up the addresses of. */
interface Server {
  readonly name: string;
  readonly port: number | undefined;
}

/** Where the requests go, before addresses are known. */
interface Service {
  readonly protocol: TransportProtocol;
  readonly servers: readonly Server[];
  /** SRV records named the servers. */
  readonly found: boolean;
  /** A question that could have led elsewhere had no answer. */
  readonly failure: Error | undefined;
}

/** One server's addresses. */
interface Addresses {
  readonly hosts: readonly string[];
  readonly failure: Error | undefined;
}

/** RFC 3263 §4: from a URI to the addresses, ports and transports to try, in order. */
export class DnsResolver implements Resolver {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly sendable: SendableProtocols;
  private readonly timeout: number;
  private readonly maxTargets: number;
  private readonly naptr: AnswerCache<NaptrRecord>;
  private readonly srv: AnswerCache<SrvRecord>;
  private readonly a: AnswerCache<string>;
  private readonly aaaa: AnswerCache<string>;

  constructor(private readonly options: ResolverOptions) {
    const { dns, clock } = options;
    this.clock = clock;
    this.random = options.random;
    this.sendable = options.sendable;
    this.timeout = options.timeout ?? defaultTimeout;
    this.maxTargets = options.maxTargets ?? defaultMaxTargets;
    const limits: AnswerLimits = {
      timeout: this.timeout,
      keep: options.keep ?? defaultKeep,
      keepFailure: options.keepFailure ?? defaultKeepFailure,
      maxAnswers: options.maxAnswers ?? defaultMaxAnswers,
      maxOpen: options.maxOpen ?? defaultMaxOpen,
      maxRecords,
    };
    this.naptr = new AnswerCache(clock, async (name) => dns.naptr(name), limits);
    this.srv = new AnswerCache(clock, async (name) => dns.srv(name), limits);
    this.a = new AnswerCache(clock, async (name) => dns.a(name), limits);
    this.aaaa = new AnswerCache(clock, async (name) => dns.aaaa(name), limits);
  }

  /** Answers that are kept: for tests and metrics. */
  get answersKept(): number {
    return this.naptr.size + this.srv.size + this.a.size + this.aaaa.size;
  }

  resolve(uri: Uri): readonly Target[] | Promise<readonly Target[]> {
    const destination = destinationOf(uri);
    const { host, port, secure } = destination;
    const family = isIP(host);
    if (family === 0) return this.byName(destination);
    const protocol = destination.protocol ?? this.preferred(secure, family === 6 ? 6 : 4);
    return [targetAt(destination, protocol, host, port)];
  }

  close(): void {
    for (const cache of [this.naptr, this.srv, this.a, this.aaaa]) cache.close();
    this.options.dns.close?.();
  }

  /** Each of the three steps has its share of the time, so that a silent one leaves some to the next. */
  private async byName(destination: Destination): Promise<readonly Target[]> {
    const start = this.clock.now();
    const share = this.timeout / 3;
    const service = await this.serviceOf(destination, start + share, start + 2 * share);
    const { protocol, servers } = service;
    const until = start + this.timeout;
    const all = await Promise.all(
      servers
        .slice(0, this.maxTargets)
        .map(async ({ name }) => this.addressesOf(name, protocol, until)),
    );
    const targets = new Map<string, Target>();
    for (const [index, { hosts }] of all.entries()) {
      for (const host of hosts) {
        if (targets.size >= this.maxTargets) break;
        const target = targetAt(destination, protocol, host, servers[index]?.port);
        const key = `${host} ${target.port}`;
        if (!targets.has(key)) targets.set(key, target);
      }
    }
    if (targets.size > 0) return [...targets.values()];
    const failure = service.failure ?? all.find((one) => one.failure !== undefined)?.failure;
    throw await this.refusal(destination.host, service, failure, until);
  }

  /** RFC 3263 §4.1 and the first half of §4.2. */
  private async serviceOf(
    destination: Destination,
    naptrUntil: number,
    srvUntil: number,
  ): Promise<Service> {
    const { host, port, secure } = destination;
    const direct = (protocol: TransportProtocol, failure?: Error): Service => ({
      protocol,
      servers: [{ name: host, port }],
      found: false,
      failure,
    });
    if (port !== undefined) return direct(destination.protocol ?? this.preferred(secure));
    let failure: Error | undefined;
    if (destination.protocol === undefined) {
      const naptr = await this.within(this.naptr.ask(host), naptrUntil);
      failure = naptr.failure;
      // RFC 3403 §4.1: the first that leads to servers is the one; others are no fall-back for them.
      for (const [protocol, name] of this.applicable(naptr.records, secure)) {
        const srv = await this.within(this.srv.ask(name), srvUntil);
        const servers = this.ordered(srv.records);
        if (servers.length > 0) return { protocol, servers, found: true, failure };
        failure ??= srv.failure;
      }
    }
    const candidates = this.candidates(destination);
    const answers = await Promise.all(
      candidates.map(async (protocol) => ({
        protocol,
        srv: await this.within(this.srv.ask(serviceName(protocol, host)), srvUntil),
      })),
    );
    for (const { protocol, srv } of answers) {
      const servers = this.ordered(srv.records);
      if (servers.length > 0) return { protocol, servers, found: true, failure };
      failure ??= srv.failure;
    }
    const fallback = destination.protocol ?? this.preferred(secure);
    const declined = answers.find(({ protocol }) => protocol === fallback)?.srv.records.length;
    // RFC 2782: a lone record with the target "." says that the service is decidedly not there.
    if (declined !== undefined && declined > 0) {
      throw noRoute(`${host} says that it has no SIP service over ${fallback}`);
    }
    return direct(fallback, failure);
  }

  /** The NAPTR records that we can follow, best first: transport and SRV name. */
  private applicable(
    records: readonly NaptrRecord[],
    secure: boolean,
  ): readonly (readonly [TransportProtocol, string])[] {
    return [...records]
      .sort((x, y) => x.order - y.order || x.preference - y.preference)
      .flatMap(({ flags, service, replacement }) => {
        const protocol = naptrServices.get(lower(service));
        const name = plainName(replacement);
        if (protocol === undefined || lower(flags) !== 's' || name === '') return [];
        // RFC 3263 §4.1: for sips, services without TLS are discarded; for sip, those with it are not.
        if (secure && protocol !== 'TLS' && protocol !== 'WSS') return [];
        return this.sendable(protocol) ? [[protocol, name] as const] : [];
      })
      .slice(0, maxServices);
  }

  private candidates({ protocol, secure }: Destination): readonly TransportProtocol[] {
    if (protocol !== undefined) return [protocol];
    if (secure) return secureProtocols;
    const usable = plainProtocols.filter((one) => this.sendable(one));
    return usable.length > 0 ? usable : ['UDP'];
  }

  /** RFC 3263 §4.1: UDP for sip and TLS for sips where nothing else is said, as far as we have it. */
  private preferred(secure: boolean, family?: 4 | 6): TransportProtocol {
    if (secure) return 'TLS';
    return plainProtocols.find((one) => this.sendable(one, family)) ?? 'UDP';
  }

  private ordered(records: readonly SrvRecord[]): readonly Server[] {
    const usable = records.filter(({ name, port }) => plainName(name) !== '' && port > 0);
    return orderServers(usable, this.random).map(({ name, port }) => ({
      name: plainName(name),
      port,
    }));
  }

  /** IPv4 first: a path over IPv6 that is broken costs the caller half a minute, and many are. */
  private async addressesOf(
    name: string,
    protocol: TransportProtocol,
    until: number,
  ): Promise<Addresses> {
    if (isIP(name) !== 0) return { hosts: [name], failure: undefined };
    const second = this.sendable(protocol, 6) ? this.aaaa.ask(name) : undefined;
    const first = this.sendable(protocol, 4)
      ? await this.within(this.a.ask(name), until)
      : undefined;
    const hosts = first?.records.filter((text) => isIPv4(text)) ?? [];
    if (second === undefined) return { hosts, failure: first?.failure };
    const patience =
      hosts.length > 0 ? Math.min(until, this.clock.now() + secondFamilyDelay) : until;
    const { records, failure } = await this.within(second, patience);
    return {
      hosts: [...hosts, ...records.filter((text) => isIPv6(text))],
      failure: first?.failure ?? failure,
    };
  }

  /** 404 only where the name surely has no address of any kind. */
  private async refusal(
    host: string,
    { protocol, found }: Service,
    failure: Error | undefined,
    until: number,
  ): Promise<Error> {
    if (failure !== undefined) return noRoute(`${host} was not found: ${describeError(failure)}`);
    if (found) return noRoute(`the servers of ${host} have no address that ${protocol} can reach`);
    const [four, six] = await Promise.all([
      this.within(this.a.ask(host), until),
      this.within(this.aaaa.ask(host), until),
    ]);
    const none = (answer: Answer<string>): boolean =>
      answer.failure === undefined && answer.records.length === 0;
    if (none(four) && none(six)) return noRoute(`there is no host ${host}`, 404);
    return noRoute(`${host} has no address that ${protocol} can reach`);
  }

  /** The answer, or a failure when it has not come by then. */
  private within<T>(answer: Answer<T> | Promise<Answer<T>>, until: number): Promise<Answer<T>> {
    if (!(answer instanceof Promise)) return Promise.resolve(answer);
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => {
        resolve({ records: [], failure: new Error('no answer in time') });
      }, until - this.clock.now());
      void answer.then((known) => {
        this.clock.clearTimeout(timer);
        resolve(known);
      });
    });
  }
}

/** The resolver of RFC 3263 over a DNS client. */
export function createResolver(options: ResolverOptions): Resolver {
  return new DnsResolver(options);
}
