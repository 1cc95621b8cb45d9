import { ByteReader, number, vector } from './bytes';

/** A handshake message, put together of its fragments. */
export interface HandshakeMessage {
  readonly type: number;
  readonly sequence: number;
  readonly body: Uint8Array;
  /** 0 while records are plain. */
  readonly epoch: number;
}

/** Bytes of a message: a chain of large certificates fits. */
const MOST_BYTES = 16_384;

/** Messages ahead of the next that are kept: a flight has six. */
const MOST_AHEAD = 8;

/** Messages and fragments that one record may have: a flight fits in one. */
const MOST_IN_RECORD = 32;

interface Gathering {
  type: number;
  epoch: number;
  /** Room for the longest that came under this number. */
  room: Uint8Array;
  /** The message: the beginning of `room`. */
  body: Uint8Array;
  there: Uint8Array;
  missing: number;
}

/**
 * Puts handshake messages together and in order (RFC 6347 §4.2.2, §4.2.3).
 *
 *     +------+--------+----------+-----------------+-----------------+-----------
 *     | type | length | sequence | fragment offset | fragment length | fragment …
 *     |  1   |   3    |    2     |        3        |        3        |
 *     +------+--------+----------+-----------------+-----------------+-----------
 */
export class MessageAssembler {
  private readonly gathering = new Map<number, Gathering>();

  /** @param next the number of the first message. */
  constructor(private next = 0) {}

  /**
   * Takes the messages of a record. `repeated` when one of them had been taken before: the peer has not heard what
   * we answered.
   */
  add(record: Uint8Array, epoch: number): 'new' | 'repeated' | 'malformed' {
    const reader = new ByteReader(record);
    let verdict: 'new' | 'repeated' = 'new';
    for (let count = 0; reader.left > 0; count += 1) {
      if (count === MOST_IN_RECORD) return 'malformed';
      const type = reader.number(1);
      const length = reader.number(3);
      const sequence = reader.number(2);
      const offset = reader.number(3);
      const fragment = reader.vector(3);
      if (reader.failed || length > MOST_BYTES || offset + fragment.length > length) {
        return 'malformed';
      }
      if (sequence < this.next) verdict = 'repeated';
      else if (sequence < this.next + MOST_AHEAD) {
        this.gather(type, epoch, length, sequence, offset, fragment);
      }
    }
    return verdict;
  }

  /** The next message, as soon as all of it is there. */
  peek(): HandshakeMessage | undefined {
    const gathered = this.gathering.get(this.next);
    if (gathered === undefined || gathered.missing > 0) return undefined;
    const { type, epoch, body } = gathered;
    return { type, sequence: this.next, body, epoch };
  }

  /** Goes on to the one after {@link peek}. */
  accept(): void {
    this.gathering.delete(this.next);
    this.next += 1;
  }

  /** Forgets the one of {@link peek}: it was not the peer's, whose own may still come. */
  discard(): void {
    this.gathering.delete(this.next);
  }

  private gather(
    type: number,
    epoch: number,
    length: number,
    sequence: number,
    offset: number,
    fragment: Uint8Array,
  ): void {
    let known = this.gathering.get(sequence);
    if (known?.type !== type || known.body.length !== length || known.epoch !== epoch) {
      // RFC 6347 §4.2.3: only an empty message has an empty fragment.
      if (fragment.length === 0 && length > 0) return;
      // The fragments of two messages cannot be told apart later: the one that came last is believed.
      known = begin(known, type, epoch, length);
      this.gathering.set(sequence, known);
    }
    for (let at = 0; at < fragment.length; at += 1) {
      known.body[offset + at] = fragment[at] as number;
      if (known.there[offset + at] === 0) {
        known.there[offset + at] = 1;
        known.missing -= 1;
      }
    }
  }
}

/** In the room of the one before where that is enough: a few bytes from the network must not cost 32 KiB each time. */
function begin(
  before: Gathering | undefined,
  type: number,
  epoch: number,
  length: number,
): Gathering {
  if (before === undefined || before.room.length < length) {
    const room = new Uint8Array(length);
    return { type, epoch, room, body: room, there: new Uint8Array(length), missing: length };
  }
  before.there.fill(0, 0, length);
  return Object.assign(before, {
    type,
    epoch,
    body: before.room.subarray(0, length),
    missing: length,
  });
}

/** A message in one piece. */
export function writeMessage(type: number, sequence: number, body: Uint8Array): Buffer {
  return Buffer.concat([
    number(1, type),
    number(3, body.length),
    number(2, sequence),
    number(3, 0),
    vector(3, body),
  ]);
}
