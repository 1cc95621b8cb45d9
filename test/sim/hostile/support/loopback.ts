import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallchartConfig } from '../../../../runtime/core/config';
import { settle } from '../../../../runtime/core/virtual-clock';
import { TestAuthority } from '../../../sip/transport/certificates';
import { serverAddress, type World } from '../../support/world';

/** Connections are the machine's own; time, datagrams and RTP are simulated, so that nobody has to wait. */
const listen = [
  `udp:${serverAddress.host}:${serverAddress.port}`,
  ...['tcp', 'tls', 'ws', 'wss'].map((protocol) => `${protocol}:127.0.0.1:0`),
];

/** What a server needs to listen by all protocols, with an authority for its certificate and those of clients. */
export class Loopback {
  private constructor(
    readonly authority: TestAuthority,
    private readonly directory: string,
  ) {}

  static async create(): Promise<Loopback> {
    const directory = mkdtempSync(join(tmpdir(), 'callchart-hostile-'));
    const authority = await TestAuthority.create();
    const { certificate, key } = await authority.issue({ addresses: ['127.0.0.1'] });
    writeFileSync(join(directory, 'cert.pem'), certificate);
    writeFileSync(join(directory, 'key.pem'), key);
    writeFileSync(join(directory, 'ca.pem'), authority.certificate);
    return new Loopback(authority, directory);
  }

  get sip(): NonNullable<CallchartConfig['sip']> {
    const file = (name: string): string => join(this.directory, name);
    return {
      listen,
      tls: {
        certificate: file('cert.pem'),
        key: file('key.pem'),
        ca: file('ca.pem'),
        clientCertificates: 'optional',
      },
    };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}

/** Where the world's server listens by a protocol. */
export function loopbackAddress(
  world: World,
  protocol: 'TCP' | 'TLS' | 'WS' | 'WSS',
): { readonly protocol: typeof protocol; readonly host: string; readonly port: number } {
  const listener = world.server.listeners.find((each) => each.protocol === protocol);
  if (listener === undefined) throw new Error(`nobody listens by ${protocol}`);
  return { protocol, host: listener.host, port: listener.port };
}

/** Lets sockets do what they are at while the clock stands, until something is so. */
export async function untilSo(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}

/** Lets so much time go by, and the machine's sockets have their turns. */
export async function pass(world: World, duration: number): Promise<void> {
  for (let left = duration; left > 0; left -= 500) {
    for (let turn = 0; turn < 5; turn += 1) await settle();
    await world.run(Math.min(left, 500));
  }
}
