import {
  repairWavHeader,
  WAV_HEADER_SIZE,
  writeWavHeader,
} from '../../../runtime/media/wav/writer';

function header(dataSize: number, rate = 8000): Buffer {
  const bytes = Buffer.alloc(WAV_HEADER_SIZE);
  writeWavHeader(bytes, rate, dataSize);
  return bytes;
}

describe('writeWavHeader', () => {
  it('writes the canonical header of 16-bit mono', () => {
    const bytes = header(16_000);
    expect(bytes.toString('hex')).toBe(
      '52494646' +
        'a43e0000' +
        '57415645' +
        '666d7420' +
        '10000000' +
        '01000100' +
        '401f0000' +
        '803e0000' +
        '02001000' +
        '64617461' +
        '803e0000',
    );
  });

  it('writes into the middle of a larger buffer', () => {
    const file = new Uint8Array(100);
    writeWavHeader(file.subarray(10), 8000, 2);
    expect(Buffer.from(file.subarray(10, 54))).toEqual(header(2));
    expect(file[9]).toBe(0);
    expect(file[54]).toBe(0);
  });

  it('leaves half a sample out', () => {
    expect(header(801)).toEqual(header(800));
  });

  it('says the most it can of a file that is too long for its sizes', () => {
    const bytes = header(5_000_000_000);
    expect(bytes.readUInt32LE(40)).toBeGreaterThan(4_294_000_000);
    expect(bytes.readUInt32LE(40) % 2).toBe(0);
    expect(bytes.readUInt32LE(4)).toBe(bytes.readUInt32LE(40) + 36);
  });
});

describe('repairWavHeader', () => {
  it('makes the sizes those of the file', () => {
    const bytes = header(0);
    expect(repairWavHeader(bytes, WAV_HEADER_SIZE + 32_001)).toBe(true);
    expect(bytes).toEqual(header(32_000));
  });

  it('has nothing to do where they are right', () => {
    expect(repairWavHeader(header(32_000), WAV_HEADER_SIZE + 32_000)).toBe(false);
  });

  it('leaves other files alone', () => {
    const other = Buffer.from('OggS'.padEnd(44, 'x'));
    expect(repairWavHeader(other, 1000)).toBe(false);
    expect(other.toString()).toBe('OggS'.padEnd(44, 'x'));
    const list = header(0);
    list.write('LIST', 36);
    expect(repairWavHeader(list, 1000)).toBe(false);
    expect(repairWavHeader(header(0).subarray(0, 20), 20)).toBe(false);
  });
});
