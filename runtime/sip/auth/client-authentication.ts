import { type Random, token } from '../../core/random';
import {
  type AuthValue,
  formatCredentials,
  parseAuth,
  parseAuthParams,
} from '../message/auth-params';
import { lower } from '../message/characters';
import type { SipRequest, SipResponse } from '../message/message';
import type { Params } from '../message/values';
import {
  type DigestQop,
  type NamedAlgorithm,
  algorithmNamed,
  digestResponse,
  formatNonceCount,
  passwordHash,
} from './digest';
import type { ChallengeKind, ClientAuthentication, Credentials } from './port';

/** Realms that one client remembers, so that a server cannot name new ones for ever. */
const maxRealms = 16;
/** Answers to challenges for one request: each proxy on the way may ask, and find its nonce stale. */
const maxRounds = 8;

/** What the headers are called, by kind (RFC 3261 §22.2, §22.3; RFC 7616 §3.5). */
const kinds = [
  {
    kind: 'www',
    challenge: 'WWW-Authenticate',
    credentials: 'Authorization',
    info: 'Authentication-Info',
  },
  {
    kind: 'proxy',
    challenge: 'Proxy-Authenticate',
    credentials: 'Proxy-Authorization',
    info: 'Proxy-Authentication-Info',
  },
] as const satisfies readonly { readonly kind: ChallengeKind; readonly [role: string]: string }[];

/** A challenge that can be answered. */
interface Challenge extends NamedAlgorithm {
  readonly realm: string;
  readonly nonce: string;
  /** Sent back as they came. */
  readonly algorithmText: string | undefined;
  readonly opaque: string | undefined;
  readonly qop: DigestQop | undefined;
  readonly stale: boolean;
}

/** The protection space of one realm, as it is now. */
interface Space {
  challenge: Challenge;
  readonly username: string;
  readonly secret: string;
  cnonce: string;
  /** Requests sent with this nonce. */
  count: number;
  /** The server has taken these credentials: it gave us the nonce in return. */
  proved: boolean;
}

/**
 * Digest authentication as a client (RFC 3261 §22.2, §22.3; RFC 7616; RFC 8760 §2.4): for a dialog, a
 * registration, or a request and its repetitions.
 */
export class DigestClient implements ClientAuthentication {
  /** By realm. */
  private readonly spaces = { www: new Map<string, Space>(), proxy: new Map<string, Space>() };
  private rounds = 0;
  private answering = false;

  constructor(
    private readonly credentials: readonly Credentials[],
    private readonly random: Random,
  ) {}

  take(response: SipResponse): boolean {
    if (response.status !== 401 && response.status !== 407) {
      this.takeInfo(response);
      return false;
    }
    let progress = false;
    for (const { kind, challenge: header } of kinds) {
      // RFC 8760 §2.4: of several challenges of a realm the topmost that we support counts.
      const seen = new Set<string>();
      for (const text of response.headers.getAll(header)) {
        const challenge = readChallenge(text);
        if (challenge === undefined || seen.has(challenge.realm)) continue;
        seen.add(challenge.realm);
        if (this.accept(kind, challenge)) progress = true;
      }
    }
    if (!progress || this.rounds >= maxRounds) return false;
    this.rounds += 1;
    this.answering = true;
    return true;
  }

  authorize(request: SipRequest): void {
    if (!this.answering) this.rounds = 0;
    this.answering = false;
    for (const { kind, credentials } of kinds) {
      const spaces = this.spaces[kind];
      if (spaces.size === 0) continue;
      removeRealms(request, credentials, spaces);
      for (const space of spaces.values()) {
        request.headers.append(credentials, this.answer(space, request));
      }
    }
  }

  /** Whether the challenge gives a reason to try again. */
  private accept(kind: ChallengeKind, challenge: Challenge): boolean {
    const spaces = this.spaces[kind];
    const { realm } = challenge;
    const known = spaces.get(realm);
    if (known !== undefined) {
      if (known.challenge.nonce === challenge.nonce) return false;
      // A nonce that worked before has aged, whether the server says so or not; a fresh one was refused.
      if (known.count === 1 && !known.proved && !challenge.stale) return false;
    }
    const credentials =
      this.credentials.find((candidate) => candidate.realm === realm) ??
      this.credentials.find((candidate) => candidate.realm === undefined);
    if (credentials === undefined) return false;
    if (known === undefined && spaces.size >= maxRealms) return false;
    const { username, password } = credentials;
    spaces.set(realm, {
      challenge,
      username,
      secret: passwordHash(challenge.algorithm, username, realm, password),
      cnonce: token(this.random, 128),
      count: 0,
      proved: false,
    });
    return true;
  }

