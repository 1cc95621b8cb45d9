import { CallchartProcess, type RecordLine } from './support/callchart-process';
import { runSipp } from './support/sipp';

jest.setTimeout(120_000);

let server: CallchartProcess;
let seen = 0;

/** Runs a scenario and gives the records of the calls that it made. */
async function callWith(
  scenario: string,
  service: string,
  options: {
    readonly calls?: number;
    readonly transport?: 'u1' | 't1';
    readonly args?: string[];
  } = {},
): Promise<RecordLine[]> {
  const { status, output } = await runSipp(scenario, { server: server.port, service, ...options });
  if (status !== 0)
    throw new Error(`sipp ended with ${status}:\n${output}\n${server.log.slice(-2_000)}`);
  const calls = options.calls ?? 1;
  const records = await server.records(seen + calls);
  seen += calls;
  return records.slice(-calls);
}

/** What was pressed, in the record's digits. */
function digitsOf(record: RecordLine | undefined): string {
  const entries = record?.['digits'] as { readonly digits: string }[];
  return entries.map((entry) => entry.digits).join('');
}

beforeAll(async () => {
  server = await CallchartProcess.start();
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

describe.each(['u1', 't1'] as const)('sipp calls (%s)', (transport) => {
  it('with its stock scenario: fifty calls, each answered and ended', async () => {
    const records = await callWith('uac', 'wait', {
      transport,
      calls: 50,
      args: ['-r', '50', '-d', '200'],
    });
    expect(records.every((record) => record.answered === true)).toBe(true);
    expect(records[0]).toMatchObject({ end: { by: 'caller', cause: 'bye' } });
  });

  it('and gives up while it rings: 487 and a record of the CANCEL', async () => {
    const [record] = await callWith('cancel.xml', 'ringing', { transport });
    expect(record).toMatchObject({
      answered: false,
      end: { by: 'caller', cause: 'cancel', status: 487 },
    });
  });

  it('and holds by re-INVITE: the answer mirrors the direction', async () => {
    const [record] = await callWith('hold.xml', 'wait', { transport });
    expect(record).toMatchObject({ answered: true, end: { cause: 'bye' } });
  });

  it('without an offer: the 200 carries ours', async () => {
    const [record] = await callWith('delayed-offer.xml', 'wait', { transport });
    expect(record).toMatchObject({ answered: true, media: { codec: 'PCMU' } });
  });

  it('and presses keys by INFO, in both bodies', async () => {
    const [record] = await callWith('info.xml', 'digits', { transport });
    expect(digitsOf(record)).toBe('19*#');
  });
});

describe('sipp calls', () => {
  it('and presses keys as RFC 4733 events: a press is one digit', async () => {
    const [record] = await callWith('rfc4733.xml', 'digits');
    expect(digitsOf(record)).toBe('19*#');
  });

  it('and loses ACKs: the 200 comes again until one arrives', async () => {
    const [record] = await callWith('lost-ack.xml', 'wait');
    expect(record).toMatchObject({ answered: true, end: { by: 'caller', cause: 'bye' } });
  });

  it('a flow that is not there: 404', async () => {
    const { status, output } = await runSipp('uac', { server: server.port, service: 'nobody' });
    expect(status).not.toBe(0);
    expect(output).toContain('404');
    const records = await server.records(seen + 1);
    seen += 1;
    expect(records.at(-1)).toMatchObject({ answered: false, end: { status: 404 } });
  });
});
