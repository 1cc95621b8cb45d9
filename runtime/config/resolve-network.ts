import type {
  OutboundConfig,
  RegistrarConfig,
  SecurityConfig,
  TlsConfig,
  TrunkConfig,
} from '../core/network-config';
import type { OutboundLimits, TrunkSettings } from '../core/network-settings';
import type { ResolvedConfig, ResolvedTls } from './resolved';

type Environment = Readonly<Record<string, string | undefined>>;

/** Files become absolute; those of the environment outrank the configuration's. */
export function resolveTls(
  tls: TlsConfig,
  path: (name: string) => string,
  environment: Environment,
): ResolvedTls {
  const certificate = given(environment['CALLCHART_TLS_CERTIFICATE']) ?? tls.certificate;
  const key = given(environment['CALLCHART_TLS_KEY']) ?? tls.key;
  const names = Object.entries(tls.names ?? {}).map(([name, files]) => [
    name.toLowerCase(),
    { certificate: path(files.certificate), key: path(files.key) },
  ]);
  return {
    ...(certificate === undefined ? {} : { certificate: path(certificate) }),
    ...(key === undefined ? {} : { key: path(key) }),
    ...(tls.ca === undefined ? {} : { ca: path(tls.ca) }),
    names: Object.fromEntries(names) as ResolvedTls['names'],
    verify: tls.verify ?? true,
    clientCertificates: tls.clientCertificates ?? 'off',
  };
}

export function resolveRegistrar(registrar: RegistrarConfig): ResolvedConfig['registrar'] {
  const maxExpires = registrar.maxExpires ?? 3_600_000;
  const minExpires = registrar.minExpires ?? Math.min(60_000, maxExpires);
  return {
    domains: (registrar.domains ?? []).map((domain) => domain.toLowerCase()),
    minExpires,
    maxExpires,
    defaultExpires:
      registrar.defaultExpires ?? Math.max(minExpires, Math.min(3_600_000, maxExpires)),
    maxContacts: registrar.maxContacts ?? 10,
    authentication: registrar.authentication ?? 'digest',
    algorithms: registrar.algorithms ?? ['MD5'],
  };
}

/** `CALLCHART_TRUNK_MY_CARRIER_PASSWORD` for the trunk `my-carrier`. */
export function passwordVariable(trunk: string): string {
  return `CALLCHART_TRUNK_${trunk.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_PASSWORD`;
}

export function resolveTrunk(
  name: string,
  trunk: TrunkConfig,
  environment: Environment,
): TrunkSettings {
  const { register = false, inbound = {}, callerId = {}, numbers = {} } = trunk;
  return {
    servers: typeof trunk.servers === 'string' ? [trunk.servers] : trunk.servers,
    register:
      register === false
        ? false
        : {
            user: register === true ? undefined : register.user,
            expires: (register === true ? undefined : register.expires) ?? 3_600_000,
          },
    username: trunk.username,
    password: given(environment[passwordVariable(name)]) ?? trunk.password,
    realm: trunk.realm,
    inbound: { addresses: inbound.addresses ?? [], username: inbound.username },
    callerId: {
      number: callerId.number,
      displayName: callerId.displayName,
      in: callerId.in ?? 'both',
      domain: callerId.domain,
      diversion: callerId.diversion ?? 'diversion',
    },
    numbers: { outbound: numbers.outbound ?? {}, inbound: numbers.inbound ?? {} },
    qualify: trunk.qualify ?? 30_000,
    maxCalls: trunk.maxCalls,
    maxCallRate: trunk.maxCallRate,
    codecs: trunk.codecs,
    srtp: trunk.srtp,
    headers: trunk.headers ?? {},
  };
}

export function resolveOutbound(outbound: OutboundConfig): OutboundLimits {
  return {
    allow: outbound.allow,
    deny: outbound.deny ?? [],
    hosts: outbound.hosts ?? [],
    maxCalls: outbound.maxCalls ?? 50,
    maxCallsPerMinute: outbound.maxCallsPerMinute ?? 60,
    maxCallsPerDay: outbound.maxCallsPerDay ?? 5_000,
    maxCallsPerCaller: outbound.maxCallsPerCaller ?? 10,
  };
}

export function resolveSecurity(security: SecurityConfig): Required<SecurityConfig> {
  return {
    maxRequestsPerSecond: security.maxRequestsPerSecond ?? 200,
    maxFailures: security.maxFailures ?? 10,
    failureWindow: security.failureWindow ?? 60_000,
    banTime: security.banTime ?? 600_000,
    trusted: security.trusted ?? [],
    nonceLifetime: security.nonceLifetime ?? 300_000,
    strangers: security.strangers ?? 'reply',
  };
}

/** A variable that is set to nothing is not set. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
