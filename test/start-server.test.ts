import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../runtime';

const flow = join(__dirname, '..', 'flows', 'echo.flow.ts');
const prompts = join(__dirname, '..', 'prompts');

describe('a program that runs a server of its own', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'callchart-program-'));
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const start = () =>
    startServer(
      {
        sip: { listen: ['udp:127.0.0.1:0'] },
        flows: { files: [flow] },
        prompts: { directory: prompts },
      },
      { directory, environment: {} },
    );

  test('places calls from code, with the outcomes of dial', async () => {
    const server = await start();
    expect(server.listeners).toHaveLength(1);
    expect(server.open.mediaWorkers).toBeGreaterThan(0);
    await expect(server.originate({ to: 'alice', flow: 'echo' })).resolves.toMatchObject({
      type: 'unreachable',
      status: 404,
    });
    await expect(server.originate({ to: 'alice', flow: 'ecoh' })).rejects.toMatchObject({
      code: 'CALLCHART_UNKNOWN_FLOW',
      message: 'there is no flow "ecoh": did you mean "echo"?',
    });
    await expect(
      server.originate({ to: '+491', trunk: 'carrier', flow: 'echo' }),
    ).rejects.toMatchObject({ code: 'CALLCHART_UNKNOWN_TRUNK' });
    await server.close();
    for (const [what, count] of Object.entries(server.open))
      expect([what, count]).toEqual([what, 0]);
  });

  test('makes no events of calls before somebody asks for them', async () => {
    const server = await start();
    const call = () => server.originate({ to: 'alice', flow: 'echo' });
    await call();
    const { events } = server;
    expect(events.after(0, 10)).toEqual([]);
    await call();
    expect(events.after(0, 10).at(-1)).toMatchObject({ type: 'call.ended' });
    await server.close();
  });

  test('gives its data directory back, also when it cannot start', async () => {
    await expect(
      startServer(
        {
          sip: { listen: ['tls:127.0.0.1:0'], tls: { certificate: 'none.pem', key: 'none.pem' } },
          flows: { files: [flow] },
          prompts: { directory: prompts },
        },
        { directory, environment: {} },
      ),
    ).rejects.toThrow();
    const server = await start();
    await server.close();
    await (await start()).close();
  });
});
