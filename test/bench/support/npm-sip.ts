import { createRequire } from 'node:module';

/** The part of the npm package `sip` that the benchmarks compare with; it has no types of its own. */
export interface NpmSip {
  parse(octets: Uint8Array): unknown;
  stringify(message: unknown): string;
  makeResponse(request: unknown, status: number, reason: string, extension: unknown): unknown;
}

export interface NpmSipRequest {
  readonly headers: {
    readonly via: readonly unknown[];
    readonly contact: readonly unknown[];
    readonly to: object;
    readonly 'record-route': unknown;
    readonly allow?: string;
    readonly supported?: string;
  };
  readonly content: string;
}

export function loadNpmSip(): NpmSip {
  return createRequire(__filename)('sip') as NpmSip;
}
