import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { RealClock } from '../../runtime/core/clock';
import type { Fingerprint } from '../../runtime/media/port';
import { createDtlsCertificate, fingerprintOf } from '../../runtime/media/srtp/certificate';
import type { SrtpKeys } from '../../runtime/media/srtp/dtls/association';
import { DtlsKeying, type DtlsKeyingOptions } from '../../runtime/media/srtp/dtls-keying';
import { freePort } from './support/ports';

const HOST = '127.0.0.1';
const EXPORT = ['-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', '60'];

const folder = mkdtempSync(join(tmpdir(), 'openssl-dtls-'));
const clock = new RealClock();
const ours = createDtlsCertificate(clock.now());

afterAll(() => rmSync(folder, { recursive: true }));

interface Identity {
  readonly files: readonly string[];
  readonly fingerprint: Fingerprint;
}

function identity(name: string, kind: readonly string[]): Identity {
  const key = join(folder, `${name}.key`);
  const certificate = join(folder, `${name}.pem`);
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', ...kind, '-nodes', '-days', '2', '-subj', '/CN=peer'],
    ...['-keyout', key, '-out', certificate],
  ]);
  if (made.status !== 0) throw new Error(made.stderr.toString());
  const { raw } = new X509Certificate(readFileSync(certificate));
  const fingerprint = fingerprintOf(raw, 'sha-256');
  if (fingerprint === undefined) throw new Error('no fingerprint');
  return { files: ['-cert', certificate, '-key', key], fingerprint };
}

const ecdsa = identity('ecdsa', ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']);
const p384 = identity('p384', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1']);
const rsa = identity('rsa', ['rsa:2048']);

/** openssl as it talks: what it prints is what it knows. */
class OpenSsl {
  output = '';
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting: (() => void)[] = [];

  constructor(args: readonly string[], configuration?: string) {
    const settings = configuration === undefined ? {} : { OPENSSL_CONF: configuration };
    this.child = spawn('openssl', [...args], { env: { ...process.env, ...settings } });
    const hear = (chunk: Buffer): void => {
      this.output += chunk.toString('latin1');
      for (const look of this.waiting) look();
    };
    this.child.stdout.on('data', hear);
    this.child.stderr.on('data', hear);
  }

  /** Resolves with the first group as soon as it was printed. */
  async says(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = pattern.exec(this.output);
        if (found !== null) resolve(found[1] ?? found[0]);
      };
      this.waiting.push(look);
      look();
    });
  }

  type(text: string): void {
    this.child.stdin.write(text);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }
}

