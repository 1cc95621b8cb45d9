import { DefectError } from '../core/errors';
import {
  type CryptoLine,
  newKey,
  offeredSuites,
  readCryptoLines,
  sameKey,
  writeCryptoLine,
} from './crypto';
import { readSetup, sameFingerprint } from './fingerprint';
import type { Fingerprint, MediaSecurity, SecurityCapabilities, SrtpSuite } from './port';
import type { AudioLine, Refusal } from './read';

/** How an offered stream would be protected, before it is taken. */
export type Protection =
  | { readonly type: 'plain' }
  | { readonly type: 'sdes'; readonly line: CryptoLine }
  | {
      readonly type: 'dtls';
      readonly role: 'client' | 'server';
      readonly fingerprint: Fingerprint;
      readonly ours: Fingerprint;
    };

/** What was agreed, and the lines of our answer that say so. */
export interface TakenProtection {
  readonly security: MediaSecurity | undefined;
  readonly attributes: readonly string[];
}

/** How an offer of ours would be protected. */
export interface OfferedProtection {
  readonly protocol: string;
  readonly attributes: readonly string[];
  /** A plain answer is none. */
  readonly strict: boolean;
  /** By their tags (RFC 4568 §5.1.3). */
  readonly keys: ReadonlyMap<number, { readonly suite: SrtpSuite; readonly key: Uint8Array }>;
  readonly dtls: boolean;
}

const plain: Protection = { type: 'plain' };

/**
 * What one leg agrees on to protect its packets: keys in SDP (RFC 4568) or by DTLS (RFC 5763). Where the policy is
 * `required` nothing else comes out of any offer or answer, however late in the call.
 */
export class Security {
  private agreed: MediaSecurity | undefined;
  /** Ours, by suite: the same ones as long as nothing changes, as a new key would begin a new stream. */
  private readonly keys = new Map<SrtpSuite, Uint8Array>();

  constructor(private readonly ours: SecurityCapabilities | undefined) {}

  /** What an offered line comes to; changes nothing. */
  consider(line: AudioLine): Protection | Refusal {
    const { ours } = this;
    const policy = ours?.policy ?? 'off';
    const { secure } = line.profile;
    if (ours === undefined || policy === 'off') {
      return secure ? refusal('SRTP is not taken here') : plain;
    }
    const found = [this.considerKeys(line), this.considerDtls(line, ours)].filter(
      (each) => each !== undefined,
    );
    // What is spoken already stays; else the kind that our own offers have.
    const liked = this.agreed?.type ?? ours.keys;
    const protection = found.find(({ type }) => type === liked) ?? found[0];
    if (protection !== undefined) return protection;
    // RFC 4568 §5.1.2: a secure stream without keys that we can use is refused.
    if (secure) return refusal('no usable keys for SRTP');
    // RFC 8643 §3: plain RTP with keys that we cannot use is plain RTP.
    return policy === 'required' ? refusal('only SRTP is taken here') : plain;
  }

  private considerKeys(line: AudioLine): Protection | undefined {
    // RFC 5764 §8: over UDP/TLS keys come from the handshake.
    if (line.profile.dtls) return undefined;
    // RFC 4568 §5.1.2: the first that is valid and supported is the one that the peer likes most.
    const [first] = readCryptoLines(line.crypto);
    return first === undefined ? undefined : { type: 'sdes', line: first };
  }

  private considerDtls(line: AudioLine, ours: SecurityCapabilities): Protection | undefined {
    const { fingerprint } = line;
    if (fingerprint === undefined || ours.fingerprint === undefined) return undefined;
    const { agreed } = this;
    const setup = readSetup(line.setup, 'active');
    if (setup === undefined) return undefined;
    const goesOn = agreed?.type === 'dtls' && sameFingerprint(agreed.fingerprint, fingerprint);
    const role =
      setup === 'active'
        ? 'server'
        : // RFC 5763 §5: active is recommended; whoever asks again keeps the association as it is.
          setup === 'actpass' && goesOn
          ? agreed.role
          : 'client';
    return { type: 'dtls', role, fingerprint, ours: ours.fingerprint };
  }

  /** The answer has it. `moved`: the peer's address is another than before. */
  take(protection: Protection, moved: boolean): TakenProtection {
    switch (protection.type) {
      case 'plain':
        return { security: this.agree(undefined), attributes: [] };
      case 'dtls': {
        const { role, fingerprint, ours } = protection;
        const setup = role === 'client' ? 'active' : 'passive';
        return {
          security: this.agree({ type: 'dtls', role, fingerprint }),
          attributes: [fingerprintLine(ours), `setup:${setup}`],
        };
      }
      case 'sdes': {
        const { tag, suite, suiteName, key } = protection.line;
        const { agreed } = this;
        // RFC 4568 §7.1.4: a peer with another key, or at another place, may be another machine, which could not
        // know how often our packets' numbers have gone round.
        const goesOn = agreed?.type === 'sdes' && sameKey(agreed.receiveKey, key) && !moved;
        if (agreed !== undefined && !(goesOn && agreed.suite === suite)) this.keys.delete(suite);
        // §7.1.2: never the offer's own.
        if (sameKey(this.keyOf(suite), key)) this.keys.delete(suite);
        const sendKey = this.keyOf(suite);
        return {
          security: this.agree({ type: 'sdes', suite, sendKey, receiveKey: key }),
          attributes: [`crypto:${writeCryptoLine(tag, suiteName, sendKey)}`],
        };
      }
    }
  }

