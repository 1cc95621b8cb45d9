import { request } from 'node:http';
import { CallchartError, type ErrorCode } from '../core/errors';

/**
 * Asks the server that runs on this machine.
 *
 * @throws {CallchartError} `CALLCHART_NOT_RUNNING` when there is none; what the server says went wrong otherwise
 */
export async function askServer(path: string, command: string, input?: unknown): Promise<unknown> {
  const { status, text } = await post(path, command, JSON.stringify(input ?? null));
  const body = readBody(text);
  if (status === 200) return body['output'];
  const { error, code } = body;
  throw new CallchartError(
    isErrorCode(code) ? code : 'CALLCHART_COMMAND_FAILED',
    typeof error === 'string' ? error : `the server answered ${status}`,
  );
}

function post(
  path: string,
  command: string,
  input: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const out = request(
      { socketPath: path, path: `/${command}`, method: 'POST', agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    out.on('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      reject(absent ? notRunning(path) : error);
    });
    out.end(input);
  });
}

function notRunning(path: string): CallchartError {
  return new CallchartError(
    'CALLCHART_NOT_RUNNING',
    `no server answers at ${path}: start it with \`callchart serve\`, with the same configuration`,
  );
}

function readBody(text: string): Readonly<Record<string, unknown>> {
  const body: unknown = JSON.parse(text);
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && code.startsWith('CALLCHART_');
}
