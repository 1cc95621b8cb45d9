import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallchartProcess } from './support/callchart-process';
import { run } from './support/command';

jest.setTimeout(180_000);

let server: CallchartProcess;
let home: string;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'callchart-sipvicious-'));
  server = await CallchartProcess.start({ users: { '100': 'secret', '200': 'secret' } });
});

afterEach(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

/** Answers to one OPTIONS from another address of this machine: 0 when it is dropped. */
function answersTo(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.close(() => resolve(answered));
    };
    const timer = setTimeout(() => end(false), 1_500);
    socket.once('message', () => end(true));
    socket.bind(0, host, () => {
      const { port } = socket.address();
      const request = [
        `OPTIONS sip:127.0.0.1:${server.port} SIP/2.0`,
        `Via: SIP/2.0/UDP ${host}:${port};branch=z9hG4bK${port}`,
        'Max-Forwards: 70',
        `From: <sip:ping@${host}>;tag=1`,
        `To: <sip:127.0.0.1:${server.port}>`,
        `Call-ID: ping-${port}`,
        'CSeq: 1 OPTIONS',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n');
      socket.send(request, server.port, '127.0.0.1');
    });
  });
}

test('svmap finds no server, its address is shut out, and all others are served', async () => {
  const { output } = await run('svmap', ['-p', String(server.port), '127.0.0.1'], {
    cwd: home,
    limit: 60_000,
  });
  expect(output).not.toContain(`127.0.0.1:${server.port}`);
  await server.waitForOutput(/source shut out/);
  expect(await answersTo('127.0.0.1')).toBe(false);
  expect(await answersTo('127.0.0.2')).toBe(true);
});

test.each(['REGISTER', 'INVITE', 'OPTIONS'])('svwar with %s learns no user', async (method) => {
  const { output } = await run(
    'svwar',
    ['-m', method, '-e', '99-101,199-201', '-p', String(server.port), '127.0.0.1'],
    { cwd: home, limit: 90_000 },
  );
  expect(output).not.toMatch(/^\|\s*(?:100|200)\s*\|/m);
  await server.waitForOutput(/source shut out/);
});