  /** For an offer of ours; `protocol` is that of the stream so far, undefined at first. */
  offer(protocol: string | undefined): OfferedProtection {
    const { ours, agreed } = this;
    const policy = ours?.policy ?? 'off';
    // What is encrypted once is offered so and in no other way.
    const strict = policy === 'required' || agreed !== undefined;
    if (ours === undefined || policy === 'off') return nothing(protocol ?? 'RTP/AVP');
    if (!strict && (!ours.opportunistic || protocol !== undefined)) {
      return nothing(protocol ?? 'RTP/AVP');
    }
    const kind = agreed?.type ?? (ours.fingerprint === undefined ? 'sdes' : ours.keys);
    const secured = agreed === undefined ? undefined : protocol;
    if (kind === 'dtls' && ours.fingerprint !== undefined) {
      return {
        // RFC 5764 §8; RFC 8643 §3 for the plain one.
        protocol: secured ?? (strict ? 'UDP/TLS/RTP/SAVP' : 'RTP/AVP'),
        // RFC 5763 §5: the offerer is ready for either role.
        attributes: [fingerprintLine(ours.fingerprint), 'setup:actpass'],
        strict,
        keys: new Map(),
        dtls: true,
      };
    }
    const suites = agreed?.type === 'sdes' ? [agreed.suite] : offeredSuites;
    const keys = new Map(
      suites.map((suite, index) => [index + 1, { suite, key: this.keyOf(suite) }]),
    );
    return {
      protocol: secured ?? (strict ? 'RTP/SAVP' : 'RTP/AVP'),
      attributes: [...keys].map(
        ([tag, { suite, key }]) => `crypto:${writeCryptoLine(tag, suite, key)}`,
      ),
      strict,
      keys,
      dtls: false,
    };
  }

  /** The answer to an offer of ours: what was agreed, or why it cannot be. */
  accept(
    line: AudioLine,
    offered: OfferedProtection,
  ): { readonly security: MediaSecurity | undefined } | { readonly refused: string } {
    const { keys, dtls, strict } = offered;
    if (dtls && line.fingerprint !== undefined) {
      // RFC 4145 §4: without the attribute the answerer waits.
      const { fingerprint } = line;
      const { agreed } = this;
      const setup = readSetup(line.setup, 'passive');
      if (setup === 'actpass' && agreed?.type === 'dtls') {
        // RFC 4145 §4.1 allows no such answer. baresip 1.0 gives it to whom it has called, and goes on as before.
        if (sameFingerprint(agreed.fingerprint, fingerprint)) return { security: agreed };
      }
      if (setup === undefined || setup === 'actpass') {
        return { refused: 'the answer does not say who begins the DTLS handshake' };
      }
      const role = setup === 'active' ? 'server' : 'client';
      return { security: this.agree({ type: 'dtls', role, fingerprint }) };
    }
    if (keys.size > 0 && line.crypto.length > 0) {
      // RFC 4568 §5.1.3: one that was offered, by tag and suite.
      const chosen = readCryptoLines(line.crypto).find(
        ({ tag, suite }) => keys.get(tag)?.suite === suite,
      );
      const own = chosen === undefined ? undefined : keys.get(chosen.tag)?.key;
      if (chosen === undefined || own === undefined) {
        return { refused: 'the answer has no key for SRTP that was asked for' };
      }
      // Our own key given back protects nothing: the same key stream would serve both directions.
      if (sameKey(own, chosen.key)) return { refused: 'the answer has our own key for SRTP' };
      const { suite, key } = chosen;
      return {
        security: this.agree({ type: 'sdes', suite, sendKey: own, receiveKey: key }),
      };
    }
    if (strict) return { refused: 'the answer is not encrypted' };
    if (line.profile.secure) return { refused: 'the answer has another transport protocol' };
    return { security: this.agree(undefined) };
  }

  private agree(security: MediaSecurity | undefined): MediaSecurity | undefined {
    const before = this.agreed;
    // A key that has protected packets is never used for another stream: its key stream would be the same.
    if (
      before?.type === 'sdes' &&
      (security?.type !== 'sdes' || security.suite !== before.suite) &&
      this.keys.get(before.suite) === before.sendKey
    ) {
      this.keys.delete(before.suite);
    }
    if (security?.type === 'sdes') this.keys.set(security.suite, security.sendKey);
    this.agreed = security;
    return security;
  }

  private keyOf(suite: SrtpSuite): Uint8Array {
    let key = this.keys.get(suite);
    if (key === undefined) {
      if (this.ours === undefined) throw new DefectError('no keys without a policy');
      key = newKey(suite, this.ours.random);
      this.keys.set(suite, key);
    }
    return key;
  }
}

function nothing(protocol: string): OfferedProtection {
  return { protocol, attributes: [], strict: false, keys: new Map(), dtls: false };
}

function fingerprintLine({ algorithm, value }: Fingerprint): string {
  return `fingerprint:${algorithm} ${value}`;
}

function refusal(text: string): Refusal {
  return { code: 302, text: `Incompatible transport protocol: ${text}` };
}
