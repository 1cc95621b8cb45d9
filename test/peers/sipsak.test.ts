import { run } from './support/command';
import { CallchartProcess } from './support/callchart-process';

jest.setTimeout(120_000);

let server: CallchartProcess;

beforeAll(async () => {
  server = await CallchartProcess.start({ users: { alice: 'wonderland' } });
});

afterAll(async () => {
  await server.stop();
});

const sipsak = (...args: readonly string[]) => run('sipsak', args, { limit: 30_000 });

describe('sipsak', () => {
  test('gets 200 for OPTIONS to the server, and to a flow', async () => {
    const { port } = server;
    const pinged = await sipsak('-vv', '-s', `sip:127.0.0.1:${port}`);
    expect(pinged).toMatchObject({ status: 0 });
    const flow = await sipsak('-vv', '-s', `sip:echo@127.0.0.1:${port}`);
    expect(flow).toMatchObject({ status: 0, output: expect.stringContaining('200') as string });
  });

  test('registers a user by digest, and sees the binding', async () => {
    const { port } = server;
    const uri = `sip:alice@127.0.0.1:${port}`;
    const registered = await sipsak(
      ...['-U', '-vv', '-C', 'sip:alice@127.0.0.1:9', '-x', '600', '-s', uri],
      ...['-u', 'alice', '-a', 'wonderland'],
    );
    expect(registered).toMatchObject({ status: 0 });
    const listed = await server.command('registrations', '--json');
    expect(listed).toMatchObject({
      status: 0,
      output: expect.stringContaining('sip:alice@127.0.0.1:9') as string,
    });
  });

  test('with a wrong password registers nobody', async () => {
    const uri = `sip:alice@127.0.0.1:${server.port}`;
    const refused = await sipsak(
      ...['-U', '-vv', '-C', 'sip:mallory@127.0.0.1:9', '-x', '600', '-s', uri],
      ...['-u', 'alice', '-a', 'guess'],
    );
    expect(refused.status).not.toBe(0);
    const listed = await server.command('registrations', '--json');
    expect(listed.output).not.toContain('mallory');
  });
});
