import { isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createServer,
  type PeerCertificate,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import type { Security } from './security';
import type { Target } from './port';
import {
  contextFor,
  loadTls,
  noTls,
  type TlsCredentials,
  type TlsOptions,
} from './tls-credentials';
import { certificateNames, checkServerName } from './tls-names';

/** Node ends handshakes by a timer of its own; ours is always earlier. */
const nodeHandshakeTimeout = 120_000;

/** Who we are to TLS peers, for all listeners and clients of a layer; it can change while they stand. */
export class TlsIdentity {
  private readonly changed = new Set<() => void>();

  private constructor(private current: TlsCredentials) {}

  /** Rejects as {@link loadTls} does. */
  static async load(options: TlsOptions): Promise<TlsIdentity> {
    return new TlsIdentity(await loadTls(options));
  }

  /** Nobody: for a layer that only connects to others. */
  static anonymous(): TlsIdentity {
    return new TlsIdentity(noTls());
  }

  get credentials(): TlsCredentials {
    return this.current;
  }

  /** Reads all again; what was read before stays when that fails. */
  async reload(): Promise<void> {
    this.current = await loadTls(this.current.options);
    for (const callback of this.changed) callback();
  }

  onChange(callback: () => void): void {
    this.changed.add(callback);
  }
}

/**
 * TLS for the connections of one listener: SIP's rules for whom a certificate speaks for (RFC 5922), or
 * those of the web, which RFC 7118 §9.1 has for secure WebSockets.
 */
export class TlsSecurity implements Security {
  readonly ready = 'secureConnect';
  /** Does the handshakes; it listens nowhere, the sockets are given to it. */
  private readonly engine: Server | undefined;
  /** Those whose handshake is under way, by {@link keyOf}. */
  private readonly waiting = new Map<
    string,
    (secured: TLSSocket, peerNames: readonly string[] | undefined) => void
  >();

  constructor(
    private readonly identity: TlsIdentity,
    private readonly rules: 'sip' | 'web',
  ) {
    if (this.hasCertificate) this.engine = this.createEngine();
  }

  get hasCertificate(): boolean {
    return this.identity.credentials.own !== undefined;
  }

  accept(
    socket: Socket,
    callback: (secured: TLSSocket, peerNames: readonly string[] | undefined) => void,
  ): void {
    const key = keyOf(socket);
    this.waiting.set(key, callback);
    socket.once('close', () => {
      if (this.waiting.get(key) === callback) this.waiting.delete(key);
    });
    this.engine?.emit('connection', socket);
  }

  dial({ host, port }: Target, name: string, localAddress: string | undefined): TLSSocket {
    const { client, options } = this.identity.credentials;
    return connect({
      host,
      port,
      secureContext: client,
      // RFC 6066 §3 knows no addresses in SNI.
      servername: isIP(name) === 0 ? name : '',
      rejectUnauthorized: options.verify !== false,
      checkServerIdentity: (_host, certificate) => this.checkName(name, certificate),
      ...(localAddress === undefined ? {} : { localAddress }),
    });
  }

  private checkName(name: string, certificate: PeerCertificate): Error | undefined {
    return this.rules === 'sip'
      ? checkServerName(name, certificate)
      : checkServerIdentity(name, certificate);
  }

  private createEngine(): Server {
    const { identity } = this;
    const { clientCertificates = 'off' } = identity.credentials.options;
    const engine = createServer({
      ...contextOptions(identity.credentials),
      requestCert: clientCertificates !== 'off',
      rejectUnauthorized: clientCertificates === 'required',
      handshakeTimeout: nodeHandshakeTimeout,
      SNICallback: (name, callback) => callback(null, contextFor(identity.credentials, name)),
    });
    identity.onChange(() => engine.setSecureContext(contextOptions(identity.credentials)));
    engine.on('secureConnection', (socket) => this.onSecured(socket));
    // The socket closes, and with it the handshake is over for whoever waits.
    engine.on('tlsClientError', (_error, socket) => socket.destroy());
    return engine;
  }

  private onSecured(socket: TLSSocket): void {
    const key = keyOf(socket);
    const callback = this.waiting.get(key);
    this.waiting.delete(key);
    if (callback === undefined) {
      socket.destroy();
      return;
    }
    // Each handshake that a client asks for again costs us more than it.
    socket.disableRenegotiation();
    const { clientCertificates = 'off' } = this.identity.credentials.options;
    if (clientCertificates === 'off') {
      callback(socket, undefined);
      return;
    }
    // Without a certificate this is an empty object.
    const certificate: Partial<PeerCertificate> = socket.getPeerCertificate();
    const shown = certificate.raw !== undefined;
    if (shown && !socket.authorized) socket.destroy();
    else callback(socket, shown ? certificateNames(socket.getPeerCertificate()) : undefined);
  }
}

function contextOptions({ own, ca }: TlsCredentials): SecureContextOptions {
  return { ...own, ...(ca === undefined ? {} : { ca }) };
}

/** The peer's address: while its connection stands, nobody else on this listener has it. */
function keyOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''}|${socket.remotePort ?? 0}`;
}
