import { randomBytes, type KeyObject } from 'node:crypto';
import { ALERT, DtlsAssociation, SRTP_PROFILES, type AssociationOptions } from './association';
import { createKeyShare, GROUPS, OUR_GROUPS, type KeyShare } from './key-exchange';
import type { HandshakeMessage } from './message-assembler';
import {
  CIPHER_SUITES,
  MESSAGE,
  RANDOM_SIZE,
  readCertificate,
  readClientHello,
  readClientKeyExchange,
  readSignature,
  writeCertificate,
  writeCertificateRequest,
  writeKeyParameters,
  writeServerHello,
  writeSignature,
} from './messages';
import { DTLS_1_2 } from './record';
import {
  certificateKey,
  ECDSA_SHA256,
  SIGNATURE_SCHEMES,
  signEcdsa,
  verifySignature,
} from './signatures';

/** Bytes of a list of certificates that has none: its length. */
const EMPTY_LIST = 3;

type Expected = 'hello' | 'certificate' | 'key-exchange' | 'verify' | 'finished' | 'nothing';

/**
 * The server of a handshake (RFC 5246 §7.3, RFC 6347 §4.2): the side that is `passive` in SDP. It begins with the hello
 * that brings a cookie back; who handed that out has seen that the client is where it says.
 */
export class DtlsServer extends DtlsAssociation {
  private expected: Expected = 'hello';
  private renegotiationInfo = false;
  private group = 0;
  private share: KeyShare | undefined;
  private peerKey: KeyObject | undefined;
  private premaster: Uint8Array = new Uint8Array(0);

  /** @param hello numbers of the message and of the record that the client's hello came in. */
  constructor(
    options: AssociationOptions,
    hello: { readonly message: number; readonly record: number },
  ) {
    // RFC 6347 §4.2.1, §4.2.2: we go on with the numbers of the client's hello.
    super('server', options, hello.message, hello.record);
  }

  protected override read(message: HandshakeMessage): boolean {
    const { type, body } = message;
    switch (this.expected) {
      case 'hello':
        return type === MESSAGE.clientHello && this.readHello(body);
      case 'certificate':
        return type === MESSAGE.certificate && this.readCertificate(body);
      case 'key-exchange':
        return type === MESSAGE.clientKeyExchange && this.readKeyExchange(body);
      case 'verify':
        return type === MESSAGE.certificateVerify && this.readVerify(body);
      case 'finished':
        return type === MESSAGE.finished && this.checkFinished(message);
      case 'nothing':
        return false;
    }
  }

  protected override answer(type: number): void {
    switch (type) {
      case MESSAGE.clientHello:
        this.sendHello();
        break;
      case MESSAGE.clientKeyExchange:
        this.deriveSecrets(this.premaster);
        break;
      case MESSAGE.finished: {
        const finished = this.message(MESSAGE.finished, this.verifyData('server'), 1);
        this.expected = 'nothing';
        this.sendFlight([this.changeCipherSpec(), finished], false);
        this.succeed();
        break;
      }
      default:
    }
  }

  private readHello(body: Uint8Array): boolean {
    const hello = readClientHello(body);
    if (hello === undefined) return false;
    // RFC 6347 §4.2.1: the client names the highest that it speaks, and a higher version is a lower number.
    if (hello.version > DTLS_1_2) {
      return this.fail('the peer does not speak DTLS 1.2', ALERT.protocolVersion);
    }
    if (hello.renegotiates) {
      return this.fail('the peer goes on with another handshake', ALERT.handshakeFailure);
    }
    const profile = [...SRTP_PROFILES.keys()].find((each) => hello.srtpProfiles.includes(each));
    if (profile === undefined) {
      return this.fail('the peer has no SRTP profile in common', ALERT.handshakeFailure);
    }
    // RFC 8422 §4: a client that names no groups takes any; all have this one.
    const groups = hello.groups.length > 0 ? hello.groups : [GROUPS.secp256r1];
    const group = OUR_GROUPS.find((each) => groups.includes(each));
    if (
      group === undefined ||
      !hello.cipherSuites.includes(CIPHER_SUITES.ecdsa) ||
      !hello.signatureSchemes.includes(ECDSA_SHA256)
    ) {
      return this.fail('the peer has no cipher in common', ALERT.handshakeFailure);
    }
    this.clientRandom = hello.random;
    this.serverRandom = randomBytes(RANDOM_SIZE);
    this.extendedMasterSecret = hello.extendedMasterSecret;
    this.renegotiationInfo = hello.renegotiationInfo;
    this.suite = SRTP_PROFILES.get(profile);
    this.group = group;
    this.expected = 'certificate';
    return true;
  }

  private sendHello(): void {
    const { der, privateKey } = this.options.certificate;
    const { group, serverRandom, suite } = this;
    const share = createKeyShare(group);
    if (share === undefined) return;
    this.share = share;
    const profile = [...SRTP_PROFILES].find(([, each]) => each === suite)?.[0];
    const parameters = writeKeyParameters(group, share.publicKey);
    const signed = Buffer.concat([this.clientRandom, serverRandom, parameters]);
    const signature = writeSignature(ECDSA_SHA256, signEcdsa(privateKey, signed));
    const hello = writeServerHello({
      random: serverRandom,
      cipherSuite: CIPHER_SUITES.ecdsa,
      srtpProfile: profile,
      extendedMasterSecret: this.extendedMasterSecret,
      renegotiationInfo: this.renegotiationInfo,
    });
    this.sendFlight(
      [
        this.message(MESSAGE.serverHello, hello),
        this.message(MESSAGE.certificate, writeCertificate(der)),
        this.message(MESSAGE.serverKeyExchange, Buffer.concat([parameters, signature])),
        // RFC 5763 §6.1: both sides show their certificates.
        this.message(MESSAGE.certificateRequest, writeCertificateRequest(SIGNATURE_SCHEMES)),
        this.message(MESSAGE.serverHelloDone, new Uint8Array(0)),
      ],
      true,
    );
  }

  private readCertificate(body: Uint8Array): boolean {
    // RFC 5246 §7.4.6: an empty list is how a client says that it has none.
    if (body.length === EMPTY_LIST) {
      return this.fail('the peer shows no certificate', ALERT.handshakeFailure);
    }
    const certificate = readCertificate(body);
    // Before anything in it is read: until then it is anybody's.
    if (certificate === undefined || !this.checkFingerprint(certificate)) return false;
    const key = certificateKey(certificate);
    if (key === undefined) {
      return this.fail('the certificate of the peer cannot be read', ALERT.badCertificate);
    }
    this.peerKey = key;
    this.expected = 'key-exchange';
    return true;
  }

  private readKeyExchange(body: Uint8Array): boolean {
    const publicKey = readClientKeyExchange(body);
    if (publicKey === undefined) return false;
    const premaster = this.share?.agree(publicKey);
    if (premaster === undefined) {
      return this.fail('the key of the peer is on no curve of ours', ALERT.illegalParameter);
    }
    this.premaster = premaster;
    this.expected = 'verify';
    return true;
  }

  /** RFC 5246 §7.4.8: that the client has the key of its certificate is shown here, and only here. */
  private readVerify(body: Uint8Array): boolean {
    const verify = readSignature(body);
    if (verify === undefined || this.peerKey === undefined) return false;
    const { scheme, signature } = verify;
    if (!verifySignature(scheme, this.peerKey, this.transcriptBytes(), signature)) {
      return this.fail('the peer has not the key of its certificate', ALERT.decryptError);
    }
    this.expected = 'finished';
    return true;
  }
}
