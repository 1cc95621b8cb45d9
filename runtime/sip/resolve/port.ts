import type { Uri } from '../message/uri';
import type { Target, TransportProtocol } from '../transport/port';

/**
 * Where a request for a URI goes (RFC 3263): the targets in the order in which they are to be tried, at least
 * one. Implemented over the system's resolver, over a given DNS server, and by the simulation.
 */
export interface Resolver {
  /**
   * The answer is immediate when nothing has to be asked: an IP literal. Rejects (or throws) with a
   * `CallchartError` `CALLCHART_SIP_NO_ROUTE`, status 503 (404 for a name that does not exist), when there is no
   * target, and within a bounded time when the DNS never answers.
   */
  resolve(uri: Uri): readonly Target[] | Promise<readonly Target[]>;
  close(): void;
}

export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly name: string;
}

export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
}

/**
 * The questions that RFC 3263 asks; an empty list where there is no such record, or no such name. Rejects when
 * there is no answer.
 */
export interface DnsClient {
  naptr(name: string): Promise<readonly NaptrRecord[]>;
  srv(name: string): Promise<readonly SrvRecord[]>;
  a(name: string): Promise<readonly string[]>;
  aaaa(name: string): Promise<readonly string[]>;
  /** Gives up the questions that are open. */
  close?(): void;
}

/** Which transports we can send by; RFC 3263 §4.1 chooses among those. */
export type SendableProtocols = (protocol: TransportProtocol, family?: 4 | 6) => boolean;
