import { token, type Random } from '../../core/random';
import type { Connection } from './connection';
import type { KeepAliveOptions } from './port';
import { FlowChannel } from './stream-channels';
import type { StreamListener } from './stream-listener';

interface Flow {
  readonly connection: Connection;
  readonly listener: StreamListener;
}

/** The connections of a layer by their names (RFC 5626 §3.1). */
export class Flows {
  private readonly open = new Map<string, Flow>();
  /** Of this process: so a name from another one is never taken for one of ours. */
  private prefix: string | undefined;
  private count = 0;

  next(random: Random): string {
    this.prefix ??= token(random);
    this.count += 1;
    return `${this.prefix}-${this.count}`;
  }

  add(connection: Connection, listener: StreamListener): void {
    this.open.set(connection.facts.flow, { connection, listener });
  }

  remove(flow: string): void {
    this.open.delete(flow);
  }

  /** The way along a connection that is still open. */
  channel(flow: string): FlowChannel | undefined {
    const { connection, listener } = this.open.get(flow) ?? {};
    if (connection?.usable !== true || listener === undefined) return undefined;
    return new FlowChannel(listener, connection);
  }

  /** See {@link TransportLayer.keepAlive}. */
  keepAlive(flow: string, options: KeepAliveOptions): () => void {
    if (flow.startsWith('udp/')) return () => undefined;
    const { connection } = this.open.get(flow) ?? {};
    if (connection !== undefined) return connection.keepAlive(options);
    let stopped = false;
    process.nextTick(() => {
      if (!stopped) options.onFailed();
    });
    return () => {
      stopped = true;
    };
  }
}
