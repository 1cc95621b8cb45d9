import fc from 'fast-check';
import { number, vector } from '../../../../runtime/media/srtp/dtls/bytes';
import {
  MessageAssembler,
  writeMessage,
  type HandshakeMessage,
} from '../../../../runtime/media/srtp/dtls/message-assembler';

function fragment(sequence: number, body: Uint8Array, from: number, to: number): Buffer {
  return Buffer.concat([
    number(1, 11),
    number(3, body.length),
    number(2, sequence),
    number(3, from),
    vector(3, body.subarray(from, to)),
  ]);
}

function taken(assembler: MessageAssembler): HandshakeMessage[] {
  const messages: HandshakeMessage[] = [];
  for (let next = assembler.peek(); next !== undefined; next = assembler.peek()) {
    messages.push(next);
    assembler.accept();
  }
  return messages;
}

describe('handshake messages', () => {
  it('come out whole and in order, whatever fragments they came in, overlapping, doubled, reordered', () => {
    const setup = fc.record({
      sizes: fc.array(fc.nat(600), { minLength: 1, maxLength: 6 }),
      step: fc.integer({ min: 1, max: 200 }),
      overlap: fc.nat(30),
      order: fc.infiniteStream(fc.nat(1_000_000)),
    });
    fc.assert(
      fc.property(setup, ({ sizes, step, overlap, order }) => {
        const bodies = sizes.map((size, place) => new Uint8Array(size).fill(place + 1));
        const pieces = bodies.flatMap((body, sequence) => {
          const parts: Buffer[] = [];
          for (let from = 0; from === 0 || from < body.length; from += step) {
            const to = Math.min(body.length, from + step + overlap);
            parts.push(fragment(sequence, body, from, to), fragment(sequence, body, from, to));
          }
          return parts;
        });
        const places = new Map(pieces.map((piece) => [piece, order.next().value ?? 0]));
        pieces.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
        const assembler = new MessageAssembler();
        const messages: HandshakeMessage[] = [];
        for (const piece of pieces) {
          expect(assembler.add(piece, 0)).not.toBe('malformed');
          messages.push(...taken(assembler));
        }
        expect(messages.map(({ sequence }) => sequence)).toEqual(bodies.map((_, at) => at));
        messages.forEach(({ body }, at) => expect(body).toEqual(bodies[at]));
      }),
    );
  });

  it('come several in one record', () => {
    const assembler = new MessageAssembler(3);
    const record = Buffer.concat([
      writeMessage(2, 3, Buffer.from('hello')),
      writeMessage(14, 4, Buffer.alloc(0)),
    ]);
    expect(assembler.add(record, 0)).toBe('new');
    expect(taken(assembler).map(({ type, body }) => [type, Buffer.from(body).toString()])).toEqual([
      [2, 'hello'],
      [14, ''],
    ]);
    expect(assembler.add(record, 0)).toBe('repeated');
    expect(taken(assembler)).toEqual([]);
  });

  it('that were not the peer’s leave the place to its own', () => {
    const assembler = new MessageAssembler();
    assembler.add(writeMessage(2, 0, Buffer.from('forged')), 0);
    expect(assembler.peek()?.body).toHaveLength(6);
    assembler.discard();
    expect(assembler.peek()).toBeUndefined();
    assembler.add(writeMessage(2, 0, Buffer.from('real')), 0);
    expect(Buffer.from(assembler.peek()?.body ?? []).toString()).toBe('real');
  });

  it('are told apart by the epoch of their records', () => {
    const assembler = new MessageAssembler();
    const body = Buffer.alloc(12, 1);
    assembler.add(fragment(0, body, 0, 6), 0);
    assembler.add(fragment(0, body, 6, 12), 1);
    expect(assembler.peek()).toBeUndefined();
  });

  it('that are too long, too far ahead or no messages take no room', () => {
    const assembler = new MessageAssembler();
    const long = Buffer.concat([number(1, 11), number(3, 16_385), number(2, 0), number(3, 0)]);
    expect(assembler.add(Buffer.concat([long, vector(3)]), 0)).toBe('malformed');
    expect(assembler.add(fragment(0, Buffer.alloc(5), 3, 5).fill(9, 6, 9), 0)).toBe('malformed');
    expect(assembler.add(Buffer.from([1, 2, 3]), 0)).toBe('malformed');
    for (let sequence = 1; sequence < 0x1_0000; sequence += 1) {
      assembler.add(writeMessage(11, sequence, Buffer.from([sequence & 0xff])), 0);
    }
    assembler.add(writeMessage(11, 0, Buffer.from([0])), 0);
    expect(taken(assembler)).toHaveLength(8);
  });

  it('whose number something else has had come out as they are, without a byte of that', () => {
    const assembler = new MessageAssembler();
    const body = new Uint8Array(300).map((_, at) => at & 0xff);
    const other = new Uint8Array(16_384).fill(0xee);
    for (let round = 0; round < 100; round += 1) {
      assembler.add(fragment(0, other, 0, 200), 1);
      assembler.add(fragment(0, other, 0, 200), 0);
      assembler.add(fragment(0, body, 0, 100), 0);
    }
    expect(assembler.peek()).toBeUndefined();
    assembler.add(fragment(0, body, 250, 300), 0);
    assembler.add(fragment(0, body, 100, 250), 0);
    expect(taken(assembler)).toMatchObject([{ body, epoch: 0, sequence: 0 }]);
  });

  it('cost little, however many fragments somebody writes into a datagram', () => {
    const assembler = new MessageAssembler();
    const long = new Uint8Array(16_384).fill(1);
    const pieces = Array.from({ length: 5_000 }, (_, at) =>
      fragment(0, long.subarray(at & 1), 0, 0),
    );
    expect(assembler.add(Buffer.concat(pieces), 0)).toBe('malformed');
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 2_000; round += 1) {
      assembler.add(fragment(0, long, 0, 1), round & 1);
    }
    // Each of them had 32 KiB of its own once: 64 MB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    expect(assembler.peek()).toBeUndefined();
  });
});
