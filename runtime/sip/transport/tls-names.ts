import type { PeerCertificate } from 'node:tls';
import { CallchartError } from '../../core/errors';
import { parseUri } from '../message/uri';
import { canonicalHost } from './local-addresses';

/**
 * Whom a certificate speaks for (RFC 5922 §7.1): the domains of its sip: URIs without a user, its DNS
 * names, its addresses, all lower-case; its common name only when it has no alternative names at all.
 */
export function certificateNames(certificate: PeerCertificate): readonly string[] {
  const { subjectaltname } = certificate;
  if (subjectaltname === undefined || subjectaltname === '') {
    // A certificate without a subject has none of its members, whatever the types say.
    const { subject } = certificate as Partial<PeerCertificate>;
    const name: unknown = subject?.CN;
    return typeof name === 'string' ? [name.toLowerCase()] : [];
  }
  const names = new Set<string>();
  for (const [type, value] of alternatives(subjectaltname)) {
    if (type === 'DNS' || type === 'IP Address') names.add(canonicalHost(value));
    else if (type === 'URI') {
      const domain = sipDomain(value);
      if (domain !== undefined) names.add(domain);
    }
  }
  return [...names];
}

/**
 * What is wrong with the certificate of the server that stands for `name`, if anything. RFC 5922 §7.2:
 * names are equal or not, whatever their case; a wildcard matches nothing.
 */
export function checkServerName(
  name: string,
  certificate: PeerCertificate,
): CallchartError | undefined {
  const names = certificateNames(certificate);
  if (names.includes(canonicalHost(name))) return undefined;
  return new CallchartError(
    'CALLCHART_TLS_SERVER_NAME',
    `the certificate of ${name} is for ${names.join(', ') || 'nobody'}`,
    { status: 503 },
  );
}

/** The pairs of Node's `DNS:a.example, URI:sip:b.example, URI:"sip:odd, one"`. */
function* alternatives(text: string): Generator<readonly [type: string, value: string]> {
  for (const [, type = '', value = ''] of text.matchAll(
    /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g,
  )) {
    if (!value.startsWith('"')) yield [type, value];
    else {
      try {
        yield [type, String(JSON.parse(value))];
      } catch {
        // Not a name of any kind that is understood.
      }
    }
  }
}

function sipDomain(uri: string): string | undefined {
  try {
    const parsed = parseUri(uri);
    return parsed.scheme === 'sip' && parsed.user === undefined ? parsed.host : undefined;
  } catch {
    return undefined;
  }
}
