import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';
import { flow, Project } from './support/project';

// The first command of a checkout compiles it; the machine may be busy.
jest.setTimeout(120_000);

const echo = flow(`
    first: { invoke: { src: 'echo', input: { finishOn: '#', maxDuration: 60_000 }, onDone: 'done', onError: 'done' } },`);

let project: Project;

beforeEach(() => {
  project = Project.create();
});

afterEach(() => project.remove());

describe('what is wrong with the command line is said with the way out, and status 2', () => {
  test.each([
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['serv'], /Did you mean serve\?/],
    [['serve', '--nope'], /unknown option '--nope'/],
    [['serve', 'extra'], /too many arguments/],
    [['call'], /missing required argument 'uri'/],
    [['call', 'foo'], /cannot call "foo": not a URI; an example: sip:reception@127\.0\.0\.1:5060/],
    [['call', 'tel:123'], /cannot call "tel:123": it must be a sip: address with a host/],
    [['call', 'sip:a@127.0.0.1', '--from', 'me'], /--from me: not a URI; an example: /],
    [['call', 'sip:a@127.0.0.1', '--press', 'x'], /an example: --press 1 --press wait:2000,5#/],
    [
      ['call', 'sip:a@127.0.0.1', '--ring', 'soon'],
      /--ring soon: must be a number of milliseconds/,
    ],
    [
      ['call', 'sip:a@127.0.0.1', '--codec', 'mp3'],
      /--codec mp3: must be PCMU, PCMA, G722, opus, L16/,
    ],
    [['call', 'sip:a@127.0.0.1', '--srtp', 'zrtp'], /--srtp zrtp: must be sdes or dtls/],
    [['call', 'sip:a@127.0.0.1', '--dtmf', 'info'], /--dtmf info: must be event, inband or auto/],
    [['call', 'sip:a@127.0.0.1', '--play', 'not-there.wav'], /--play not-there\.wav: /],
    [['calls', '--last', '0'], /--last 0: must be a whole number from 1/],
    [
      ['originate', 'alice', '--flow', 'echo', '--codecs', 'opus,mp3'],
      /--codecs opus,mp3: must be of PCMU, PCMA, G722, opus, L16, separated by commas/,
    ],
    [
      ['originate', 'alice', '--flow', 'echo', '--detect-machine', 'soon'],
      /--detect-machine soon: must be milliseconds to wait for the beep/,
    ],
    [['trace'], /missing required argument 'call-id'/],
  ])('callchart %j', async (args, message) => {
    const { status, stdout, stderr } = await project.run(args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

describe('help', () => {
  test.each(['serve', 'call', 'calls', 'trace'])('%s is explained with examples', async (name) => {
    const { status, stdout } = await project.run([name, '--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`Usage: callchart ${name}`));
    expect(stdout).toMatch(new RegExp(`Examples:\\n  \\$ callchart ${name}`));
  });

  test('the whole is, and it says its version', async () => {
    const { status, stdout } = await project.run(['--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Examples:\n {2}\$ callchart dev/);
    expect((await project.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

/** Expects a start to be refused with exactly these lines. */
async function expectRefused(
  lines: readonly RegExp[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { status, stdout, stderr } = await project.run(['serve'], {
    CALLCHART_LISTEN: 'udp:127.0.0.1:0',
    ...environment,
  });
  const said = stderr.trimEnd().split('\n');
  expect(said).toEqual(lines.map((line) => expect.stringMatching(line) as string));
  expect(stdout).toBe('');
  expect(status).toBe(1);
}

describe('a server that cannot serve does not start, says why in one line each, and ends with 1', () => {
  test('no folder of flows', () =>
    expectRefused([/^callchart: flows: .*Create it, or name another with `flows\.directory`/]));

  test('no flow in the folder', async () => {
    project.write('flows/readme.txt', 'nothing yet');
    await expectRefused([/^callchart: there is no flow to serve: put a file \*\.flow\.ts into /]);
  });

  test('flows that are wrong in every way, all of them at once', async () => {
    project.write(
      'flows/a-prompt.flow.ts',
      flow(`first: { invoke: { src: 'play', input: { prompt: 'nope' }, onDone: 'done' } },`),
    );
    project.write('flows/b-syntax.flow.ts', 'export default {{;');
    project.write('flows/c-nothing.flow.ts', 'export const machine = 1;');
    project.write(
      'flows/d-target.flow.ts',
      flow(`first: { invoke: { src: 'answer', input: {}, onDone: 'nowhere' } },`),
    );
    project.write(
      'flows/e-actor.flow.ts',
      flow(
        `first: { invoke: { src: 'shout' as 'play', input: { prompt: { say: 'x' } }, onDone: 'done' } },`,
      ),
    );
    project.write('flows/f-import.flow.ts', `import 'not-there'; export default 1;`);
    project.write('flows/g-good.flow.ts', echo);
    await expectRefused([
      /a-prompt\.flow\.ts, state 'first': .*no prompt "nope".* Put nope\.wav into .*prompts/,
      /b-syntax\.flow\.ts: the file has a syntax error: .*line 1/,
      /c-nothing\.flow\.ts: the file has no default export\. Write `export default setup/,
      /d-target\.flow\.ts, state 'first': leads to 'nowhere'.* Name a state/,
      /e-actor\.flow\.ts, state 'first': invokes the actor 'shout'.* Use one of callActors/,
      /f-import\.flow\.ts: imports 'not-there'.*`npm install not-there`/,
    ]);
  });

  test('three mistakes in the configuration', async () => {
    project.write(
      'callchart.config.ts',
      `import { defineConfig } from 'callchart';
       export default defineConfig({ sip: { listn: [] }, media: { timeout: 'x' }, flowz: 1 } as never);`,
    );
    await expectRefused([
      /sip\.listn: no such setting; did you mean listen\? \(allowed here: listen, /,
      /media\.timeout: must be a whole number from 0 to 86400000 \(milliseconds/,
      /flowz: no such setting; did you mean flows\?/,
    ]);
  });

  test('a configuration that cannot be read', async () => {
    project.write('callchart.config.ts', 'export default {{');
    await expectRefused([/callchart\.config\.ts: cannot be loaded: .*syntax error.*line 1/]);
    project.write('callchart.config.ts', `import 'not-there'; export default {};`);
    await expectRefused([/callchart\.config\.ts: cannot be loaded: imports 'not-there'/]);
    expect(await project.run(['serve', '--config', 'other.ts'])).toMatchObject({
      status: 1,
      stderr: 'callchart: other.ts: there is no such file\n',
    });
    expect(await project.run(['serve', '--config', 'flows'])).toMatchObject({ status: 1 });
  });

  test('an address in the environment that is none', () =>
    expectRefused([/environment \(CALLCHART_…\): sip\.listen\[0\]: must be udp:, tcp:/], {
      CALLCHART_LISTEN: 'udp:example.com:5060',
    }));

  test('a default flow that is not there, an apology that cannot be played', async () => {
    project.write('flows/echo.flow.ts', echo);
    project.write('callchart.config.js', `module.exports = { flows: { default: 'ehco' } };`);
    await expectRefused([/flows\.default: there is no flow "ehco"; there are: echo/]);
    project.write('callchart.config.js', `module.exports = { flows: { apology: 'sorry' } };`);
    await expectRefused([/flows\.apology: There is no prompt "sorry"/]);
  });

  test('a port in use, of UDP or of TCP', async () => {
    project.write('flows/echo.flow.ts', echo);
    const udp = await boundUdp();
    await expectRefused([/UDP 127\.0\.0\.1:\d+ is in use by another process: stop it, or listen/], {
      CALLCHART_LISTEN: `udp:127.0.0.1:${udp.address().port}`,
    });
    udp.close();
    const tcp = createServer();
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const address = tcp.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await expectRefused([/TCP 127\.0\.0\.1:\d+ is in use by another process: stop it, or listen/], {
      CALLCHART_LISTEN: `udp:127.0.0.1:0,tcp:127.0.0.1:${port}`,
    });
    tcp.close();
  });
});

async function boundUdp(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

/** Sends an INVITE and resolves with the final response, as text. */
async function invite(host: string): Promise<string> {
  const socket = await boundUdp();
  const { port } = socket.address();
  const final = new Promise<string>((resolve) => {
    socket.on('message', (bytes) => {
      const text = bytes.toString();
      if (!text.startsWith('SIP/2.0 1')) resolve(text);
    });
  });
  const lines = [
    `INVITE sip:echo@${host} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKstart`,
    `From: <sip:late@127.0.0.1>;tag=1`,
    `To: <sip:echo@${host}>`,
    'Call-ID: late',
    'CSeq: 1 INVITE',
    `Contact: <sip:late@127.0.0.1:${port}>`,
    'Content-Length: 0',
  ];
  socket.send(`${lines.join('\r\n')}\r\n\r\n`, Number(host.split(':')[1]), '127.0.0.1');
  const text = await final;
  socket.close();
  return text;
}

describe('the end of a server', () => {
  beforeEach(() => {
    project.write('flows/echo.flow.ts', echo);
  });

  test('SIGTERM lets the call finish, refuses new ones with 503 and Retry-After, and ends with 0', async () => {
    const { server, host } = await project.serve();
    const phone = project.start(['call', `sip:echo@${host}`, '--press', 'wait:600000']);
    await phone.said(/^answered/m);
    server.signal('SIGTERM');
    await server.said(/"msg":"draining"/);
    const refusal = await invite(host);
    expect(refusal).toMatch(/^SIP\/2\.0 503 /);
    expect(refusal).toMatch(/^Retry-After: \d+/m);
    expect(server.child.exitCode).toBeNull();
    phone.signal('SIGTERM');
    expect(await phone.done).toMatchObject({ status: 0 });
    expect(await server.done).toMatchObject({ status: 0 });
    const calls = await project.run(['calls', '--json']);
    expect(JSON.parse(calls.stdout)).toMatchObject({ answered: true, end: { by: 'caller' } });
  });

  test('a call that does not end is ended when drainTimeout is over', async () => {
    project.write('callchart.config.js', 'module.exports = { drainTimeout: 300 };');
    const { server, host } = await project.serve();
    const phone = project.start(['call', `sip:echo@${host}`]);
    await phone.said(/^answered/m);
    server.signal('SIGTERM');
    expect(await server.done).toMatchObject({ status: 0 });
    expect((await phone.done).stderr).toMatch(/ended by the other end .*\(bye/);
  });

  test('SIGINT twice ends at once', async () => {
    const { server, host } = await project.serve();
    const phone = project.start(['call', `sip:echo@${host}`]);
    await phone.said(/^answered/m);
    server.signal('SIGINT');
    await server.said(/"msg":"draining"/);
    server.signal('SIGINT');
    expect(await server.done).toMatchObject({ status: 130 });
    await phone.done;
  });

  test('nobody reads what it says: it goes on answering, and tells standard error', async () => {
    const { server, host } = await project.serve();
    server.child.stdout?.destroy();
    for (let i = 0; i < 3; i += 1) {
      const { status } = await project.run(['call', `sip:echo@${host}`, '--duration', '100']);
      expect(status).toBe(0);
    }
    server.signal('SIGTERM');
    const { status, stderr } = await server.done;
    expect(stderr).toMatch(/standard output cannot be written \(.*EPIPE.*\); calls go on/);
    expect(status).toBe(0);
  });
});
