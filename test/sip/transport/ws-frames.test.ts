import fc from 'fast-check';
import { FrameBoundary } from '../../../runtime/sip/transport/ws-frames';

interface Frame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly masked: boolean;
  readonly length: number;
}

/** RFC 6455 §5.2 */
function encode({ opcode, fin, masked, length }: Frame): Buffer {
  const extended = length > 65_535 ? 8 : length > 125 ? 2 : 0;
  const header = Buffer.alloc(2 + extended + (masked ? 4 : 0), 0xaa);
  header[0] = (fin ? 0x80 : 0) | opcode;
  header[1] = (masked ? 0x80 : 0) | (extended === 8 ? 127 : extended === 2 ? 126 : length);
  if (extended === 8) header.writeBigUInt64BE(BigInt(length), 2);
  if (extended === 2) header.writeUInt16BE(length, 2);
  return Buffer.concat([header, Buffer.alloc(length, 0x81)]);
}

const frames = fc.array(
  fc.record({
    opcode: fc.constantFrom(0, 1, 2, 8, 9, 10),
    fin: fc.boolean(),
    masked: fc.boolean(),
    length: fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536),
  }),
  { minLength: 1, maxLength: 4 },
);

describe('the boundary of WebSocket messages', () => {
  test('is where the last data frame was final and complete, however the octets come', () => {
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 70_000 }), (list, size) => {
        const octets = Buffer.concat(list.map(encode));
        const boundary = new FrameBoundary();
        let within = true;
        for (let at = 0; at < octets.length; at += size) {
          within = boundary.isWithin(octets.subarray(at, at + size));
        }
        const last = list.filter(({ opcode }) => opcode < 8).at(-1);
        expect(within).toBe(last !== undefined && !last.fin);
      }),
      { numRuns: 300 },
    );
  });

  test('is never inside a frame', () => {
    fc.assert(
      fc.property(frames, fc.nat(), (list, cut) => {
        const whole = Buffer.concat(list.slice(0, -1).map(encode));
        const last = encode(list.at(-1) as Frame);
        const boundary = new FrameBoundary();
        boundary.isWithin(whole);
        expect(boundary.isWithin(last.subarray(0, 1 + (cut % (last.length - 1))))).toBe(true);
      }),
    );
  });
});
