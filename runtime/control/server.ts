import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { CallchartError, describeError } from '../core/errors';

/** What a command asks, and what it is told: anything that is JSON. Rejections become its error message. */
export type ControlHandler = (input: unknown) => unknown;

export interface ControlServer {
  readonly path: string;
  close(): Promise<void>;
}

/** The longest request of a command, in octets. */
const maxInput = 1_048_576;

/**
 * Lets commands on this machine ask the running server: a socket in the file system that only its owner may
 * open, HTTP and JSON on it.
 *
 * @throws {CallchartError} `CALLCHART_CONTROL_IN_USE` when another server has the same path
 */
export async function listenForCommands(
  path: string,
  handlers: Readonly<Record<string, ControlHandler>>,
): Promise<ControlServer> {
  if (process.platform !== 'win32') {
    mkdirSync(dirname(path), { recursive: true });
    if (await answers(path)) {
      throw new CallchartError(
        'CALLCHART_CONTROL_IN_USE',
        `${path}: another server answers commands there: give each its own data.directory`,
      );
    }
    // What a server that was killed has left behind.
    rmSync(path, { force: true });
  }
  const server = createServer((request, response) => {
    void answer(handlers, request, response);
  });
  server.maxConnections = 16;
  server.requestTimeout = 10_000;
  await listen(server, path);
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      // A defect of a connection must not end the process.
      server.on('error', () => undefined);
      if (process.platform !== 'win32') chmodSync(path, 0o600);
      resolve();
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function answer(
  handlers: Readonly<Record<string, ControlHandler>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = (request.url ?? '').slice(1);
  const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
  if (request.method !== 'POST' || handler === undefined) {
    reply(response, 404, { error: `the server does not know the command "${name}"` });
    return;
  }
  try {
    const output = await handler(await readInput(request));
    reply(response, 200, { output: output ?? null });
  } catch (error) {
    const code = error instanceof CallchartError ? error.code : undefined;
    reply(response, 400, { error: describeError(error), ...(code === undefined ? {} : { code }) });
  }
}

async function readInput(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > maxInput) throw new Error('the request is too large');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
