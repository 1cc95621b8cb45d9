import { randomBytes, type KeyObject } from 'node:crypto';
import { ALERT, DtlsAssociation, SRTP_PROFILES, type AssociationOptions } from './association';
import { createKeyShare, OUR_GROUPS } from './key-exchange';
import type { HandshakeMessage } from './message-assembler';
import {
  CIPHER_SUITES,
  MESSAGE,
  RANDOM_SIZE,
  readCertificate,
  readCertificateRequest,
  readHelloVerifyRequest,
  readServerHello,
  readServerKeyExchange,
  writeCertificate,
  writeClientHello,
  writeKeyParameters,
  writeSignature,
} from './messages';
import { vector } from './bytes';
import { DTLS_1_2 } from './record';
import {
  certificateKey,
  ECDSA_SHA256,
  SIGNATURE_SCHEMES,
  signEcdsa,
  verifySignature,
} from './signatures';

/** What may come next. */
type Expected =
  'hello' | 'certificate' | 'key-exchange' | 'request-or-done' | 'done' | 'finished' | 'nothing';

/** The client of a handshake (RFC 5246 §7.3, RFC 6347 §4.2): the side that is `active` in SDP. */
export class DtlsClient extends DtlsAssociation {
  private expected: Expected = 'hello';
  private cookie: Uint8Array = new Uint8Array(0);
  private verified = false;
  private cipherSuite = 0;
  private peerKey: KeyObject | undefined;
  private ourPublicKey: Uint8Array = new Uint8Array(0);
  private premaster: Uint8Array = new Uint8Array(0);
  /** Whether the server wants to see a certificate; one that does not cannot check our fingerprint. */
  private requested = false;

  constructor(options: AssociationOptions) {
    super('client', options, 0, 0);
    this.clientRandom = randomBytes(RANDOM_SIZE);
  }

  /** Sends the first hello. */
  start(): void {
    const hello = writeClientHello({
      random: this.clientRandom,
      cookie: this.cookie,
      cipherSuites: [CIPHER_SUITES.ecdsa, CIPHER_SUITES.rsa],
      groups: OUR_GROUPS,
      signatureSchemes: SIGNATURE_SCHEMES,
      srtpProfiles: [...SRTP_PROFILES.keys()],
      extendedMasterSecret: true,
    });
    this.sendFlight([this.message(MESSAGE.clientHello, hello)], true);
  }

  protected override read(message: HandshakeMessage): boolean {
    const { type, body } = message;
    switch (this.expected) {
      case 'hello':
        if (type === MESSAGE.helloVerifyRequest) return this.readVerifyRequest(body);
        return type === MESSAGE.serverHello && this.readHello(body);
      case 'certificate':
        return type === MESSAGE.certificate && this.readCertificate(body);
      case 'key-exchange':
        return type === MESSAGE.serverKeyExchange && this.readKeyExchange(body);
      case 'request-or-done':
        if (type === MESSAGE.certificateRequest) return this.readRequest(body);
        return type === MESSAGE.serverHelloDone && body.length === 0;
      case 'done':
        return type === MESSAGE.serverHelloDone && body.length === 0;
      case 'finished':
        return type === MESSAGE.finished && this.checkFinished(message);
      case 'nothing':
        return false;
    }
  }

  protected override answer(type: number): void {
    switch (type) {
      case MESSAGE.helloVerifyRequest:
        this.clearTranscript();
        this.start();
        break;
      case MESSAGE.serverHelloDone:
        this.finish();
        break;
      case MESSAGE.finished:
        this.expected = 'nothing';
        this.succeed();
        break;
      default:
    }
  }

  /** RFC 6347 §4.2.1: the server wants to know first whether we are where we say. Once. */
  private readVerifyRequest(body: Uint8Array): boolean {
    const cookie = readHelloVerifyRequest(body);
    if (cookie === undefined || this.verified) return false;
    this.cookie = cookie;
    this.verified = true;
    return true;
  }

