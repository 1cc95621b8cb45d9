import { createServer, type Server as HttpServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type Express } from 'express';
import { startServer } from '../../../runtime';
import type { CallRecord } from '../../../runtime/call/call-record';
import type { CallchartConfig } from '../../../runtime/core/config';
import { silentLogger } from '../../../runtime/core/logger';
import type { Server } from '../../../runtime/main';
import { AskedList } from './asked';
import { Caller } from './caller';

const root = join(__dirname, '..', '..', '..');

/** What apps and server know, and nobody else. */
export const authToken = 'a-token-of-tests';

/** An app of a town: it listens, and keeps what it is asked. */
export interface TownApp {
  readonly asked: AskedList;
  readonly url: string;
  readonly server: HttpServer;
}

/** An app is made with the token that its requests are signed with. */
export type MakeApp = (authToken: string) => Express;

export interface TownOptions {
  /** By the name that is called, or by a number; each is asked at `/voice`. */
  readonly apps: Readonly<Record<string, MakeApp>>;
  /** Names that lead to another page of an app: `{ agent: ['queue', '/agent'] }`. */
  readonly pages?: Readonly<Record<string, readonly [app: string, path: string]>>;
  /** What those who are called through the trunk `carrier` do, by their numbers. */
  readonly callees?: Readonly<Record<string, MakeApp>>;
  readonly config?: CallchartConfig;
}

/**
 * A Callchart server with apps that answer its calls, each for its own name; and another server, whose callees are apps
 * too. All in this process, and over the network of this machine.
 */
export class Town {
  readonly warnings: string[] = [];
  readonly records: CallRecord[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'callchart-apps-'));
  private readonly listening: HttpServer[] = [];
  private readonly apps = new Map<string, TownApp>();
  private readonly servers: Server[] = [];
  private watchers: (() => void)[] = [];

  static async open({ apps, pages = {}, callees, config }: TownOptions): Promise<Town> {
    const town = new Town();
    const others = callees === undefined ? undefined : await town.serve('callees', callees, {});
    const carrier: CallchartConfig =
      others === undefined
        ? {}
        : {
            trunks: { carrier: { servers: `sip:127.0.0.1:${portOf(others)}`, qualify: false } },
          };
    await town.serve('server', apps, { ...carrier, ...config }, pages);
    return town;
  }

  get server(): Server {
    const server = this.servers.at(-1);
    if (server === undefined) throw new Error('there is no server');
    return server;
  }

  app(name: string): TownApp {
    const app = this.apps.get(name);
    if (app === undefined) throw new Error(`there is no app ${name}`);
    return app;
  }

  /** Somebody calls an app. */
  call(name: string, from = 'caller'): Promise<Caller> {
    return Caller.dial(`sip:${name}@127.0.0.1:${portOf(this.server)}`, `sip:${from}@127.0.0.1`);
  }

  /** Whether the flow of any call is in this state. */
  isIn(state: string): boolean {
    return this.server.liveCalls().some(({ flowState }) => flowState === state);
  }

  /** The record of a call that is over. */
  async recordOf(caller: Caller): Promise<CallRecord> {
    const { callId } = await caller.done();
    return this.record((record) => record.callId === callId);
  }

  record(is: (record: CallRecord) => boolean): Promise<CallRecord> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.records.find(is);
        if (found === undefined) this.watchers.push(look);
        else resolve(found);
      };
      look();
    });
  }

  async close(): Promise<void> {
    for (const server of [...this.servers].reverse()) {
      await server.close();
      expect(server.open).toMatchObject({ calls: 0, flows: 0, mediaSessions: 0, webRequests: 0 });
    }
    for (const each of this.listening) {
      each.closeAllConnections();
      each.close();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async serve(
    name: string,
    apps: Readonly<Record<string, MakeApp>>,
    config: CallchartConfig,
    pages: NonNullable<TownOptions['pages']> = {},
  ): Promise<Server> {
    const routes = [];
    for (const [dialled, make] of Object.entries(apps)) {
      const { url } = await this.listen(dialled, make(authToken));
      routes.push({ when: { dialled }, allow: 'anyone' as const, webhook: `${url}/voice` });
    }
    for (const [dialled, [app, path]] of Object.entries(pages)) {
      const { url } = this.app(app);
      routes.push({ when: { dialled }, allow: 'anyone' as const, webhook: `${url}${path}` });
    }
    const server = await startServer(
      {
        sip: { listen: ['udp:127.0.0.1:0'] },
        flows: { directory: join(root, 'flows') },
        prompts: { directory: join(root, 'prompts') },
        media: { workers: 0 },
        web: { allow: ['127.0.0.1'] },
        routes,
        ...config,
      },
      {
        directory: join(this.folder, name),
        environment: { CALLCHART_TWILIO_AUTH_TOKEN: authToken },
        logger: { ...silentLogger, warn: (_, message) => this.warnings.push(message) },
        onRecord: (record) => {
          this.records.push(record);
          const { watchers } = this;
          this.watchers = [];
          for (const look of watchers) look();
        },
      },
    );
    this.servers.push(server);
    return server;
  }

  private async listen(name: string, app: Express): Promise<TownApp> {
    const asked = new AskedList();
    const outer = express();
    outer.use(express.urlencoded({ extended: false }), asked.middleware, app);
    const server = createServer(outer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.listening.push(server);
    const { port } = server.address() as AddressInfo;
    const served = { asked, server, url: `http://127.0.0.1:${port}` };
    this.apps.set(name, served);
    return served;
  }
}

function portOf(server: Server): number {
  return server.listeners[0]?.port ?? 0;
}

/** The states that a flow was in. */
export const pathOf = (record: CallRecord): string[] => record.path.map(({ state }) => state);
