import type { LookupFunction } from 'node:net';
import type { Clock } from '../core/clock';
import type { WebClient, WebFailure, WebRequest, WebResult } from '../web/port';
import { shownUrl } from '../web/url';
import type { WebQuestion, WebScene } from './port';
import type { Transcript } from './transcript';

/** Milliseconds until an app answers, where the script does not say. */
const usualTime = 100;

const nobody: WebScene = { fails: 'refused' };

type Script = readonly WebScene[] | ((question: WebQuestion) => WebScene | Promise<WebScene>);

/** Web apps that answer what the test says, in virtual time: nothing is sent. */
export class SimulatedWeb implements WebClient {
  private requests = 0;
  private failures = 0;
  private open = 0;
  private readonly thinking = new Set<Promise<WebScene>>();

  constructor(
    private readonly script: Script,
    private readonly parts: { readonly clock: Clock; readonly transcript: Transcript },
  ) {}

  get counts(): WebClient['counts'] {
    const { requests, failures, open } = this;
    return { requests, failures, open, openCircuits: 0 };
  }

  /** What apps of the test still think about, in real time: virtual time stands until then. */
  get pending(): Promise<unknown> | undefined {
    return this.thinking.size === 0 ? undefined : Promise.allSettled(this.thinking);
  }

  /** They are not waited for any more. */
  forget(): void {
    this.thinking.clear();
  }

  async request(request: WebRequest): Promise<WebResult> {
    const { transcript } = this.parts;
    const url = shownUrl(request.url);
    transcript.call(`asks ${request.method} ${url}`);
    this.requests += 1;
    this.open += 1;
    try {
      const result = await this.answer(request);
      if (result.type === 'failed') this.failures += 1;
      // Whoever gave up knows it.
      if (result.type === 'answer') transcript.call(`${url} answers ${result.status}`);
      else if (result.reason !== 'aborted') transcript.call(result.message);
      return result;
    } finally {
      this.open -= 1;
    }
  }

  /** Any host may be asked. */
  refusal(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  lookup(): LookupFunction {
    return (_name, _options, callback) => callback(new Error('nothing is sent'), '');
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async answer(request: WebRequest): Promise<WebResult> {
    const { timeout } = request;
    const scene = await this.thought(this.scene(request));
    const never = 'fails' in scene && scene.fails === 'timeout';
    const after = never ? timeout : Math.min(scene.after ?? usualTime, timeout);
    if (!(await this.wait(after, request.signal))) return failure(request, 'aborted', 'given up');
    if (never || after >= timeout) {
      return failure(request, 'timeout', `there was no answer within ${timeout} ms`);
    }
    if ('fails' in scene) {
      const detail = scene.fails === 'refused' ? 'nobody listens there' : scene.fails;
      return failure(request, scene.fails, detail);
    }
    const { status = 200, headers = {}, body } = scene;
    const isText = typeof body === 'string';
    const text = body === undefined ? '' : isText ? body : JSON.stringify(body);
    const textType = text.startsWith('<') ? 'text/xml' : 'text/plain';
    const type = isText ? `${textType}; charset=utf-8` : 'application/json';
    return {
      ...{ type: 'answer', status, url: request.url, attempts: 1, cookies: [] },
      headers: { 'content-type': type, ...headers },
      body: new TextEncoder().encode(text),
    };
  }

  private async thought(scene: WebScene | Promise<WebScene>): Promise<WebScene> {
    if (!(scene instanceof Promise)) return scene;
    this.thinking.add(scene);
    try {
      return await scene;
    } finally {
      this.thinking.delete(scene);
    }
  }

  /** By order, the last for all further ones; or what the function says. */
  private scene(request: WebRequest): WebScene | Promise<WebScene> {
    const { script, requests } = this;
    if (typeof script !== 'function')
      return script[Math.min(requests, script.length) - 1] ?? nobody;
    const { url, method, headers = {}, body = '' } = request;
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
    return script({ url, method, headers, body: text, json: jsonOf(text) });
  }

  /** False when it is given up before. */
  private wait(duration: number, signal: AbortSignal | undefined): Promise<boolean> {
    const { clock } = this.parts;
    return new Promise((resolve) => {
      const abort = (): void => {
        clock.clearTimeout(timer);
        resolve(false);
      };
      const timer = clock.setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve(true);
      }, duration);
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort);
    });
  }
}

function failure({ url }: WebRequest, reason: WebFailure, detail: string): WebResult {
  return { type: 'failed', reason, message: `${shownUrl(url)}: ${detail}`, detail, attempts: 1 };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