  private readHello(body: Uint8Array): boolean {
    const hello = readServerHello(body);
    if (hello === undefined) return false;
    const { cipherSuite, srtpProfile } = hello;
    if (hello.version !== DTLS_1_2) {
      return this.fail('the peer does not speak DTLS 1.2', ALERT.protocolVersion);
    }
    // RFC 5246 §7.4.1.4.
    if (hello.unasked) {
      return this.fail('the peer answers what was not asked', ALERT.unsupportedExtension);
    }
    if (hello.renegotiates) {
      return this.fail('the peer goes on with another handshake', ALERT.handshakeFailure);
    }
    // RFC 5764 §4.1.3: each packet would have bytes that we do not expect.
    if (hello.keyIdentifier) {
      return this.fail('the peer wants a master key identifier', ALERT.illegalParameter);
    }
    if (cipherSuite !== CIPHER_SUITES.ecdsa && cipherSuite !== CIPHER_SUITES.rsa) {
      return this.fail('the peer has chosen a cipher of its own', ALERT.illegalParameter);
    }
    this.suite = srtpProfile === undefined ? undefined : SRTP_PROFILES.get(srtpProfile);
    if (this.suite === undefined) {
      return this.fail('the peer has no SRTP profile in common', ALERT.handshakeFailure);
    }
    this.serverRandom = hello.random;
    this.extendedMasterSecret = hello.extendedMasterSecret;
    this.cipherSuite = cipherSuite;
    this.expected = 'certificate';
    return true;
  }

  private readCertificate(body: Uint8Array): boolean {
    const certificate = readCertificate(body);
    // Before anything in it is read: until then it is anybody's.
    if (certificate === undefined || !this.checkFingerprint(certificate)) return false;
    const key = certificateKey(certificate);
    const kind = this.cipherSuite === CIPHER_SUITES.ecdsa ? 'ec' : 'rsa';
    if (key?.asymmetricKeyType !== kind) {
      return this.fail('the certificate of the peer does not fit its cipher', ALERT.badCertificate);
    }
    this.peerKey = key;
    this.expected = 'key-exchange';
    return true;
  }

  /** RFC 8422 §5.4: that the server has the key of its certificate is shown here, and only here. */
  private readKeyExchange(body: Uint8Array): boolean {
    const exchange = readServerKeyExchange(body);
    if (exchange === undefined || this.peerKey === undefined) return false;
    const { group, publicKey, scheme, signature } = exchange;
    const signed = Buffer.concat([
      this.clientRandom,
      this.serverRandom,
      writeKeyParameters(group, publicKey),
    ]);
    if (!verifySignature(scheme, this.peerKey, signed, signature)) {
      return this.fail('the peer has not the key of its certificate', ALERT.decryptError);
    }
    const share = createKeyShare(group);
    const premaster = share?.agree(publicKey);
    if (share === undefined || premaster === undefined) {
      return this.fail('the key of the peer is on no curve of ours', ALERT.illegalParameter);
    }
    this.ourPublicKey = share.publicKey;
    this.premaster = premaster;
    this.expected = 'request-or-done';
    return true;
  }

  private readRequest(body: Uint8Array): boolean {
    const schemes = readCertificateRequest(body);
    if (schemes === undefined) return false;
    if (!schemes.includes(ECDSA_SHA256)) {
      return this.fail('the peer cannot verify our signature', ALERT.handshakeFailure);
    }
    this.requested = true;
    this.expected = 'done';
    return true;
  }

  /** Everything that is left to say, in one flight. */
  private finish(): void {
    const { der, privateKey } = this.options.certificate;
    const certificate = this.requested
      ? [this.message(MESSAGE.certificate, writeCertificate(der))]
      : [];
    const exchange = this.message(MESSAGE.clientKeyExchange, vector(1, this.ourPublicKey));
    this.deriveSecrets(this.premaster);
    const verify = this.requested
      ? [
          this.message(
            MESSAGE.certificateVerify,
            writeSignature(ECDSA_SHA256, signEcdsa(privateKey, this.transcriptBytes())),
          ),
        ]
      : [];
    const finished = this.message(MESSAGE.finished, this.verifyData('client'), 1);
    this.expected = 'finished';
    this.sendFlight([...certificate, exchange, ...verify, this.changeCipherSpec(), finished], true);
  }
}
