import fc from 'fast-check';
import { fitsPage, lacingOf, pageSize, readPage, writePage } from '../../../runtime/media/ogg/page';
import { oggCrc, oggPages } from '../../support/sound-files';

const fields = { granule: 123_456, serial: 0xdead_beef, number: 0 };

describe('an Ogg page', () => {
  it('is what RFC 3533 draws', () => {
    const page = Buffer.from(writePage({ ...fields, packets: [Buffer.from('abc')], first: true }));
    const crc = page.subarray(22, 26).toString('hex');
    expect(page.toString('hex')).toBe(
      `4f67675300 02 40e2010000000000 efbeadde 00000000 ${crc} 01 03 616263`.replace(/ /g, ''),
    );
    expect(page.readUInt32LE(22)).toBe(oggCrc(page));
  });

  it.each([0, 1, 254, 255, 256, 509, 510, 511])('holds packets of %i bytes whole', (length) => {
    const packets = [Buffer.alloc(length, 1), Buffer.alloc(3, 2)];
    const bytes = writePage({ ...fields, packets, last: true });
    expect(oggPages(Buffer.from(bytes))).toEqual([{ flags: 4, granule: 123_456, packets }]);
    expect(pageSize(bytes)).toBe(bytes.length);
    expect(lacingOf(packets[0]!)).toBe(Math.floor(length / 255) + 1);
    const read = readPage(bytes);
    expect(read).toMatchObject({ ...fields, first: false, last: true });
    expect(read?.packets.map((packet) => Buffer.from(packet))).toEqual(packets);
  });

  it('has room for 255 lacing values', () => {
    expect(fitsPage(255)).toBe(true);
    expect(fitsPage(256)).toBe(false);
  });

  it('with any byte changed is none', () => {
    const bytes = writePage({ ...fields, packets: [Buffer.from('some packet'), Buffer.alloc(0)] });
    for (let i = 0; i < bytes.length; i += 1) {
      const wrong = bytes.slice();
      wrong[i] = (wrong[i] as number) ^ 0x10;
      const whole = pageSize(wrong) === wrong.length;
      expect(whole && readPage(wrong) !== undefined).toBe(false);
    }
  });

  it('is never found in, nor read from, bytes at random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(pageSize(bytes)).toBeUndefined();
        if (bytes.length >= 27) expect(readPage(bytes)).toBeUndefined();
      }),
    );
  });
});
