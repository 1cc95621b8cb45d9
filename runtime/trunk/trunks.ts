import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { Random } from '../core/random';
import type { SipRequest } from '../sip/message/message';
import type { Channel } from '../sip/transport/port';
import type { ElementServices, OutOfDialogOptions, RequestOutcome } from '../sip/ua/port';
import type { CallerIdentity, TrunkPlacement, Trunks, TrunkState } from './port';
import type { TrunkSettings } from '../core/network-settings';
import { Trunk } from './trunk';

export interface TrunksOptions {
  /** By name. */
  readonly trunks: Readonly<Record<string, TrunkSettings>>;
  /** Sends OPTIONS. */
  readonly userAgent: {
    request(options: OutOfDialogOptions): Promise<RequestOutcome>;
  };
  /** Registers. Its transport has to be there when the trunks are started. */
  readonly services: ElementServices;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The trunks of a configuration; nothing is sent before they are started. */
export function createTrunks(options: TrunksOptions): Trunks {
  return new TrunkTable(options);
}

class TrunkTable implements Trunks {
  readonly names: readonly string[];
  private readonly table: ReadonlyMap<string, Trunk>;
  private readonly byUser: ReadonlyMap<string, string>;

  constructor({ trunks, userAgent, ...rest }: TrunksOptions) {
    const parts = { ...rest, request: (request: OutOfDialogOptions) => userAgent.request(request) };
    this.names = Object.keys(trunks);
    this.table = new Map(
      Object.entries(trunks).map(([name, settings]) => [name, new Trunk(name, settings, parts)]),
    );
    const users = new Map<string, string>();
    for (const { name, inboundUser } of this.table.values()) {
      if (inboundUser !== undefined) users.set(inboundUser, name);
    }
    this.byUser = users;
  }

  identify(_request: SipRequest, channel: Channel): string | undefined {
    for (const trunk of this.table.values()) if (trunk.owns(channel)) return trunk.name;
    return undefined;
  }

  byInboundUser(username: string): string | undefined {
    return this.byUser.get(username);
  }

  inboundNumber(trunk: string, number: string): string {
    return this.table.get(trunk)?.inboundNumber(number) ?? number;
  }

  admit(trunk: string): (() => void) | undefined {
    return this.table.get(trunk)?.admit();
  }

  place(trunk: string, number: string, caller: CallerIdentity): TrunkPlacement {
    const found = this.table.get(trunk);
    return found === undefined
      ? { type: 'refused', status: 503, reason: `there is no trunk "${trunk}"` }
      : found.place(number, caller);
  }

  states(): readonly TrunkState[] {
    return Array.from(this.table.values(), ({ state }) => state);
  }

  start(): void {
    for (const trunk of this.table.values()) trunk.start();
  }

  onFlowClosed(flow: string): void {
    for (const trunk of this.table.values()) trunk.onFlowClosed(flow);
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.table.values(), (trunk) => trunk.close()));
  }
}
