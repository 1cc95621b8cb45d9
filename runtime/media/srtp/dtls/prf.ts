import { createHash, createHmac } from 'node:crypto';

/** The pseudo-random function of TLS 1.2 with SHA-256 (RFC 5246 §5). */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, size: number): Buffer {
  const start = Buffer.concat([Buffer.from(label, 'ascii'), seed]);
  const blocks: Buffer[] = [];
  let chain = start;
  for (let made = 0; made < size; made += 32) {
    chain = createHmac('sha256', secret).update(chain).digest();
    blocks.push(createHmac('sha256', secret).update(chain).update(start).digest());
  }
  return Buffer.concat(blocks).subarray(0, size);
}

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
