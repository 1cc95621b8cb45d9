import type { CallRecord } from '../../../runtime/call/call-record';
import { resolveConfig } from '../../../runtime/config/resolve';
import { formatAddress, type NetworkAddress } from '../../../runtime/core/address';
import type { CallchartConfig } from '../../../runtime/core/config';
import type { LogFields, Logger } from '../../../runtime/core/logger';
import { SeededRandom } from '../../../runtime/core/random';
import type { Clock } from '../../../runtime/core/clock';
import { createServer, type Server } from '../../../runtime/main';
import { destinationOf, noRoute, targetAt } from '../../../runtime/sip/resolve/destination';
import type { Resolver } from '../../../runtime/sip/resolve/port';
import { isIP } from 'node:net';
import type { ServiceData } from '../../../runtime/service/data';
import { MemoryData } from '../../support/memory-data';
import { MemoryFiles } from '../../support/memory-files';
import type { SimulatedNetwork } from '../../support/simulated-network';
import { SimulatedPrompts } from './prompts';

/** A DNS of addresses: each name one or several hosts, in the order in which they are tried. */
export function namedHosts(names: Readonly<Record<string, string | readonly string[]>>): Resolver {
  return {
    resolve(uri) {
      const destination = destinationOf(uri);
      const { host, port } = destination;
      const protocol = destination.protocol ?? 'UDP';
      const found = isIP(host) === 0 ? names[host] : host;
      if (found === undefined) throw noRoute(`no host has the name ${host}`, 404);
      const hosts = typeof found === 'string' ? [found] : found;
      return hosts.map((each) => targetAt(destination, protocol, each, port));
    },
    close: () => undefined,
  };
}

export interface ServerAtOptions {
  readonly clock: Clock;
  readonly network: SimulatedNetwork;
  readonly address: NetworkAddress;
  readonly seed?: number;
  readonly config?: CallchartConfig;
  readonly data?: ServiceData;
  readonly resolver?: Resolver;
  readonly onRecord?: (record: CallRecord) => void;
  /** Told of what is logged as an error. */
  readonly onError?: (message: string, fields: LogFields) => void;
}

/** A whole server at one address of a simulated network: several of them make a network of elements. */
export function openServerAt(options: ServerAtOptions): Promise<Server> {
  const { clock, network, address, config, seed = 1 } = options;
  const resolved = resolveConfig(
    {
      ...config,
      sip: { listen: [`udp:${formatAddress(address)}`], ...config?.sip },
      flows: { apology: 'apology', ...config?.flows },
      // Nothing is written there: recordings go to memory.
      recordings: { directory: '/simulated/recordings' },
    },
    { source: 'simulation', directory: process.cwd(), environment: {} },
  );
  const nothing = (): void => undefined;
  const logger: Logger = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (fields, message) => options.onError?.(message, fields),
  };
  return createServer(resolved, {
    version: 'simulated',
    clock,
    random: new SeededRandom((seed * 1_000_003 + hostNumber(address.host)) >>> 0),
    logger,
    datagrams: network,
    mediaNetwork: network.media(),
    recordingFiles: new MemoryFiles(),
    prompts: new SimulatedPrompts(),
    resolver: options.resolver ?? namedHosts({}),
    data: options.data ?? new MemoryData(),
    onRecord: options.onRecord ?? nothing,
  });
}

function hostNumber(host: string): number {
  return host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) >>> 0;
}
