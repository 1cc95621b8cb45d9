import { checkRoutes } from './check-routes';
import { needsCertificate } from './listener';
import type { ConfigOrigin } from './origin';
import { eventsProblems } from './resolve-events';
import type { ResolvedConfig } from './resolved';
import { passwordVariable } from './resolve-network';

/** What is wrong between settings each of which is right by itself, a line each. */
export function crossChecks(
  config: ResolvedConfig,
  { purpose = 'server' }: Pick<ConfigOrigin, 'purpose'>,
): string[] {
  return [
    ...(purpose === 'server' ? secretProblems(config) : []),
    ...(purpose === 'server' ? eventsProblems(config.events) : []),
    ...registrarProblems(config),
    ...Object.entries(config.trunks).flatMap(([name, trunk]) => trunkProblems(name, trunk)),
    ...inboundUserProblems(config),
    ...checkRoutes(config.routes, { trunks: Object.keys(config.trunks) }),
  ];
}

/** What may come from the environment and has come from nowhere. */
function secretProblems(config: ResolvedConfig): string[] {
  const problems = tlsProblems(config);
  for (const [name, { username, password }] of Object.entries(config.trunks)) {
    if (username === undefined || password !== undefined) continue;
    problems.push(
      `trunks.${name}.password: is missing: set it, or ${passwordVariable(name)} in the environment`,
    );
  }
  return problems;
}

function tlsProblems({ sip }: ResolvedConfig): string[] {
  const { certificate, key } = sip.tls;
  const problems: string[] = [];
  sip.listen.forEach(({ protocol }, index) => {
    if (needsCertificate(protocol) && (certificate === undefined || key === undefined)) {
      problems.push(
        `sip.listen[${index}]: ${protocol.toLowerCase()}: needs a certificate: set sip.tls.certificate and sip.tls.key`,
      );
    }
  });
  if ((certificate === undefined) !== (key === undefined)) {
    const missing = certificate === undefined ? 'certificate' : 'key';
    problems.push(`sip.tls.${missing}: is missing: certificate and key belong together`);
  }
  return problems;
}

function registrarProblems({ registrar }: ResolvedConfig): string[] {
  const { minExpires, defaultExpires, maxExpires } = registrar;
  if (minExpires > maxExpires) {
    return [`registrar.minExpires: must not be more than maxExpires (${maxExpires})`];
  }
  if (defaultExpires < minExpires || defaultExpires > maxExpires) {
    return [
      `registrar.defaultExpires: must be from minExpires (${minExpires}) to maxExpires (${maxExpires})`,
    ];
  }
  return [];
}

function trunkProblems(name: string, trunk: ResolvedConfig['trunks'][string]): string[] {
  const problems: string[] = [];
  const { register, username } = trunk;
  if (register !== false && (register.user ?? username) === undefined) {
    problems.push(
      `trunks.${name}.register: needs a user: set username, or register: { user: "…" }`,
    );
  }
  for (const direction of ['outbound', 'inbound'] as const) {
    const { format, country } = trunk.numbers[direction];
    if ((format === 'e164' || format === 'national') && country === undefined) {
      problems.push(
        `trunks.${name}.numbers.${direction}.country: is missing: "${format}" needs the country code, such as "49"`,
      );
    }
  }
  return problems;
}

/** Two trunks that log in as one user could not be told apart. */
function inboundUserProblems({ trunks }: ResolvedConfig): string[] {
  const owners = new Map<string, string>();
  return Object.entries(trunks).flatMap(([name, { inbound }]) => {
    if (inbound.username === undefined) return [];
    const other = owners.get(inbound.username);
    owners.set(inbound.username, name);
    return other === undefined
      ? []
      : [`trunks.${name}.inbound.username: is that of the trunk ${other}, too`];
  });
}
