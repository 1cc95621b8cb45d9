import { Project } from './support/project';

// The first command of a checkout compiles it; the machine may be busy.
jest.setTimeout(120_000);

const day = '2026-01-05';
const long = 'x'.repeat(2_000);

function recordLine(id: string): string {
  return JSON.stringify({ id, callId: `${id}@phone`, from: { uri: long }, ended: `${day}T10:00` });
}

function messageLine(callId: string, start: string): string {
  const at = { time: 1, direction: 'in', protocol: 'UDP', local: '127.0.0.1:5060' };
  const text = `${start} sip:a@127.0.0.1 SIP/2.0\r\nX: ${long}\r\n\r\n`;
  return JSON.stringify({ ...at, remote: '127.0.0.1:5062', callId, text });
}

let project: Project;

beforeAll(() => {
  // More than a pipe holds.
  const records = Array.from({ length: 500 }, (_, index) => recordLine(`old${index}`));
  const messages = Array.from({ length: 500 }, () => messageLine('old7@phone', 'INVITE'));
  const names = [
    { time: 1, call: 'cafe01', callId: 'one@phone' },
    { time: 1, call: 'cafe02', callId: 'two@phone' },
    { time: 1, call: 'beef03', callId: 'three@phone' },
    { time: 1, call: 'old7', callId: 'old7@phone' },
  ].map((name) => JSON.stringify(name));
  const lines = [...messages, ...names, messageLine('three@phone', 'OPTIONS')];
  project = Project.create({
    [`records/calls-${day}.jsonl`]: `${[...records, recordLine('cafe01')].join('\n')}\n`,
    [`records/sip-${day}.jsonl`]: `${lines.join('\n')}\n`,
  });
});

afterAll(() => project.remove());

describe('a reader that has read enough ends the command, quietly and with 0', () => {
  test.each([
    ['calls', '--last', '500'],
    ['calls', '--last', '500', '--json'],
    ['trace', 'old7'],
    ['trace', 'old7', '--full'],
    ['trace', 'old7', '--json'],
  ])('callchart %s %s %s', async (...args) => {
    const command = project.start(args.filter((arg) => arg !== undefined));
    // As `head` does: one piece is read, then the pipe is closed.
    command.child.stdout?.once('data', () => command.child.stdout?.destroy());
    const { status, stderr } = await command.done;
    expect(stderr.replace('callchart: compiling …\n', '')).toBe('');
    expect(status).toBe(0);
  });
});

describe('callchart trace finds a call that is in progress', () => {
  test('by the beginning of its id', async () => {
    const { status, stdout } = await project.run(['trace', 'bee']);
    expect(stdout).toContain('OPTIONS');
    expect(status).toBe(0);
  });

  test('and lists it with the others when several begin so', async () => {
    const { status, stderr } = await project.run(['trace', 'cafe']);
    expect(stderr).toMatch(
      /several calls begin with "cafe":\n {2}cafe02 {2}no record yet\n {2}cafe01 {2}2026-01-05T10:00\n$/,
    );
    expect(status).toBe(1);
  });
});
