import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ByteReader } from './bytes';
import { writeMessage } from './message-assembler';
import { MESSAGE, readClientHello, writeHelloVerifyRequest, type ClientHello } from './messages';
import { CONTENT, DTLS_1_0, readRecords, writeRecord } from './record';

/** A client's hello, with the numbers of the message and the record that it came in. */
export interface ReceivedHello {
  readonly hello: ClientHello;
  readonly message: number;
  readonly record: number;
}

/** RFC 6347 §4.2.1, §4.2.2: a hello is the first message of its side, or the second where a cookie was asked for. */
const LAST_NUMBER = 1;
/** Far from where the numbers of records end: we go on with the client's. */
const LAST_RECORD = 2 ** 40;

/** The hello of a datagram that begins with one, in one piece; undefined for any other. */
export function readHello(datagram: Uint8Array): ReceivedHello | undefined {
  const record = readRecords(datagram)[0];
  if (record?.type !== CONTENT.handshake || record.epoch !== 0) return undefined;
  const reader = new ByteReader(record.body);
  const type = reader.number(1);
  const length = reader.number(3);
  const message = reader.number(2);
  const offset = reader.number(3);
  const body = reader.vector(3);
  if (!reader.complete || type !== MESSAGE.clientHello || offset !== 0 || body.length !== length) {
    return undefined;
  }
  if (message > LAST_NUMBER || record.sequence > LAST_RECORD) return undefined;
  const hello = readClientHello(body);
  return hello && { hello, message, record: record.sequence };
}

const COOKIE_SIZE = 20;

/**
 * Lets a client show that it is where its packets say (RFC 6347 §4.2.1), before anything is kept of it or more is sent
 * than it has sent.
 */
export class HelloCookies {
  private readonly secret = randomBytes(32);

  /** Whether the hello brings our cookie back. */
  check({ hello }: ReceivedHello, host: string, port: number): boolean {
    const expected = this.cookieFor(hello.random, host, port);
    return hello.cookie.length === COOKIE_SIZE && timingSafeEqual(hello.cookie, expected);
  }

  /** A HelloVerifyRequest: smaller than any hello that we understand. */
  request({ hello, message, record }: ReceivedHello, host: string, port: number): Uint8Array {
    const body = writeHelloVerifyRequest(this.cookieFor(hello.random, host, port));
    return writeRecord({
      type: CONTENT.handshake,
      version: DTLS_1_0,
      epoch: 0,
      sequence: record,
      body: writeMessage(MESSAGE.helloVerifyRequest, message, body),
    });
  }

  private cookieFor(random: Uint8Array, host: string, port: number): Buffer {
    const hmac = createHmac('sha256', this.secret).update(random).update(`${host} ${port}`);
    return hmac.digest().subarray(0, COOKIE_SIZE);
  }
}
