import { timingSafeEqual } from 'node:crypto';
import type { Clock, TimerHandle } from '../../../core/clock';
import type { Fingerprint, SrtpSuite } from '../../port';
import { matchesFingerprint, type DtlsCertificate } from '../certificate';
import { ReplayWindow } from '../replay-window';
import { MessageAssembler, writeMessage, type HandshakeMessage } from './message-assembler';
import { RANDOM_SIZE } from './messages';
import { prf, sha256 } from './prf';
import {
  CONTENT,
  DTLS_1_2,
  readRecords,
  RecordCipher,
  writeRecord,
  type DtlsRecord,
} from './record';

/** What a handshake leaves behind: what we protect with, and what the peer does; each key and salt. */
export interface SrtpKeys {
  readonly suite: SrtpSuite;
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
}

export interface AssociationOptions {
  readonly clock: Clock;
  readonly certificate: DtlsCertificate;
  /** Of the peer's certificate, as SDP announced it. */
  readonly fingerprint: Fingerprint;
  send(datagram: Uint8Array): void;
  /** The peer has proved to be the one with the fingerprint. */
  onSecured(keys: SrtpKeys): void;
  /** It is over without keys; or, with them, the peer has broken it off. */
  onFailed(reason: string): void;
}

/** RFC 5764 §4.1.2, the one that we like better first. */
export const SRTP_PROFILES: ReadonlyMap<number, SrtpSuite> = new Map([
  [0x0001, 'AES_CM_128_HMAC_SHA1_80'],
  [0x0002, 'AES_CM_128_HMAC_SHA1_32'],
]);

/** Alerts (RFC 5246 §7.2) that say why we end it. */
export const ALERT = {
  handshakeFailure: 40,
  badCertificate: 42,
  illegalParameter: 47,
  decryptError: 51,
  protocolVersion: 70,
  unsupportedExtension: 110,
} as const;
const FATAL = 2;
const WARNING = 1;
const CLOSE_NOTIFY = 0;
const NO_RENEGOTIATION = 100;

/** HelloRequest and ClientHello: what asks a client, and a server, for another handshake (RFC 5246 §7.4.1). */
const BEGINNINGS = { client: 0, server: 1 } as const;

/**
 * Milliseconds until a flight is sent again, doubled each time (RFC 6347 §4.2.4.1, sooner: somebody listens). The first
 * hello is often there before the answer that lets the peer expect it.
 */
const FIRST_TIMEOUT = 125;
/** How often a flight is sent on our own account: 125 ms to 8 s make 15.9 s. */
const TRANSMISSIONS = 7;
/** How often it is sent again because the peer repeats itself. */
const MOST_REPEATS = 6;

/** Bytes of a datagram: less than any path takes. */
const DATAGRAM_SIZE = 1_200;

export const VERIFY_SIZE = 12;
const KEY_SIZE = 16;
const GCM_SALT_SIZE = 4;
const SRTP_SALT_SIZE = 14;

interface FlightRecord {
  readonly type: number;
  readonly epoch: 0 | 1;
  readonly body: Uint8Array;
}

/**
 * What client and server of a DTLS 1.2 handshake (RFC 6347) have in common: records, flights, the transcript, the
 * secrets. It owns no socket; nothing that comes from the network throws. What is not authentic and not
 * understood is passed over, so that garbage cannot end a handshake.
 */
export abstract class DtlsAssociation {
  protected clientRandom: Uint8Array = new Uint8Array(RANDOM_SIZE);
  protected serverRandom: Uint8Array = new Uint8Array(RANDOM_SIZE);
  protected extendedMasterSecret = false;
  protected suite: SrtpSuite | undefined;

  /** The handshake messages so far, each in one piece (RFC 6347 §4.2.6). */
  private transcript: Buffer[] = [];
  private master: Uint8Array = new Uint8Array(0);
  private nextMessage: number;
  private assembler: MessageAssembler;

  private sealing: RecordCipher | undefined;
  private opening: RecordCipher | undefined;
  private readonly sequences: [number, number];
  private readonly window = new ReplayWindow();

  private flight: readonly FlightRecord[] = [];
  private transmissions = 0;
  private repeats = 0;
  private timer: TimerHandle | undefined;
  private state: 'open' | 'secured' | 'over' = 'open';
  /** What the peer has complained of, as far as anybody can say while nothing is authentic. */
  private complaint: number | undefined;

  /**
   * @param first number of the first message, both ways.
   * @param record number of the first record that we send.
   */
  constructor(
    private readonly side: 'client' | 'server',
    protected readonly options: AssociationOptions,
    first: number,
    record: number,
  ) {
    this.assembler = new MessageAssembler(first);
    this.nextMessage = first;
    this.sequences = [record, 0];
  }

  /** Whether it goes on: it has not failed and was not closed. */
  get open(): boolean {
    return this.state !== 'over';
  }

  get secured(): boolean {
    return this.state === 'secured';
  }

