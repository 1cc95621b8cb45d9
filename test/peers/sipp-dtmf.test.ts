import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallchartProcess, type RecordLine } from './support/callchart-process';
import { expectSuccess, runSipp } from './support/sipp';

jest.setTimeout(120_000);

/*
 * The captures that come with sipp: events that start with a duration of 0, and end with three packets of one sequence
 * number. Each is one press.
 */

const template = readFileSync(join(__dirname, 'sipp', 'rfc4733.xml'), 'utf8');
const names: Readonly<Record<string, string>> = { '*': 'star', '#': 'pound' };
const captures = '/usr/share/sip-tester';

let server: CallchartProcess;
let directory: string;
let seen = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-sipp-dtmf-'));
  server = await CallchartProcess.start({ config: { media: { workers: 2 } } });
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  expect(await server.stop()).toBe(0);
});

/** A scenario that plays the captures of these keys, in place of those of the template, at this payload type. */
function scenario(keys: string, payloadType = 101): string {
  const pressed = Array.from(keys);
  const file = join(directory, `keys-${payloadType}-${keys.replace(/\W/g, '_')}.xml`);
  const text = template
    .replace(/dtmf_2833_\w+\.pcap/g, () => {
      const key = pressed.shift() ?? '';
      return `dtmf_2833_${names[key] ?? key}.pcap`;
    })
    .replaceAll('101', String(payloadType));
  expect(pressed).toEqual([]);
  writeFileSync(file, text);
  return file;
}

async function press(file: string): Promise<RecordLine> {
  expectSuccess(await runSipp(file, { server: server.port, service: 'digits' }));
  const record = (await server.records(seen + 1))[seen];
  seen += 1;
  if (record === undefined) throw new Error('there is no record');
  return record;
}

const digitsOf = (record: RecordLine): string =>
  (record['digits'] as readonly { readonly digits: string }[]).map(({ digits }) => digits).join('');

describe('the captures of sipp', () => {
  it('are there', () => {
    expect(existsSync(join(captures, 'dtmf_2833_0.pcap'))).toBe(true);
  });

  it.each(['1234', '5678', '90*#'])('press %s: each is one digit', async (keys) => {
    const record = await press(scenario(keys));
    expect(digitsOf(record)).toBe(keys);
    expect(record).toMatchObject({
      media: { digits: 4, digitsByForm: { event: 4, info: 0, inband: 0 } },
    });
  });

  it('press the same keys at a payload type that was not agreed on', async () => {
    expect(digitsOf(await press(scenario('4710', 120)))).toBe('4710');
  });

  it('press a key once where the same packets come again', async () => {
    // sipp leaves sequence numbers and times as they were captured: the second time is the first one, doubled.
    expect(digitsOf(await press(scenario('2772')))).toBe('27');
  });
});
