import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Express } from 'express';
import type { WebQuestion, WebScene } from '../../../runtime/testing';

/** Asks an app as its HTTP server would, without one. */
export function askApp(app: Express, question: WebQuestion): Promise<WebScene> {
  const { url, method, headers, body } = question;
  const { pathname, search, host } = new URL(url);
  const request = new IncomingMessage(new Socket());
  request.method = method;
  request.url = `${pathname}${search}`;
  request.headers = { ...headers, host, 'content-length': String(Buffer.byteLength(body)) };
  request.push(body);
  request.push(null);
  const response = new ServerResponse(request);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    response.write = (chunk: string | Uint8Array) => chunks.push(Buffer.from(chunk)) > 0;
    response.end = (chunk?: unknown) => {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
      const type = String(response.getHeader('content-type') ?? '');
      resolve({
        status: response.statusCode,
        headers: type === '' ? {} : { 'content-type': type },
        body: Buffer.concat(chunks).toString(),
      });
      return response;
    };
    app(request, response);
  });
}
