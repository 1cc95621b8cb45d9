import { SeededRandom } from '../../../runtime/core/random';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { Nonces } from '../../../runtime/sip/auth/nonces';

const lifetime = 60_000;

function setup(maxUsed?: number): { nonces: Nonces; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { clock, nonces: new Nonces(clock, new SeededRandom(1), lifetime, maxUsed) };
}

describe('a nonce', () => {
  it('is never the same twice, and costs no memory when it is issued', () => {
    const { nonces } = setup();
    const issued = new Set(Array.from({ length: 1000 }, () => nonces.issue()));
    expect(issued.size).toBe(1000);
    expect(nonces.size).toBe(0);
  });

  it('tells when it was issued, and every change of a character makes it foreign', () => {
    const { nonces, clock } = setup();
    const nonce = nonces.issue();
    expect(nonces.issuedAt(nonce)).toBe(clock.now());
    for (let at = 0; at < nonce.length; at += 1) {
      const other = nonce[at] === 'A' ? 'B' : 'A';
      expect(nonces.issuedAt(nonce.slice(0, at) + other + nonce.slice(at + 1))).toBeUndefined();
    }
    expect(nonces.issuedAt('')).toBeUndefined();
    expect(nonces.issuedAt(`${nonce}A`)).toBeUndefined();
    expect(nonces.issuedAt(nonce.replace(/.$/, '='))).toBeUndefined();
    expect(nonces.issuedAt('é'.repeat(40))).toBeUndefined();
  });

  it('of another process is foreign', () => {
    const other = new Nonces(new VirtualClock(), new SeededRandom(2), lifetime);
    expect(setup().nonces.issuedAt(other.issue())).toBeUndefined();
    expect(setup().nonces.use(other.issue(), 1)).toBe('stale');
  });

  it('is good for its lifetime and no longer', () => {
    const { nonces, clock } = setup();
    const nonce = nonces.issue();
    clock.advance(lifetime);
    expect(nonces.use(nonce, 1)).toBe('fresh');
    clock.advance(1);
    expect(nonces.use(nonce, 2)).toBe('stale');
  });

  it('is good once for each count, in whatever order requests arrive', () => {
    const { nonces } = setup();
    const nonce = nonces.issue();
    const uses = [2, 1, 2, 1, 5, 3, 4, 5, 3].map((count) => nonces.use(nonce, count));
    expect(uses).toEqual([
      'fresh',
      'fresh',
      'replayed',
      'replayed',
      'fresh',
      'fresh',
      'fresh',
      'replayed',
      'replayed',
    ]);
  });

  it('is stale for a count too far behind to know, after any leap forward', () => {
    const { nonces } = setup();
    const nonce = nonces.issue();
    expect(nonces.use(nonce, 1)).toBe('fresh');
    expect(nonces.use(nonce, 33)).toBe('fresh');
    expect(nonces.use(nonce, 2)).toBe('fresh');
    expect(nonces.use(nonce, 1)).toBe('stale');
    expect(nonces.use(nonce, 0xffff_ffff)).toBe('fresh');
    expect(nonces.use(nonce, 0xffff_ffff)).toBe('replayed');
    expect(nonces.use(nonce, 33)).toBe('stale');
  });

  it('is good for one request where the client does not count', () => {
    const { nonces } = setup();
    const nonce = nonces.issue();
    expect(nonces.use(nonce, undefined)).toBe('fresh');
    expect(nonces.use(nonce, undefined)).toBe('stale');
  });

  it('is forgotten once it has aged', () => {
    const { nonces, clock } = setup();
    for (let i = 0; i < 10; i += 1) nonces.use(nonces.issue(), 1);
    expect(nonces.size).toBe(10);
    clock.advance(lifetime + 1);
    nonces.use(nonces.issue(), 1);
    expect(nonces.size).toBe(1);
  });

  it('cannot be replayed when the memory was full and it was forgotten', () => {
    const { nonces, clock } = setup(3);
    const issued = Array.from({ length: 4 }, () => {
      clock.advance(10);
      return nonces.issue();
    });
    for (const nonce of issued) expect(nonces.use(nonce, 1)).toBe('fresh');
    expect(nonces.size).toBe(3);
    expect(nonces.use(issued[0] as string, 1)).toBe('stale');
    expect(nonces.use(issued[0] as string, 2)).toBe('stale');
    expect(nonces.use(issued[3] as string, 2)).toBe('fresh');
  });
});
