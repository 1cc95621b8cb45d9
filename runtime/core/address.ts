/** Where packets go to or come from: an IP literal (IPv6 without brackets) and a port. */
export interface NetworkAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:5060`, `[::1]:5060`. */
export function formatAddress(address: NetworkAddress): string {
  return `${formatHost(address.host)}:${address.port}`;
}

/** An IPv6 literal in brackets, anything else as it is (RFC 3261 §25.1 `host`). */
export function formatHost(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