  private answer(space: Space, request: SipRequest): string {
    space.count += 1;
    const { challenge, username, cnonce } = space;
    const { realm, nonce, qop, opaque, algorithmText } = challenge;
    const uri = request.requestUri;
    const nonceCount = formatNonceCount(space.count);
    const response = digestResponse({
      algorithm: challenge.algorithm,
      session: challenge.session,
      secret: space.secret,
      nonce,
      method: request.method,
      uri,
      qop,
      nonceCount,
      cnonce,
      body: request.body,
    });
    const params = new Map([
      ['username', username],
      ['realm', realm],
      ['nonce', nonce],
      ['uri', uri],
      ['response', response],
    ]);
    if (algorithmText !== undefined) params.set('algorithm', algorithmText);
    // Without qop there is no cnonce (RFC 2617 §3.2.2), except where the key is made of it.
    if (qop !== undefined || challenge.session) params.set('cnonce', cnonce);
    if (opaque !== undefined) params.set('opaque', opaque);
    if (qop !== undefined) params.set('qop', qop).set('nc', nonceCount);
    return formatCredentials({ scheme: 'Digest', params });
  }

  /** RFC 7616 §3.5: the nonce to use next, found by the cnonce that it answers. */
  private takeInfo(response: SipResponse): void {
    for (const { kind, info } of kinds) {
      const spaces = this.spaces[kind];
      if (spaces.size === 0) continue;
      for (const text of response.headers.getAll(info)) {
        const params = readInfo(text);
        const nonce = params?.get('nextnonce');
        if (nonce === undefined || nonce === '') continue;
        const cnonce = params?.get('cnonce');
        const all = [...spaces.values()];
        const space =
          all.find((one) => one.cnonce === cnonce) ?? (all.length === 1 ? all[0] : undefined);
        if (space === undefined || space.challenge.nonce === nonce) continue;
        space.challenge = { ...space.challenge, nonce };
        space.cnonce = token(this.random, 128);
        space.count = 0;
        space.proved = true;
      }
    }
  }
}

/** A memory for the challenges of one dialog, registration or request. */
export function createClientAuthentication(
  credentials: readonly Credentials[],
  random: Random,
): ClientAuthentication {
  return new DigestClient(credentials, random);
}

/** Undefined for one that we do not understand, which RFC 8760 §2.4 has us ignore. */
function readChallenge(text: string): Challenge | undefined {
  const value = read(text);
  if (value === undefined || lower(value.scheme) !== 'digest') return undefined;
  const { params } = value;
  const algorithm = algorithmNamed(params.get('algorithm'));
  const realm = params.get('realm');
  const nonce = params.get('nonce');
  if (algorithm === undefined || realm === undefined || nonce === undefined) return undefined;
  const offered = params.get('qop');
  const qop = offered === undefined ? undefined : chooseQop(offered);
  if (offered !== undefined && qop === undefined) return undefined;
  return {
    ...algorithm,
    realm,
    nonce,
    qop,
    algorithmText: params.get('algorithm'),
    opaque: params.get('opaque'),
    stale: lower(params.get('stale') ?? '') === 'true',
  };
}

/** `auth` where it will do: proxies may change a body on the way, back-to-back agents do. */
function chooseQop(offered: string): DigestQop | undefined {
  const options = lower(offered).split(/[\s,]+/);
  if (options.includes('auth')) return 'auth';
  return options.includes('auth-int') ? 'auth-int' : undefined;
}

/** Drops the fields with credentials for realms that we are about to write. */
function removeRealms(
  request: SipRequest,
  header: string,
  realms: ReadonlyMap<string, unknown>,
): void {
  const fields = request.headers.getAll(header);
  if (fields.length === 0) return;
  request.headers.remove(header);
  for (const text of fields) {
    const realm = read(text)?.params.get('realm');
    if (realm === undefined || !realms.has(realm)) request.headers.append(header, text);
  }
}

function read(text: string): AuthValue | undefined {
  try {
    return parseAuth(text);
  } catch {
    return undefined;
  }
}

function readInfo(text: string): Params | undefined {
  try {
    return parseAuthParams(text);
  } catch {
    return undefined;
  }
}
