import { resolveConfig } from '../../runtime/config/resolve';
import type { TrunkConfig } from '../../runtime/core/network-config';
import { type LogFields, silentLogger } from '../../runtime/core/logger';
import { SeededRandom } from '../../runtime/core/random';
import type { SipRequest } from '../../runtime/sip/message/message';
import type { Trunks, TrunkServerState, TrunkState } from '../../runtime/trunk/port';
import { createTrunks } from '../../runtime/trunk/trunks';
import { ScriptedPeer } from '../support/sip-pair';

export const first = '192.0.2.9';
export const second = '192.0.2.10';

/** How a server of the carrier's answers; undefined: not at all. */
export type Script = (
  request: SipRequest,
) => { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | undefined;

/** Grants what a REGISTER asks for, and says 200 to OPTIONS. */
export const healthy: Script = (request) =>
  request.method === 'REGISTER'
    ? {
        status: 200,
        headers: {
          Contact: `<${request.contacts[0]?.uriText ?? ''}>;expires=${request.expires ?? 0}`,
        },
      }
    : { status: 200 };

export const dead: Script = () => undefined;

/** Trunks on a virtual clock, and the servers of a carrier that answer as they are told. */
export class Carrier {
  readonly peer = new ScriptedPeer();
  readonly trunks: Trunks;
  /** Method and host of each request that arrived, retransmissions left out. */
  readonly seen: string[] = [];
  readonly requests: SipRequest[] = [];
  readonly log: string[] = [];
  readonly scripts = new Map<string, Script>([
    [first, healthy],
    [second, healthy],
  ]);
  private readonly branches = new Set<string>();

  constructor(trunks: Readonly<Record<string, Partial<TrunkConfig>>>) {
    const note =
      (level: string) =>
      (fields: LogFields, message: string): void => {
        this.log.push(`${level} ${String(fields['server'])} ${message}`);
      };
    const { clock, agent } = this.peer;
    const config = Object.entries(trunks).map(([name, trunk]) => [
      name,
      { servers: `sip:${first}`, ...trunk },
    ]);
    this.trunks = createTrunks({
      trunks: resolveConfig(
        { trunks: Object.fromEntries(config) as unknown },
        { source: 'test', directory: '/', environment: {} },
      ).trunks,
      userAgent: agent,
      services: agent.elements,
      clock,
      random: new SeededRandom(3),
      logger: { ...silentLogger, info: note('info'), warn: note('warn') },
    });
  }

  get trunk(): TrunkState {
    const [state] = this.trunks.states();
    if (state === undefined) throw new Error('no trunk');
    return state;
  }

  get server(): TrunkServerState {
    const [state] = this.trunk.servers;
    if (state === undefined) throw new Error('no server');
    return state;
  }

  /** Lets time pass; the servers answer within ten milliseconds. */
  async run(duration: number): Promise<void> {
    const { clock } = this.peer;
    const until = clock.now() + duration;
    while (clock.now() < until) {
      await clock.run(Math.min(10, until - clock.now()));
      await this.answer();
      // Nothing happens until the next timer.
      const next = clock.nextAt() ?? until;
      if (next > clock.now()) await clock.run(Math.min(next, until) - clock.now());
      await this.answer();
    }
  }

  async close(): Promise<void> {
    const closed = this.trunks.close();
    await this.run(5_000);
    await closed;
    await this.peer.agent.close();
    await this.peer.expectNothingLeft();
  }

  private async answer(): Promise<void> {
    for (const message of this.peer.inbox.splice(0)) {
      if (message.kind !== 'request') continue;
      const { uri, method } = message;
      const host = uri.scheme === 'tel' ? '' : uri.host;
      const branch = message.topVia.branch ?? '';
      if (!this.branches.has(branch)) {
        this.seen.push(`${method} ${host}`);
        this.requests.push(message);
      }
      this.branches.add(branch);
      const response = this.scripts.get(host)?.(message);
      if (response === undefined) continue;
      this.peer.respond(message, response.status, { headers: response.headers ?? {} });
      await this.peer.clock.run(0);
    }
  }
}