/** OpenSSL 3.0 has no option of the command for this. */
function withoutExtendedMasterSecret(): string {
  const file = join(folder, 'openssl.cnf');
  const lines = [
    ...['openssl_conf = start', '[start]', 'ssl_conf = ssl', '[ssl]', 'system_default = all'],
    ...['[all]', 'Options = -ExtendedMasterSecret'],
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

interface Ours {
  readonly socket: Socket;
  readonly keying: DtlsKeying;
  readonly secured: Promise<SrtpKeys>;
  close(): void;
}

function start(
  socket: Socket,
  options: Pick<DtlsKeyingOptions, 'role' | 'fingerprint' | 'remote'>,
): Ours {
  let succeed: (keys: SrtpKeys) => void;
  let fail: (error: Error) => void;
  const secured = new Promise<SrtpKeys>((resolve, reject) => {
    succeed = resolve;
    fail = reject;
  });
  const keying = new DtlsKeying({
    ...options,
    certificate: ours,
    clock,
    anyHost: false,
    send: (datagram, host, port) => socket.send(datagram, port, host),
    onSecured: (keys) => succeed(keys),
    onFailed: (reason) => fail(new Error(reason)),
  });
  socket.on('message', (bytes, { address, port }) => {
    keying.receive(bytes, address, port);
  });
  return {
    socket,
    keying,
    secured,
    close() {
      keying.close();
      socket.close();
    },
  };
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, HOST);
  await once(socket, 'listening');
  return socket;
}

const KEYS = /Keying material: ([0-9A-F]{120})/;

/** RFC 5764 §4.2: the keys of client and server, then their salts. */
function split(material: string): { readonly client: string; readonly server: string } {
  return {
    client: material.slice(0, 32) + material.slice(64, 92),
    server: material.slice(32, 64) + material.slice(92),
  };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();

const PROFILES = [
  ['SRTP_AES128_CM_SHA1_80', 'AES_CM_128_HMAC_SHA1_80'],
  ['SRTP_AES128_CM_SHA1_32', 'AES_CM_128_HMAC_SHA1_32'],
] as const;

describe('DTLS with OpenSSL', () => {
  const server = async (
    peer: Identity,
    args: readonly string[],
  ): Promise<{ readonly openssl: OpenSsl; readonly port: number }> => {
    const port = await freePort();
    const openssl = new OpenSsl([
      ...['s_server', '-dtls1_2', '-accept', `${HOST}:${port}`, ...peer.files, ...EXPORT],
      ...['-Verify', '1', ...args],
    ]);
    await openssl.says(/ACCEPT/);
    return { openssl, port };
  };

  it.each([
    ...PROFILES.map(([profile, suite]) => ['ECDSA', ecdsa, profile, suite, []] as const),
    ['RSA', rsa, ...PROFILES[0], []] as const,
    ['P-384', p384, ...PROFILES[0], []] as const,
    ['P-256 for the exchange', ecdsa, ...PROFILES[0], ['-named_curve', 'prime256v1']] as const,
    ['small fragments', rsa, ...PROFILES[0], ['-mtu', '256']] as const,
    ['a cookie', ecdsa, ...PROFILES[0], ['-listen']] as const,
  ])('as a server, with %s: the same keys', async (_, peer, profile, suite, args) => {
    const { openssl, port } = await server(peer, ['-use_srtp', profile, ...args]);
    const end = start(await bound(), {
      role: 'client',
      fingerprint: peer.fingerprint,
      remote: { host: HOST, port },
    });
    try {
      const keys = await end.secured;
      const { client, server: theirs } = split(await openssl.says(KEYS));
      expect(keys.suite).toBe(suite);
      expect(hex(keys.sendKey)).toBe(client);
      expect(hex(keys.receiveKey)).toBe(theirs);
    } finally {
      end.close();
      await openssl.stop();
    }
  });

  it.each([
    ...PROFILES.map(([profile, suite]) => ['ECDSA', ecdsa, profile, suite, []] as const),
    [
      'both profiles',
      ecdsa,
      PROFILES.map(([name]) => name)
        .reverse()
        .join(':'),
      PROFILES[0][1],
      [],
    ] as const,
    ['RSA', rsa, ...PROFILES[0], []] as const,
    ['P-384', p384, ...PROFILES[0], []] as const,
    ['P-256 for the exchange', ecdsa, ...PROFILES[0], ['-groups', 'P-256']] as const,
    ['small fragments', rsa, ...PROFILES[0], ['-mtu', '420']] as const,
    ['no extended master secret', ecdsa, ...PROFILES[0], []] as const,
  ])('as a client, with %s: the same keys', async (name, peer, profile, suite, args) => {
    const socket = await bound();
    const from = await freePort();
    const end = start(socket, {
      role: 'server',
      fingerprint: peer.fingerprint,
      remote: { host: HOST, port: from },
    });
    const { port } = socket.address();
    const extended = name !== 'no extended master secret';
    const openssl = new OpenSsl(
      [
        ...['s_client', '-dtls1_2', '-connect', `${HOST}:${port}`, '-bind', `${HOST}:${from}`],
        ...[...peer.files, ...EXPORT, '-use_srtp', profile, ...args],
      ],
      extended ? undefined : withoutExtendedMasterSecret(),
    );
    try {
      const keys = await end.secured;
      const { client, server: theirs } = split(await openssl.says(KEYS));
      expect(keys.suite).toBe(suite);
      expect(hex(keys.sendKey)).toBe(theirs);
      expect(hex(keys.receiveKey)).toBe(client);
      expect(openssl.output).toContain(`Extended master secret: ${extended ? 'yes' : 'no'}`);
    } finally {
      end.close();
      await openssl.stop();
    }
  });

  it('is refused when it shows another certificate than SDP said, in either role', async () => {
    const { openssl, port } = await server(ecdsa, ['-use_srtp', PROFILES[0][0]]);
    const client = start(await bound(), {
      role: 'client',
      fingerprint: rsa.fingerprint,
      remote: { host: HOST, port },
    });
    await expect(client.secured).rejects.toThrow('not that of its fingerprint');
    await openssl.says(/alert bad certificate/);
    client.close();
    await openssl.stop();

    const socket = await bound();
    const from = await freePort();
    const end = start(socket, {
      role: 'server',
      fingerprint: rsa.fingerprint,
      remote: { host: HOST, port: from },
    });
    const caller = new OpenSsl([
      ...['s_client', '-dtls1_2', '-connect', `${HOST}:${socket.address().port}`],
      ...['-bind', `${HOST}:${from}`],
      ...[...ecdsa.files, '-use_srtp', PROFILES[0][0]],
    ]);
    await expect(end.secured).rejects.toThrow('not that of its fingerprint');
    await caller.says(/alert bad certificate/);
    end.close();
    await caller.stop();
  });

  it('is told that we speak no DTLS 1.0, and none of its ciphers but one', async () => {
    for (const [args, alert] of [
      [['-dtls1', '-cipher', 'DEFAULT@SECLEVEL=0'], /alert protocol version/],
      [['-dtls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384'], /alert handshake failure/],
      [['-dtls1_2', '-groups', 'P-521'], /alert handshake failure/],
    ] as const) {
      const socket = await bound();
      const from = await freePort();
      const end = start(socket, {
        role: 'server',
        fingerprint: ecdsa.fingerprint,
        remote: { host: HOST, port: from },
      });
      const failed = expect(end.secured).rejects.toThrow(/DTLS 1.2|cipher/);
      const caller = new OpenSsl([
        ...['s_client', '-connect', `${HOST}:${socket.address().port}`],
        ...['-bind', `${HOST}:${from}`, ...ecdsa.files, '-use_srtp', PROFILES[0][0], ...args],
      ]);
      await failed;
      await caller.says(alert);
      end.close();
      await caller.stop();
    }
  });

  it('may not begin anew under the same keys', async () => {
    const socket = await bound();
    const from = await freePort();
    const end = start(socket, {
      role: 'server',
      fingerprint: ecdsa.fingerprint,
      remote: { host: HOST, port: from },
    });
    const openssl = new OpenSsl([
      ...['s_client', '-dtls1_2', '-connect', `${HOST}:${socket.address().port}`, '-msg'],
      ...['-bind', `${HOST}:${from}`, ...ecdsa.files, '-use_srtp', PROFILES[0][0]],
    ]);
    await end.secured;
    await openssl.says(/Verify return code/);
    openssl.type('R\n');
    await openssl.says(/error:.*no renegotiation/);
    await openssl.stop();
    end.close();
  });
});