  receive(datagram: Uint8Array): 'ok' | 'dtls-malformed' {
    const records = readRecords(datagram);
    let repeated = false;
    for (const record of records) {
      if (!this.open) break;
      if (this.receiveRecord(record) === 'repeated') repeated = true;
    }
    // RFC 6347 §4.2.4: the peer sends its flight again because ours did not arrive.
    if (repeated && this.open && this.repeats < MOST_REPEATS) {
      this.repeats += 1;
      this.transmit();
    }
    return records.length > 0 ? 'ok' : 'dtls-malformed';
  }

  /** Says good-bye and forgets all. Idempotent. */
  close(): void {
    if (this.state === 'secured') this.alert(WARNING, CLOSE_NOTIFY);
    this.end();
  }

  /** Reads a message; false when it is not one that may come now. The transcript does not have it yet. */
  protected abstract read(message: HandshakeMessage): boolean;

  /** Does what the message calls for, once the transcript has it. */
  protected abstract answer(type: number): void;

  /** Ends it, with an alert for the peer. False, for {@link read} to return. */
  protected fail(reason: string, alert: number): false {
    if (!this.open) return false;
    this.alert(FATAL, alert);
    this.end();
    this.options.onFailed(reason);
    return false;
  }

  /** RFC 8122 §6.2: the certificate has to be the one of the fingerprint, or it ends here. */
  protected checkFingerprint(certificate: Uint8Array): boolean {
    if (matchesFingerprint(certificate, this.options.fingerprint)) return true;
    return this.fail(
      'the certificate of the peer is not that of its fingerprint',
      ALERT.badCertificate,
    );
  }

  /** A message of ours: into the transcript, and as a record. */
  protected message(type: number, body: Uint8Array, epoch: 0 | 1 = 0): FlightRecord {
    const message = writeMessage(type, this.nextMessage, body);
    this.nextMessage += 1;
    this.transcript.push(message);
    return { type: CONTENT.handshake, epoch, body: message };
  }

  /** RFC 5246 §7.1. */
  protected changeCipherSpec(): FlightRecord {
    return { type: CONTENT.changeCipherSpec, epoch: 0, body: Uint8Array.of(1) };
  }

  /** All messages so far, for a signature. */
  protected transcriptBytes(): Buffer {
    return Buffer.concat(this.transcript);
  }

  /** RFC 6347 §4.2.1: hellos before the cookie are not part of it. */
  protected clearTranscript(): void {
    this.transcript = [];
  }

  /** Sends a flight; again and again until the next one, if it waits for an answer. */
  protected sendFlight(flight: readonly FlightRecord[], awaited: boolean): void {
    this.flight = flight;
    this.transmissions = 0;
    this.repeats = 0;
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.transmit();
    if (awaited) this.schedule();
  }

  /** The master secret and what comes of it, with the ClientKeyExchange in the transcript. */
  protected deriveSecrets(premaster: Uint8Array): void {
    const { clientRandom, serverRandom } = this;
    this.master = this.extendedMasterSecret
      ? // RFC 7627 §4: bound to this very handshake.
        prf(premaster, 'extended master secret', sha256(...this.transcript), 48)
      : prf(premaster, 'master secret', Buffer.concat([clientRandom, serverRandom]), 48);
    premaster.fill(0);
    const seed = Buffer.concat([serverRandom, clientRandom]);
    const block = prf(this.master, 'key expansion', seed, 2 * (KEY_SIZE + GCM_SALT_SIZE));
    const salts = block.subarray(2 * KEY_SIZE);
    const client = new RecordCipher(block.subarray(0, KEY_SIZE), salts.subarray(0, GCM_SALT_SIZE));
    const server = new RecordCipher(
      block.subarray(KEY_SIZE, 2 * KEY_SIZE),
      salts.subarray(GCM_SALT_SIZE),
    );
    this.sealing = this.side === 'client' ? client : server;
    this.opening = this.side === 'client' ? server : client;
  }

  /** What a Finished of that side has to say about the transcript so far (RFC 5246 §7.4.9). */
  protected verifyData(side: 'client' | 'server'): Buffer {
    return prf(this.master, `${side} finished`, sha256(...this.transcript), VERIFY_SIZE);
  }

  /** Whether a Finished of the peer fits all that was said: nobody has changed anything. */
  protected checkFinished(message: HandshakeMessage): boolean {
    const expected = this.verifyData(this.side === 'client' ? 'server' : 'client');
    if (message.epoch !== 1 || message.body.length !== expected.length) return false;
    if (timingSafeEqual(message.body, expected)) return true;
    return this.fail('the DTLS handshake was tampered with', ALERT.decryptError);
  }

