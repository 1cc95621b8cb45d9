import { rewriteNumber } from '../routing/numbers';
import { NetworkList } from '../core/network-range';
import { formatUri } from '../sip/message/uri';
import type { Channel } from '../sip/transport/port';
import type { ExtraHeader } from '../sip/ua/port';
import { CallRate } from './call-rate';
import { callerHeaders } from './caller-headers';
import type { CallerIdentity, TrunkAttempt, TrunkPlacement, TrunkState } from './port';
import { credentialsOf, TrunkServer, type TrunkParts } from './server';
import type { TrunkSettings } from '../core/network-settings';

/** One trunk: its servers, its limits, and what its calls look like. */
export class Trunk {
  private readonly servers: readonly TrunkServer[];
  private readonly networks: NetworkList;
  private readonly rate: CallRate | undefined;
  private readonly headers: readonly ExtraHeader[];
  private calls = 0;

  constructor(
    readonly name: string,
    private readonly settings: TrunkSettings,
    private readonly parts: TrunkParts,
  ) {
    this.servers = settings.servers.map((text) => new TrunkServer(name, text, settings, parts));
    this.networks = new NetworkList(settings.inbound.addresses);
    const { maxCallRate } = settings;
    this.rate = maxCallRate === undefined ? undefined : new CallRate(maxCallRate);
    // What could break out of its line is not sent, wherever the settings come from.
    this.headers = Object.entries(settings.headers).filter(
      ([name, value]) => !/[\r\n\0]/.test(name + value),
    );
  }

  get inboundUser(): string | undefined {
    return this.settings.inbound.username;
  }

  get state(): TrunkState {
    return {
      name: this.name,
      state: this.servers.some(({ up }) => up) ? 'up' : 'down',
      servers: this.servers.map(({ state }) => state),
      calls: this.calls,
      maxCalls: this.settings.maxCalls,
    };
  }

  /**
   * Whether a request that came this way is the trunk's: along the way that we are registered by, from one of its
   * addresses, or with the certificate of one of its servers.
   */
  owns({ flow, remote, peerNames }: Channel): boolean {
    if (flow !== undefined && this.servers.some((server) => server.flow === flow)) return true;
    if (this.networks.has(remote.host)) return true;
    const names = peerNames?.map((name) => name.toLowerCase()) ?? [];
    return this.servers.some(({ uri }) => names.includes(uri.host));
  }

  inboundNumber(number: string): string {
    return rewriteNumber(number, this.settings.numbers.inbound);
  }

  /** Takes a call's place; undefined when there is none. The returned function gives it back, once. */
  admit(): (() => void) | undefined {
    const { maxCalls } = this.settings;
    if (maxCalls !== undefined && this.calls >= maxCalls) return undefined;
    this.calls += 1;
    let held = true;
    return () => {
      if (held) this.calls -= 1;
      held = false;
    };
  }

  place(number: string, caller: CallerIdentity): TrunkPlacement {
    const { name, settings } = this;
    const up = this.servers.filter((server) => server.up);
    if (up.length === 0) return refused(`the trunk ${name} is down`);
    const release = this.admit();
    if (release === undefined) {
      return refused(`the trunk ${name} has its ${settings.maxCalls ?? 0} calls (maxCalls)`);
    }
    if (this.rate?.take(this.parts.clock.now()) === false) {
      release();
      return refused(
        `the trunk ${name} takes ${settings.maxCallRate ?? 0} calls a second (maxCallRate)`,
      );
    }
    return {
      type: 'attempts',
      attempts: up.map((server) => this.attempt(server, number, caller)),
      release,
    };
  }

  start(): void {
    for (const server of this.servers) server.start();
  }

  onFlowClosed(flow: string): void {
    for (const server of this.servers) server.onFlowClosed(flow);
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
  }

  private attempt(server: TrunkServer, number: string, caller: CallerIdentity): TrunkAttempt {
    const { settings } = this;
    const user = rewriteNumber(number, settings.numbers.outbound);
    const requestUri = formatUri({ ...server.uri, user: user === '' ? undefined : user });
    const { from, displayName, headers } = callerHeaders({
      settings: settings.callerId,
      caller,
      account:
        (settings.register === false ? undefined : settings.register.user) ?? settings.username,
      domain: server.uri.host,
      format: settings.numbers.outbound,
      target: requestUri,
    });
    return {
      requestUri,
      from,
      displayName,
      headers: [...headers, ...this.headers],
      // RFC 3608 §5: what the registrar wants our requests to go through.
      routes: server.serviceRoute,
      credentials: credentialsOf(settings),
      codecs: settings.codecs,
      srtp: settings.srtp,
    };
  }
}

function refused(reason: string): TrunkPlacement {
  return { type: 'refused', status: 503, reason };
}
