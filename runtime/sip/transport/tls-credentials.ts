import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { CallchartError, describeError, type ErrorCode } from '../../core/errors';

/** A certificate (with its chain, the own one first) and its key: PEM texts, or paths of PEM files. */
export interface TlsCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** How we show who we are, and what we believe of others. Each text is PEM or the path of a PEM file. */
export interface TlsOptions {
  /** For listeners of TLS and WSS, and for servers that ask us who we are. With {@link key}. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** Certificates for further names, chosen by SNI; `*.example.com` stands for one label. */
  readonly names?: Readonly<Record<string, TlsCertificate>> | undefined;
  /** Authorities, instead of the system's. */
  readonly ca?: string | undefined;
  /** Whether the certificates of servers that we connect to are verified: true. */
  readonly verify?: boolean | undefined;
  /**
   * Certificates of clients: not asked for (the default); a client may have none, but one that does not
   * verify is refused; or each must show one that verifies.
   */
  readonly clientCertificates?: 'off' | 'optional' | 'required' | undefined;
}

/** What was read of {@link TlsOptions}. */
export interface TlsCredentials {
  readonly options: TlsOptions;
  /** PEM texts for `tls.createServer`; undefined without a certificate of our own. */
  readonly own: { readonly cert: string; readonly key: string } | undefined;
  readonly ca: string | undefined;
  /** By name, lower case. */
  readonly named: ReadonlyMap<string, SecureContext>;
  readonly client: SecureContext;
}

/**
 * Reads all files and checks that they can be used. Rejects with `CALLCHART_TLS_FILE`,
 * `CALLCHART_TLS_CERTIFICATE`, `CALLCHART_TLS_KEY` or `CALLCHART_TLS_CA`.
 */
export async function loadTls(options: TlsOptions): Promise<TlsCredentials> {
  const ca = options.ca === undefined ? undefined : await readAuthorities(options.ca);
  const { certificate, key } = options;
  let own: TlsCredentials['own'];
  if (certificate !== undefined && key !== undefined) own = await readPair({ certificate, key });
  else if (certificate !== undefined || key !== undefined) {
    const [there, missing] = key === undefined ? ['certificate', 'key'] : ['key', 'certificate'];
    throw new CallchartError(
      key === undefined ? 'CALLCHART_TLS_KEY' : 'CALLCHART_TLS_CERTIFICATE',
      `the TLS ${there} has no ${missing}: name the ${missing} that belongs to it, too`,
    );
  }
  const named = new Map<string, SecureContext>();
  for (const [name, pair] of Object.entries(options.names ?? {})) {
    named.set(name.toLowerCase(), contextOf(await readPair(pair), ca));
  }
  return { options, own, ca, named, client: contextOf(own, ca) };
}

/** No certificate, and the system's authorities. */
export function noTls(): TlsCredentials {
  const client = contextOf(undefined, undefined);
  return { options: {}, own: undefined, ca: undefined, named: new Map(), client };
}

/** The certificate for a name that a client asks for, or undefined for the default one. */
export function contextFor(credentials: TlsCredentials, name: string): SecureContext | undefined {
  const asked = name.toLowerCase();
  const parent = asked.indexOf('.');
  const { named } = credentials;
  return named.get(asked) ?? (parent < 0 ? undefined : named.get(`*${asked.slice(parent)}`));
}

function contextOf(own: TlsCredentials['own'], ca: string | undefined): SecureContext {
  return createSecureContext({ ...own, ...(ca === undefined ? {} : { ca }) });
}

async function readPair(pair: TlsCertificate): Promise<{ cert: string; key: string }> {
  const cert = await readPem(pair.certificate, 'certificate');
  const key = await readPem(pair.key, 'key');
  const certName = nameOf(pair.certificate, 'the TLS certificate');
  const keyName = nameOf(pair.key, 'the TLS key');
  const parsed = attempt(
    'CALLCHART_TLS_CERTIFICATE',
    () => new X509Certificate(cert),
    (why) =>
      `${certName} is not a certificate in PEM (${why}): name the file that begins with -----BEGIN CERTIFICATE-----`,
  );
  const secret = attempt(
    'CALLCHART_TLS_KEY',
    () => createPrivateKey(key),
    (why) =>
      `${keyName} is not a private key in PEM without a passphrase (${why}): name the certificate's own key`,
  );
  if (!parsed.checkPrivateKey(secret)) {
    throw new CallchartError(
      'CALLCHART_TLS_KEY',
      `${keyName} is not the key of ${certName}: name the one that the certificate was made with`,
    );
  }
  // The rest of the chain, and what OpenSSL thinks of it all: a key too short, say.
  attempt(
    'CALLCHART_TLS_CERTIFICATE',
    () => createSecureContext({ cert, key }),
    (why) => `${certName} cannot be used (${why}): make a new one, its chain behind it`,
  );
  return { cert, key };
}

async function readAuthorities(ca: string): Promise<string> {
  const text = await readPem(ca, 'ca');
  attempt(
    'CALLCHART_TLS_CA',
    () => new X509Certificate(text),
    (why) =>
      `${nameOf(ca, 'the TLS ca')} holds no certificate in PEM (${why}): name a file of authorities`,
  );
  return text;
}

/** The text itself, or that of the file which it names. */
async function readPem(textOrPath: string, what: string): Promise<string> {
  if (isPem(textOrPath)) return textOrPath;
  try {
    return await readFile(textOrPath, 'utf8');
  } catch (cause) {
    throw new CallchartError(
      'CALLCHART_TLS_FILE',
      `the TLS ${what} ${textOrPath} cannot be read (${describeError(cause)}): correct its path, or let this user read it`,
      { cause },
    );
  }
}

function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

/** The path, for messages; PEM texts, keys above all, are never shown. */
function nameOf(textOrPath: string, otherwise: string): string {
  return isPem(textOrPath) ? otherwise : textOrPath;
}

function attempt<T>(code: ErrorCode, make: () => T, describe: (why: string) => string): T {
  try {
    return make();
  } catch (cause) {
    throw new CallchartError(code, describe(describeError(cause)), { cause });
  }
}