  /** The handshake is done: hands out the keys of SRTP. */
  protected succeed(): void {
    const { suite } = this;
    if (suite === undefined || !this.open) return;
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.state = 'secured';
    this.transcript = [];
    // RFC 5764 §4.2: two keys, then two salts, the client's first.
    const material = prf(
      this.master,
      'EXTRACTOR-dtls_srtp',
      Buffer.concat([this.clientRandom, this.serverRandom]),
      2 * (KEY_SIZE + SRTP_SALT_SIZE),
    );
    this.master.fill(0);
    const salts = material.subarray(2 * KEY_SIZE);
    const client = Buffer.concat([
      material.subarray(0, KEY_SIZE),
      salts.subarray(0, SRTP_SALT_SIZE),
    ]);
    const server = Buffer.concat([
      material.subarray(KEY_SIZE, 2 * KEY_SIZE),
      salts.subarray(SRTP_SALT_SIZE),
    ]);
    this.options.onSecured(
      this.side === 'client'
        ? { suite, sendKey: client, receiveKey: server }
        : { suite, sendKey: server, receiveKey: client },
    );
  }

  private receiveRecord(record: DtlsRecord): 'repeated' | undefined {
    // RFC 6347 §4.1: once both have finished, nothing plain counts. What the peer repeats has a Finished in it.
    if (record.epoch === 0 && this.state === 'secured') return undefined;
    const plain = record.epoch === 0 ? record : this.openRecord(record);
    if (plain === undefined) return undefined;
    if (plain.type === CONTENT.alert) this.heed(plain);
    if (plain.type !== CONTENT.handshake || !this.open) return undefined;
    if (this.state === 'secured' && plain.body[0] === BEGINNINGS[this.side]) {
      this.refuseRenegotiation();
      return undefined;
    }
    const verdict = this.assembler.add(plain.body, plain.epoch);
    for (;;) {
      const message = this.open ? this.assembler.peek() : undefined;
      if (message === undefined) break;
      if (!this.read(message)) {
        this.assembler.discard();
        break;
      }
      this.assembler.accept();
      this.transcript.push(writeMessage(message.type, message.sequence, message.body));
      this.answer(message.type);
    }
    return verdict === 'repeated' ? 'repeated' : undefined;
  }

  private openRecord(record: DtlsRecord): DtlsRecord | undefined {
    if (record.epoch !== 1 || this.window.seen(record.sequence)) return undefined;
    const plain = this.opening?.open(record);
    if (plain !== undefined) this.window.take(record.sequence);
    return plain;
  }

  /**
   * RFC 6347 §4.1.2.7: an alert that anybody may have sent ends nothing by itself, but unless the handshake goes on, the
   * next wait is the last. One under the keys is the peer's.
   */
  private heed({ body, epoch }: DtlsRecord): void {
    const [level, description] = body;
    if (level === undefined || description === undefined) return;
    if (description === CLOSE_NOTIFY) {
      // RFC 5246 §7.2.1: answered with the same. The keys of SRTP have left: they live as long as SDP says.
      if (this.state === 'secured') this.close();
      return;
    }
    this.complaint = description;
    if (level !== FATAL) return;
    if (epoch === 1) this.giveUp();
    else this.transmissions = TRANSMISSIONS - 1;
  }

  /** RFC 5246 §7.2.2: nobody here begins anew under the same keys; as often as a flight is repeated. */
  private refuseRenegotiation(): void {
    if (this.repeats >= MOST_REPEATS) return;
    this.repeats += 1;
    this.alert(WARNING, NO_RENEGOTIATION);
  }

  private giveUp(): void {
    const { complaint } = this;
    this.end();
    this.options.onFailed(
      complaint === undefined
        ? 'the peer does not answer the DTLS handshake'
        : `the peer has ended the DTLS handshake with alert ${complaint}`,
    );
  }

  private schedule(): void {
    this.timer = this.options.clock.setTimeout(
      () => {
        this.timer = undefined;
        this.transmissions += 1;
        if (this.transmissions >= TRANSMISSIONS) {
          this.giveUp();
          return;
        }
        this.transmit();
        this.schedule();
      },
      FIRST_TIMEOUT * 2 ** this.transmissions,
    );
  }

  private transmit(): void {
    let datagram: Buffer[] = [];
    let size = 0;
    for (const each of this.flight) {
      const record = this.writeRecord(each);
      if (size > 0 && size + record.length > DATAGRAM_SIZE) {
        this.options.send(Buffer.concat(datagram));
        datagram = [];
        size = 0;
      }
      datagram.push(record);
      size += record.length;
    }
    if (size > 0) this.options.send(Buffer.concat(datagram));
  }

  /** A number of its own each time that it is sent (RFC 6347 §4.2.4). */
  private writeRecord({ type, epoch, body }: FlightRecord): Buffer {
    const sequence = this.sequences[epoch];
    this.sequences[epoch] += 1;
    const record = { type, version: DTLS_1_2, epoch, sequence, body };
    return writeRecord(
      epoch === 1 && this.sealing !== undefined ? this.sealing.seal(record) : record,
    );
  }

  private alert(level: number, description: number): void {
    // RFC 5246 §7.2: as all that we send, once our ChangeCipherSpec has gone.
    const epoch = this.flight.some((each) => each.epoch === 1) ? 1 : 0;
    const body = Uint8Array.of(level, description);
    this.options.send(this.writeRecord({ type: CONTENT.alert, epoch, body }));
  }

  private end(): void {
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.state = 'over';
    this.flight = [];
    this.transcript = [];
    this.master.fill(0);
  }
}
