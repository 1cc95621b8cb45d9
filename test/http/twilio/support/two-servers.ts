import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Twilio } from 'twilio';
import { startServer } from '../../../../runtime';
import type { CallHappening } from '../../../../runtime/call/happenings';
import type { Logger } from '../../../../runtime/core/logger';
import { SecureRandom } from '../../../../runtime/core/random';
import type { Server } from '../../../../runtime/main';
import { makeApiKey } from '../../../../runtime/store/api-key-store';
import { ApiKeyTable } from '../../../../runtime/store/api-key-table';
import { Database } from '../../../../runtime/store/database';
import { clientOf } from './client';

export const accountSid = `AC${'5'.repeat(32)}`;
export const authToken = 'the-token-of-the-test';

export interface Told {
  readonly path: string;
  readonly method: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const root = join(__dirname, '..', '..', '..', '..');

/**
 * A server with the API, one that is its carrier and answers everybody, and a web app: what Twilio's client and Twilio's
 * documents see, over real sockets.
 */
export class TwoServers {
  readonly told: Told[] = [];
  readonly happened: CallHappening[] = [];
  /** What the app answers, by path; a pause where nothing is said. */
  readonly pages = new Map<string, string>();
  private waiting: (() => void)[] = [];

  private constructor(
    readonly folder: string,
    readonly server: Server,
    private readonly carrier: Server,
    private readonly app: HttpServer,
    readonly appUrl: string,
    /** Of the log. */
    readonly warnings: readonly string[],
  ) {}

  static async open(): Promise<TwoServers> {
    const folder = mkdtempSync(join(tmpdir(), 'callchart-twilio-'));
    const common = {
      sip: { listen: ['udp:127.0.0.1:0'] },
      prompts: { directory: join(root, 'prompts') },
      media: { workers: 0 },
    };
    const carrier = await startServer(
      { ...common, flows: { directory: join(root, 'flows'), default: 'echo' } },
      { directory: join(folder, 'carrier'), environment: {} },
    );
    const opened: { servers?: TwoServers } = {};
    const app = createServer((request, response) => {
      void bodyOf(request).then((parameters) => {
        const path = request.url ?? '';
        opened.servers?.hear({ path, method: request.method ?? '', parameters });
        response.setHeader('Content-Type', 'text/xml');
        response.end(
          opened.servers?.pages.get(path) ?? '<Response><Pause length="60"/></Response>',
        );
      });
    });
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    const warnings: string[] = [];
    const nothing = (): void => undefined;
    const logger: Logger = {
      ...{ debug: nothing, info: nothing, error: (_, message) => warnings.push(message) },
      warn: (_, message) => warnings.push(message),
    };
    const server = await startServer(
      {
        ...common,
        flows: { directory: join(root, 'flows') },
        http: { listen: '127.0.0.1:0' },
        web: { allow: ['127.0.0.0/8'] },
        twilio: { accountSid },
        trunks: {
          carrier: { servers: `sip:127.0.0.1:${carrier.listeners[0]?.port ?? 0}`, qualify: false },
        },
        outbound: { allow: ['+49*'] },
      },
      {
        directory: join(folder, 'server'),
        environment: { CALLCHART_TWILIO_AUTH_TOKEN: authToken },
        logger,
      },
    );
    const { port } = app.address() as AddressInfo;
    const both = new TwoServers(folder, server, carrier, app, `http://127.0.0.1:${port}`, warnings);
    server.onHappening((happening) => {
      both.happened.push(happening);
      both.wake();
    });
    opened.servers = both;
    return both;
  }

  get base(): string {
    return this.server.api ?? '';
  }

  client(token = authToken, user = accountSid): Twilio {
    return clientOf(this.base, accountSid, token, user);
  }

  /** A key of the server's own. */
  key(scope: 'read' | 'call'): string {
    const database = Database.open({ directory: join(this.folder, 'server', 'data') });
    const made = makeApiKey(new SecureRandom());
    new ApiKeyTable(database).add({ ...made, name: scope, scope, created: 0 });
    database.close();
    return made.key;
  }

  /** Waits until something has happened, or was told, that makes it so. */
  async until<T>(look: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Waits until there has been one of this kind, of that call. */
  happening(type: CallHappening['type'], call?: string): Promise<CallHappening> {
    return this.until(() =>
      this.happened.find(
        (each) => each.type === type && (call === undefined || each.call === call),
      ),
    );
  }

  private hear(told: Told): void {
    this.told.push(told);
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.carrier.close();
    this.app.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, string>>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const query = new URL(request.url ?? '', 'http://app').searchParams;
  return Object.fromEntries([...query, ...new URLSearchParams(text)]);
}
