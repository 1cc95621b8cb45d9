import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { signatureOf, verifySignature } from '../../runtime/web/signature';

const now = Date.UTC(2026, 0, 5, 9);
const body = '{"call":{"id":"1"}}';

describe('a signature', () => {
  it('is the time and HMAC-SHA256 over time, full stop and body, for each key', () => {
    const time = now / 1_000;
    const sign = (key: string): string =>
      createHmac('sha256', key).update(`${time}.${body}`).digest('hex');
    expect(signatureOf(body, ['old', 'new'], now + 999)).toBe(
      `t=${time},v1=${sign('old')},v1=${sign('new')}`,
    );
  });

  it('is accepted by whoever has one of the keys, during a change of keys and after it', () => {
    const both = signatureOf(body, ['new', 'old'], now);
    for (const keys of ['old', 'new', ['new', 'next'], ['next', 'old']]) {
      expect(verifySignature(both, body, keys, { now })).toBe(true);
    }
    expect(verifySignature(both, Buffer.from(body), 'old', { now })).toBe(true);
    expect(verifySignature(signatureOf(body, ['new'], now), body, 'old', { now })).toBe(false);
  });

  it('is refused when it is old, or from the future, or of another body', () => {
    const header = signatureOf(body, ['key'], now);
    const accepts = (options: object, text = body): boolean =>
      verifySignature(header, text, 'key', { now, ...options });
    expect(accepts({ now: now + 300_000 })).toBe(true);
    expect(accepts({ now: now + 300_001 })).toBe(false);
    expect(accepts({ now: now - 300_001 })).toBe(false);
    expect(accepts({ now: now + 2_000, tolerance: 1_000 })).toBe(false);
    expect(accepts({}, `${body} `)).toBe(false);
    expect(verifySignature(header.replace('t=1', 't=2'), body, 'key', { now })).toBe(false);
  });

  it('that is none is refused, and so are no keys', () => {
    for (const header of [undefined, null, '', 't=', 'v1=ab', `t=${now / 1_000}`, 't=x,v1=00']) {
      expect(verifySignature(header, body, 'key', { now })).toBe(false);
    }
    const empty = signatureOf(body, [''], now);
    expect(verifySignature(empty, body, '', { now })).toBe(false);
    expect(verifySignature(signatureOf(body, ['key'], now), body, [], { now })).toBe(false);
  });

  it('of any bytes and any key is accepted, and no text in its place makes it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string({ minLength: 1 }), fc.string(), (bytes, key, text) => {
        const header = signatureOf(bytes, [key], now);
        expect(verifySignature(header, bytes, key, { now })).toBe(true);
        expect(verifySignature(text, bytes, key, { now })).toBe(false);
        expect(verifySignature(`t=${now / 1_000},v1=${text}`, bytes, key, { now })).toBe(false);
      }),
    );
  });
});
