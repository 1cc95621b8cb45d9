import { ByteReader, listOf, number, numbersOf, vector } from './bytes';
import { DTLS_1_0, DTLS_1_2 } from './record';

/** Handshake messages (RFC 5246 §7.4, RFC 6347 §4.3.2). */
export const MESSAGE = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

/** Ephemeral keys on curves, AES-128-GCM, SHA-256 (RFC 5289 §3.2); by the kind of the server's certificate. */
export const CIPHER_SUITES = { ecdsa: 0xc02b, rsa: 0xc02f } as const;

const EXTENSION = {
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;

/** Those of our hello: the only ones that may come back. */
const OFFERED: ReadonlySet<number> = new Set(Object.values(EXTENSION));

const NOTHING = new Uint8Array(0);

/** RFC 5746 §3.3: what stands for an empty renegotiation_info. */
const RENEGOTIATION_SCSV = 0x00ff;

export const RANDOM_SIZE = 32;

export interface ClientHello {
  /** The highest that the client speaks; versions count down (RFC 6347 §4.1). */
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cookie: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly groups: readonly number[];
  readonly signatureSchemes: readonly number[];
  /** RFC 5764 §4.1.2; empty when the client does not want SRTP. */
  readonly srtpProfiles: readonly number[];
  readonly extendedMasterSecret: boolean;
  readonly renegotiationInfo: boolean;
  /** It speaks of a handshake before (RFC 5746 §3.6). */
  readonly renegotiates: boolean;
}

export interface ServerHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly cipherSuite: number;
  readonly srtpProfile: number | undefined;
  /** A master key identifier that we did not ask for (RFC 5764 §4.1.3). */
  readonly keyIdentifier: boolean;
  readonly extendedMasterSecret: boolean;
  /** It speaks of a handshake before (RFC 5746 §3.4). */
  readonly renegotiates: boolean;
  /** It has an extension that we did not offer. */
  readonly unasked: boolean;
}

export function writeClientHello(
  hello: Omit<ClientHello, 'version' | 'sessionId' | 'renegotiationInfo' | 'renegotiates'>,
): Buffer {
  return Buffer.concat([
    number(2, DTLS_1_2),
    hello.random,
    vector(1),
    vector(1, hello.cookie),
    vector(2, listOf(hello.cipherSuites)),
    vector(1, number(1, 0)),
    vector(
      2,
      extension(EXTENSION.supportedGroups, vector(2, listOf(hello.groups))),
      extension(EXTENSION.pointFormats, vector(1, number(1, 0))),
      extension(EXTENSION.signatureAlgorithms, vector(2, listOf(hello.signatureSchemes))),
      extension(EXTENSION.useSrtp, vector(2, listOf(hello.srtpProfiles)), vector(1)),
      extension(EXTENSION.extendedMasterSecret),
      extension(EXTENSION.renegotiationInfo, vector(1)),
    ),
  ]);
}

export function readClientHello(body: Uint8Array): ClientHello | undefined {
  const reader = new ByteReader(body);
  const version = reader.number(2);
  const random = reader.bytes(RANDOM_SIZE);
  const sessionId = reader.vector(1);
  const cookie = reader.vector(1);
  const cipherSuites = numbersOf(reader.vector(2));
  const compressions = reader.vector(1);
  const extensions = readExtensions(reader);
  if (!reader.complete || version >>> 8 !== 0xfe || !compressions.includes(0)) return undefined;
  return {
    version,
    random,
    sessionId,
    cookie,
    cipherSuites,
    groups: listIn(extensions.get(EXTENSION.supportedGroups)),
    signatureSchemes: listIn(extensions.get(EXTENSION.signatureAlgorithms)),
    srtpProfiles: readUseSrtp(extensions.get(EXTENSION.useSrtp)).profiles,
    extendedMasterSecret: extensions.has(EXTENSION.extendedMasterSecret),
    renegotiationInfo:
      extensions.has(EXTENSION.renegotiationInfo) || cipherSuites.includes(RENEGOTIATION_SCSV),
    renegotiates: renegotiates(extensions),
  };
}

export function writeServerHello(
  hello: Pick<ServerHello, 'random' | 'cipherSuite' | 'srtpProfile' | 'extendedMasterSecret'> & {
    readonly renegotiationInfo: boolean;
  },
): Buffer {
  const { srtpProfile } = hello;
  const extensions = [
    ...(hello.renegotiationInfo ? [extension(EXTENSION.renegotiationInfo, vector(1))] : []),
    ...(hello.extendedMasterSecret ? [extension(EXTENSION.extendedMasterSecret)] : []),
    ...(srtpProfile === undefined
      ? []
      : [extension(EXTENSION.useSrtp, vector(2, listOf([srtpProfile])), vector(1))]),
    extension(EXTENSION.pointFormats, vector(1, number(1, 0))),
  ];
  return Buffer.concat([
    number(2, DTLS_1_2),
    hello.random,
    vector(1),
    number(2, hello.cipherSuite),
    number(1, 0),
    vector(2, ...extensions),
  ]);
}

