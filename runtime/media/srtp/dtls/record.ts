import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ByteReader, number, vector } from './bytes';

/**
 * A record (RFC 6347 §4.1); a datagram holds one or more.
 *
 *     +------+---------+-------+----------------+--------+----------
 *     | type | version | epoch | sequence       | length | body …
 *     |  1   |    2    |   2   |       6        |   2    |
 *     +------+---------+-------+----------------+--------+----------
 */
export interface DtlsRecord {
  readonly type: number;
  readonly version: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22 } as const;

export const DTLS_1_2 = 0xfefd;
/** What a HelloVerifyRequest speaks, whatever comes after (RFC 6347 §4.2.1). */
export const DTLS_1_0 = 0xfeff;

/** Records of one datagram that are looked at: a whole flight fits, a heap of empty ones does not. */
const MOST_RECORDS = 16;

/** The records of a datagram up to the first that is none. */
export function readRecords(datagram: Uint8Array): DtlsRecord[] {
  const reader = new ByteReader(datagram);
  const records: DtlsRecord[] = [];
  while (reader.left > 0 && records.length < MOST_RECORDS) {
    const record: DtlsRecord = {
      type: reader.number(1),
      version: reader.number(2),
      epoch: reader.number(2),
      sequence: reader.number(6),
      body: reader.vector(2),
    };
    if (reader.failed || (record.version !== DTLS_1_2 && record.version !== DTLS_1_0)) break;
    records.push(record);
  }
  return records;
}

export function writeRecord(record: DtlsRecord): Buffer {
  const { type, version, epoch, sequence, body } = record;
  return Buffer.concat([
    number(1, type),
    number(2, version),
    number(2, epoch),
    number(6, sequence),
    vector(2, body),
  ]);
}

const EXPLICIT_NONCE_SIZE = 8;
const TAG_SIZE = 16;

/** AES-128 in Galois counter mode for one direction (RFC 5288 §3). */
export class RecordCipher {
  /**
   * @param key 16 bytes.
   * @param salt the 4 bytes of the nonce that stay secret.
   */
  constructor(
    private readonly key: Uint8Array,
    private readonly salt: Uint8Array,
  ) {}

  seal(record: DtlsRecord): DtlsRecord {
    const { body } = record;
    // RFC 6347 §4.1.2.1: epoch and sequence number never come twice.
    const explicit = Buffer.concat([number(2, record.epoch), number(6, record.sequence)]);
    const cipher = createCipheriv('aes-128-gcm', this.key, Buffer.concat([this.salt, explicit]));
    cipher.setAAD(additionalData(record, body.length));
    const sealed = Buffer.concat([explicit, cipher.update(body), cipher.final()]);
    return { ...record, body: Buffer.concat([sealed, cipher.getAuthTag()]) };
  }

  /** The record in plain; undefined when it is not authentic. */
  open(record: DtlsRecord): DtlsRecord | undefined {
    const size = record.body.length - EXPLICIT_NONCE_SIZE - TAG_SIZE;
    if (size < 0) return undefined;
    const reader = new ByteReader(record.body);
    const nonce = Buffer.concat([this.salt, reader.bytes(EXPLICIT_NONCE_SIZE)]);
    const decipher = createDecipheriv('aes-128-gcm', this.key, nonce);
    decipher.setAAD(additionalData(record, size));
    const plain = decipher.update(reader.bytes(size));
    decipher.setAuthTag(reader.bytes(TAG_SIZE));
    try {
      return { ...record, body: Buffer.concat([plain, decipher.final()]) };
    } catch {
      return undefined;
    }
  }
}

/** RFC 5246 §6.2.3.3, with epoch and sequence number in place of the sequence number (RFC 6347 §4.1.2.1). */
function additionalData(record: DtlsRecord, size: number): Buffer {
  return Buffer.concat([
    number(2, record.epoch),
    number(6, record.sequence),
    number(1, record.type),
    number(2, record.version),
    number(2, size),
  ]);
}
