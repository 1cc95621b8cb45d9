import { createCipheriv, createHmac } from 'node:crypto';
import fc from 'fast-check';
import type { SrtpSuite } from '../../../runtime/media/port';
import { deriveSessionKeys, masterSize } from '../../../runtime/media/srtp/session-keys';
import { SrtpReceiver } from '../../../runtime/media/srtp/srtp-receiver';
import { SrtpSender } from '../../../runtime/media/srtp/srtp-sender';

const SUITES: readonly SrtpSuite[] = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
];
const SUITE = 'AES_CM_128_HMAC_SHA1_80';

function masterOf(suite: SrtpSuite, seed = 1): Uint8Array {
  return Uint8Array.from({ length: masterSize(suite) }, (_, index) => index * 7 + seed);
}

interface Shape {
  readonly ssrc?: number;
  readonly csrcs?: number;
  /** Words of a header extension. */
  readonly extension?: number;
  readonly size?: number;
}

function rtp(sequence: number, shape: Shape = {}): Uint8Array {
  const { ssrc = 0xcafebabe, csrcs = 0, extension, size = 160 } = shape;
  const head = 12 + 4 * csrcs + (extension === undefined ? 0 : 4 + 4 * extension);
  const packet = Buffer.alloc(head + size, 0x5a);
  packet[0] = 0x80 | csrcs | (extension === undefined ? 0 : 0x10);
  packet[1] = 0;
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE((sequence * 160) >>> 0, 4);
  packet.writeUInt32BE(ssrc, 8);
  if (extension !== undefined) packet.writeUInt16BE(extension, 12 + 4 * csrcs + 2);
  packet.fill(sequence, head);
  return packet;
}

/** A receiver report and a CNAME, as far as the lengths go. */
function rtcp(ssrc = 0xcafebabe, size = 52): Uint8Array {
  const packet = Buffer.alloc(size, 0x33);
  packet.writeUInt32BE(0x81c90007, 0);
  packet.writeUInt32BE(ssrc, 4);
  return packet;
}

function sealed(sender: SrtpSender, packet: Uint8Array): Uint8Array {
  const out = new Uint8Array(packet.length + 20);
  return out.slice(0, sender.protectRtp(packet, packet.length, out));
}

function sealedControl(sender: SrtpSender, packet: Uint8Array): Uint8Array {
  const out = new Uint8Array(packet.length + 20);
  return out.slice(0, sender.protectRtcp(packet, packet.length, out));
}

function opened(receiver: SrtpReceiver, packet: Uint8Array): Uint8Array | string {
  const out = new Uint8Array(packet.length);
  const verdict = receiver.unprotectRtp(packet, out);
  return verdict === 'ok' ? out.slice(0, receiver.size) : verdict;
}

function openedControl(receiver: SrtpReceiver, packet: Uint8Array): Uint8Array | string {
  const out = new Uint8Array(packet.length);
  const verdict = receiver.unprotectRtcp(packet, out);
  return verdict === 'ok' ? out.slice(0, receiver.size) : verdict;
}

function pair(suite: SrtpSuite = SUITE): { sender: SrtpSender; receiver: SrtpReceiver } {
  const master = masterOf(suite);
  return { sender: new SrtpSender(suite, master), receiver: new SrtpReceiver(suite, master) };
}