export function readServerHello(body: Uint8Array): ServerHello | undefined {
  const reader = new ByteReader(body);
  const version = reader.number(2);
  const random = reader.bytes(RANDOM_SIZE);
  reader.vector(1);
  const cipherSuite = reader.number(2);
  const compression = reader.number(1);
  const extensions = readExtensions(reader);
  if (!reader.complete || compression !== 0) return undefined;
  const { profiles, identifier } = readUseSrtp(extensions.get(EXTENSION.useSrtp));
  return {
    version,
    random,
    cipherSuite,
    // RFC 5764 §4.1.1: the server names exactly one.
    srtpProfile: profiles.length === 1 ? profiles[0] : undefined,
    keyIdentifier: identifier.length > 0,
    extendedMasterSecret: extensions.has(EXTENSION.extendedMasterSecret),
    renegotiates: renegotiates(extensions),
    unasked: [...extensions.keys()].some((type) => !OFFERED.has(type)),
  };
}

export function writeHelloVerifyRequest(cookie: Uint8Array): Buffer {
  return Buffer.concat([number(2, DTLS_1_0), vector(1, cookie)]);
}

export function readHelloVerifyRequest(body: Uint8Array): Uint8Array | undefined {
  const reader = new ByteReader(body);
  reader.number(2);
  const cookie = reader.vector(1);
  return reader.complete ? cookie : undefined;
}

export function writeCertificate(certificate: Uint8Array): Buffer {
  return vector(3, vector(3, certificate));
}

/** The first of the list, which is the peer's own; undefined when there is none. */
export function readCertificate(body: Uint8Array): Uint8Array | undefined {
  const reader = new ByteReader(body);
  const list = new ByteReader(reader.vector(3));
  const certificate = list.vector(3);
  return reader.complete && !list.failed && certificate.length > 0 ? certificate : undefined;
}

/** Group and key of a ServerKeyExchange (RFC 8422 §5.4): what its signature covers besides the randoms. */
export function writeKeyParameters(group: number, publicKey: Uint8Array): Buffer {
  return Buffer.concat([number(1, NAMED_CURVE), number(2, group), vector(1, publicKey)]);
}

const NAMED_CURVE = 3;

export interface ServerKeyExchange {
  readonly group: number;
  readonly publicKey: Uint8Array;
  readonly scheme: number;
  readonly signature: Uint8Array;
}

export function readServerKeyExchange(body: Uint8Array): ServerKeyExchange | undefined {
  const reader = new ByteReader(body);
  const type = reader.number(1);
  const group = reader.number(2);
  const publicKey = reader.vector(1);
  const scheme = reader.number(2);
  const signature = reader.vector(2);
  if (!reader.complete || type !== NAMED_CURVE) return undefined;
  return { group, publicKey, scheme, signature };
}

/** For certificates of either kind of key (RFC 5246 §7.4.4: ecdsa_sign, rsa_sign). */
export function writeCertificateRequest(schemes: readonly number[]): Buffer {
  return Buffer.concat([
    vector(1, number(1, 64), number(1, 1)),
    vector(2, listOf(schemes)),
    vector(2),
  ]);
}

/** The schemes that the server can verify. */
export function readCertificateRequest(body: Uint8Array): readonly number[] | undefined {
  const reader = new ByteReader(body);
  reader.vector(1);
  const schemes = numbersOf(reader.vector(2));
  reader.vector(2);
  return reader.complete ? schemes : undefined;
}

export function writeSignature(scheme: number, signature: Uint8Array): Buffer {
  return Buffer.concat([number(2, scheme), vector(2, signature)]);
}

export function readSignature(
  body: Uint8Array,
): { readonly scheme: number; readonly signature: Uint8Array } | undefined {
  const reader = new ByteReader(body);
  const scheme = reader.number(2);
  const signature = reader.vector(2);
  return reader.complete ? { scheme, signature } : undefined;
}

export function readClientKeyExchange(body: Uint8Array): Uint8Array | undefined {
  const reader = new ByteReader(body);
  const publicKey = reader.vector(1);
  return reader.complete ? publicKey : undefined;
}

function extension(type: number, ...contents: readonly Uint8Array[]): Buffer {
  return Buffer.concat([number(2, type), vector(2, ...contents)]);
}

function readExtensions(reader: ByteReader): Map<number, Uint8Array> {
  const extensions = new Map<number, Uint8Array>();
  // RFC 5246 §7.4.1.3: without any, their length may be missing too.
  if (reader.left === 0) return extensions;
  const list = new ByteReader(reader.vector(2));
  while (list.left > 0) {
    const type = list.number(2);
    // RFC 5246 §7.4.1.4: each type once.
    if (extensions.has(type)) list.failed = true;
    extensions.set(type, list.vector(2));
  }
  if (list.failed) reader.failed = true;
  return extensions;
}

/** RFC 5764 §4.1.1: profiles, then a master key identifier; nothing when it is malformed. */
function readUseSrtp(content: Uint8Array | undefined): {
  readonly profiles: readonly number[];
  readonly identifier: Uint8Array;
} {
  const reader = new ByteReader(content ?? NOTHING);
  const profiles = numbersOf(reader.vector(2));
  const identifier = reader.vector(1);
  return reader.complete ? { profiles, identifier } : { profiles: [], identifier: NOTHING };
}

/** RFC 5746 §3.4, §3.6: in a first handshake the extension is one byte, zero. */
function renegotiates(extensions: ReadonlyMap<number, Uint8Array>): boolean {
  const content = extensions.get(EXTENSION.renegotiationInfo);
  return content !== undefined && (content.length !== 1 || content[0] !== 0);
}

function listIn(content: Uint8Array | undefined): number[] {
  return content === undefined ? [] : numbersOf(new ByteReader(content).vector(2));
}
