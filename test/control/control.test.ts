import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askServer } from '../../runtime/control/client';
import { controlPath } from '../../runtime/control/path';
import { listenForCommands, type ControlServer } from '../../runtime/control/server';
import { CallchartError } from '../../runtime/core/errors';

describe('the socket for commands', () => {
  let folder: string;
  let path: string;
  let server: ControlServer | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'control-'));
    path = controlPath(folder);
  });

  afterEach(async () => {
    await server?.close();
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const listen = async (handlers: Parameters<typeof listenForCommands>[1]) => {
    server = await listenForCommands(path, handlers);
  };

  test('answers with what the handler returns', async () => {
    await listen({ double: (input) => Promise.resolve({ twice: [input, input] }) });
    await expect(askServer(path, 'double', 'a')).resolves.toEqual({ twice: ['a', 'a'] });
  });

  test('tells the error of a handler with its code', async () => {
    await listen({
      fail: () => {
        throw new CallchartError('CALLCHART_UNKNOWN_TRUNK', 'there is no trunk "x"');
      },
    });
    await expect(askServer(path, 'fail')).rejects.toMatchObject({
      code: 'CALLCHART_UNKNOWN_TRUNK',
      message: 'there is no trunk "x"',
    });
  });

  test('refuses a command that it does not know, inherited names included', async () => {
    await listen({});
    await expect(askServer(path, 'toString')).rejects.toThrow('does not know the command');
  });

  test('refuses input beyond its limit, and goes on', async () => {
    await listen({ size: (input) => String(input).length });
    await expect(askServer(path, 'size', 'x'.repeat(2_000_000))).rejects.toThrow();
    await expect(askServer(path, 'size', 'four')).resolves.toBe(4);
  });

  test('says how to start a server when none runs', async () => {
    await expect(askServer(path, 'trunks')).rejects.toMatchObject({
      code: 'CALLCHART_NOT_RUNNING',
    });
  });

  test('is for its owner alone', async () => {
    await listen({});
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('takes the place of one that a killed server left', async () => {
    writeFileSync(path, '');
    await listen({ ping: () => 'pong' });
    await expect(askServer(path, 'ping')).resolves.toBe('pong');
  });

  test('is not taken from a server that answers', async () => {
    await listen({ ping: () => 'first' });
    await expect(listenForCommands(path, {})).rejects.toMatchObject({
      code: 'CALLCHART_CONTROL_IN_USE',
    });
    await expect(askServer(path, 'ping')).resolves.toBe('first');
  });

  test('has a short path for a long directory', () => {
    expect(controlPath(`/data/${'x'.repeat(200)}`).length).toBeLessThanOrEqual(100);
    expect(controlPath('/data/a')).not.toBe(controlPath('/data/b'));
  });
});