function flipped(packet: Uint8Array, bit: number): Uint8Array {
  const copy = packet.slice();
  copy[bit >>> 3] = (copy[bit >>> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

describe.each(SUITES)('SRTP with %s', (suite) => {
  const tagSize = suite.endsWith('80') ? 10 : 4;

  it('makes of a packet what RFC 3711 says, worked out with the platform’s cipher and HMAC', () => {
    const keys = deriveSessionKeys(suite, masterOf(suite), 'rtp');
    const packet = rtp(0x1234, { csrcs: 2, extension: 3 });
    const head = 12 + 8 + 16;
    // RFC 3711 §4.1.1: the salt from the left, the SSRC at bytes 4 to 7, the index at bytes 8 to 13.
    const iv = Buffer.alloc(16);
    iv.set(keys.salt);
    const mixed = Buffer.alloc(16);
    mixed.writeUInt32BE(0xcafebabe, 4);
    mixed.writeUInt16BE(0x1234, 12);
    mixed.forEach((byte, at) => {
      iv[at] = (iv[at] as number) ^ byte;
    });
    const bits = keys.encryption.length * 8;
    const cipher = createCipheriv(`aes-${bits}-ctr`, keys.encryption, iv);
    const covered = Buffer.concat([packet.subarray(0, head), cipher.update(packet.subarray(head))]);
    const tag = createHmac('sha1', keys.authentication)
      .update(covered)
      .update(Buffer.alloc(4))
      .digest()
      .subarray(0, tagSize);
    const { sender } = pair(suite);
    expect(Buffer.from(sealed(sender, packet))).toEqual(Buffer.concat([covered, tag]));
  });

  it('gives back every packet, whatever its header and size', () => {
    const { sender, receiver } = pair(suite);
    const shape = fc.record({
      csrcs: fc.nat(15),
      extension: fc.option(fc.nat(20), { nil: undefined }),
      size: fc.nat(1_200),
    });
    let sequence = 0;
    fc.assert(
      fc.property(shape, ({ csrcs, extension, size }) => {
        sequence += 1;
        const packet = rtp(sequence, {
          csrcs,
          size,
          ...(extension === undefined ? {} : { extension }),
        });
        const protectedPacket = sealed(sender, packet);
        expect(protectedPacket).toHaveLength(packet.length + tagSize);
        expect(opened(receiver, protectedPacket)).toEqual(Uint8Array.from(packet));
      }),
    );
  });

  it('refuses a packet with any bit turned, and takes the right one after that', () => {
    const { sender, receiver } = pair(suite);
    expect(opened(receiver, sealed(sender, rtp(1)))).toEqual(Uint8Array.from(rtp(1)));
    const packet = sealed(sender, rtp(2, { csrcs: 1, extension: 1, size: 20 }));
    for (let bit = 0; bit < packet.length * 8; bit += 1) {
      expect(opened(receiver, flipped(packet, bit))).not.toBeInstanceOf(Uint8Array);
    }
    expect(opened(receiver, packet)).toBeInstanceOf(Uint8Array);
  });

  it('protects RTCP with an index of its own, the E flag and always 80 bits of tag', () => {
    const { sender, receiver } = pair(suite);
    for (let index = 0; index < 20; index += 1) {
      const packet = sealedControl(sender, rtcp());
      expect(packet).toHaveLength(52 + 4 + 10);
      expect(Buffer.from(packet).readUInt32BE(52)).toBe(0x8000_0000 + index);
      expect(Buffer.from(packet.subarray(0, 8))).toEqual(Buffer.from(rtcp().subarray(0, 8)));
      expect(packet.subarray(8, 52)).not.toEqual(Uint8Array.from(rtcp().subarray(8)));
      expect(openedControl(receiver, packet)).toEqual(Uint8Array.from(rtcp()));
      expect(openedControl(receiver, packet)).toBe('srtp-replay');
    }
    const packet = sealedControl(sender, rtcp());
    for (let bit = 0; bit < packet.length * 8; bit += 1) {
      expect(openedControl(receiver, flipped(packet, bit))).not.toBeInstanceOf(Uint8Array);
    }
    expect(openedControl(receiver, packet)).toBeInstanceOf(Uint8Array);
  });
});

describe('SRTP', () => {
  it('works in the caller’s buffer, in place', () => {
    const { sender, receiver } = pair();
    const buffer = new Uint8Array(200);
    buffer.set(rtp(5));
    const size = sender.protectRtp(buffer, 172, buffer);
    expect(size).toBe(182);
    const packet = buffer.subarray(0, size);
    expect(receiver.unprotectRtp(packet, packet)).toBe('ok');
    expect(receiver.size).toBe(172);
    expect(Buffer.from(buffer.subarray(0, 172))).toEqual(Buffer.from(rtp(5)));
  });

  it('sends nothing that is no RTP, that has no room, or under a number that was used', () => {
    const { sender } = pair();
    const out = new Uint8Array(1_500);
    expect(sender.protectRtp(rtp(1).fill(0, 0, 1), 172, out)).toBe(0);
    expect(sender.protectRtp(rtp(1), 11, out)).toBe(0);
    expect(sender.protectRtp(rtp(1), 172, new Uint8Array(181))).toBe(0);
    expect(sender.protectRtcp(rtcp(), 7, out)).toBe(0);
    expect(sender.protectRtcp(rtcp(), 52, new Uint8Array(65))).toBe(0);
    expect(sender.protectRtp(rtp(1), 172, out)).toBe(182);
    // RFC 3711 §9.1: the same key stream for two packets gives both away.
    expect(sender.protectRtp(rtp(1), 172, out)).toBe(0);
    expect(sender.protectRtp(rtp(3), 172, out)).toBe(182);
    expect(sender.protectRtp(rtp(2), 172, out)).toBe(182);
  });

  it('refuses what was there before, in whatever order', () => {
    const { sender, receiver } = pair();
    const packets = Array.from({ length: 100 }, (_, index) => sealed(sender, rtp(index)));
    for (const packet of packets) expect(opened(receiver, packet)).toBeInstanceOf(Uint8Array);
    for (const packet of packets) expect(opened(receiver, packet)).toBe('srtp-replay');
  });

  it('counts each turn of the sequence numbers, on both sides', () => {
    const { sender, receiver } = pair();
    let first: Uint8Array | undefined;
    for (let index = 0; index < 3 * 0x1_0000; index += 997) {
      const packet = sealed(sender, rtp(index & 0xffff));
      first ??= packet;
      expect(opened(receiver, packet)).toBeInstanceOf(Uint8Array);
    }
    expect(opened(receiver, first as Uint8Array)).toBe('srtp-auth');
  });

  it('keeps the place through loss, reordering and doubles around every turn', () => {
    const network = fc.record({
      start: fc.nat(0x7fff),
      // Position in the stream, and how much later than its turn each of its copies comes.
      packets: fc.array(fc.record({ late: fc.nat(40), copies: fc.nat(2) }), {
        minLength: 50,
        maxLength: 120,
      }),
    });
    fc.assert(
      fc.property(network, ({ start, packets }) => {
        const { sender, receiver } = pair();
        // Two turns in strides, so that the stream stands shortly before the next one.
        for (let index = start; index < 0x2_0000 - 60; index += 0x4000) {
          const packet = sealed(sender, rtp(index & 0xffff));
          expect(opened(receiver, packet)).toBeInstanceOf(Uint8Array);
        }
        const begin = 0x2_0000 - 50;
        const arrivals = packets.flatMap(({ late, copies }, position) => {
          const plain = rtp((begin + position) & 0xffff);
          const packet = sealed(sender, plain);
          return Array.from({ length: copies }, (_, copy) => ({
            at: position + late * (copy + 1),
            plain,
            packet,
          }));
        });
        arrivals.sort((a, b) => a.at - b.at);
        const heard = new Set<Uint8Array>();
        for (const { packet, plain } of arrivals) {
          const result = opened(receiver, packet);
          if (heard.has(packet)) expect(result).toBe('srtp-replay');
          else expect(result).toEqual(Uint8Array.from(plain));
          heard.add(packet);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('takes a first packet from after the first turn: all before it were lost', () => {
    const { sender, receiver } = pair();
    sealed(sender, rtp(0xfffe));
    sealed(sender, rtp(0xffff));
    expect(opened(receiver, sealed(sender, rtp(0)))).toEqual(Uint8Array.from(rtp(0)));
    expect(opened(receiver, sealed(sender, rtp(1)))).toEqual(Uint8Array.from(rtp(1)));
  });

  it('follows a counter that goes on under a new key, as RFC 3711 §3.3.1 has it', () => {
    const { sender, receiver } = pair();
    const other = masterOf(SUITE, 99);
    const continuing = new SrtpSender(SUITE, other);
    for (let index = 0; index < 0x3_0000; index += 0x4000) {
      opened(receiver, sealed(sender, rtp(index & 0xffff)));
      sealed(continuing, rtp(index & 0xffff));
    }
    const next = new SrtpReceiver(SUITE, other, receiver.sourcePlaces());
    expect(opened(next, sealed(continuing, rtp(0xc001)))).toEqual(Uint8Array.from(rtp(0xc001)));
    const restarting = new SrtpSender(SUITE, other);
    const last = new SrtpReceiver(SUITE, other, receiver.sourcePlaces());
    expect(opened(last, sealed(restarting, rtp(0xc001)))).toEqual(Uint8Array.from(rtp(0xc001)));
  });

  it('keeps the sources of a key apart, and no more than a few of them', () => {
    const { sender, receiver } = pair();
    for (let ssrc = 1; ssrc <= 100; ssrc += 1) {
      for (const sequence of [0xfff0, 0xffff, 3]) {
        expect(opened(receiver, sealed(sender, rtp(sequence, { ssrc })))).toBeInstanceOf(
          Uint8Array,
        );
      }
    }
    expect(receiver.sourcePlaces()).toHaveLength(16);
    expect(receiver.sourcePlaces().every(({ highest }) => highest === 0x1_0003)).toBe(true);
  });

  it('remembers nothing of sources that are not authentic', () => {
    const { receiver } = pair();
    const stranger = new SrtpSender(SUITE, masterOf(SUITE, 50));
    for (let ssrc = 1; ssrc <= 100; ssrc += 1) {
      expect(opened(receiver, sealed(stranger, rtp(1, { ssrc })))).toBe('srtp-auth');
    }
    expect(receiver.sourcePlaces()).toHaveLength(0);
  });

  it('takes authentic RTCP that is not encrypted (RFC 3711 §3.4: E is 0)', () => {
    const keys = deriveSessionKeys(SUITE, masterOf(SUITE), 'rtcp');
    const covered = Buffer.concat([rtcp(), Buffer.from([0, 0, 0, 7])]);
    const tag = createHmac('sha1', keys.authentication).update(covered).digest().subarray(0, 10);
    const { receiver } = pair();
    expect(openedControl(receiver, Buffer.concat([covered, tag]))).toEqual(Uint8Array.from(rtcp()));
    expect(openedControl(receiver, Buffer.concat([covered, tag]))).toBe('srtp-replay');
  });

  it('takes RTCP in any order, each once', () => {
    const { sender, receiver } = pair();
    const packets = [0, 1, 2, 3].map(() => sealedControl(sender, rtcp()));
    for (const place of [3, 0, 2, 1]) {
      expect(openedControl(receiver, packets[place] as Uint8Array)).toBeInstanceOf(Uint8Array);
    }
    for (const packet of packets) expect(openedControl(receiver, packet)).toBe('srtp-replay');
  });

  it('says of any bytes only that they are not for it', () => {
    const { receiver } = pair();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, plausible) => {
        if (plausible && bytes.length > 0) bytes[0] = 0x80 | ((bytes[0] as number) & 0x3f);
        const out = new Uint8Array(bytes.length);
        expect(['srtp-malformed', 'srtp-auth']).toContain(receiver.unprotectRtp(bytes, out));
        expect(['srtp-malformed', 'srtp-auth']).toContain(receiver.unprotectRtcp(bytes, out));
        expect(out.every((byte) => byte === 0)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses a packet whose header runs into the tag', () => {
    const { receiver } = pair();
    const packet = new Uint8Array(12 + 10);
    packet[0] = 0x8f;
    expect(opened(receiver, packet)).toBe('srtp-malformed');
    expect(openedControl(receiver, packet.subarray(0, 21))).toBe('srtp-malformed');
  });
});
