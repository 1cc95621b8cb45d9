import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { createDtlsCertificate } from '../../../runtime/media/srtp/certificate';
import { DtlsKeying } from '../../../runtime/media/srtp/dtls-keying';
import { EarlyHellos } from '../../../runtime/media/srtp/early-hellos';

const certificate = createDtlsCertificate(Date.UTC(2026, 0, 5));

function hello(): Buffer {
  const clock = new VirtualClock();
  let first: Buffer | undefined;
  const keying = new DtlsKeying({
    role: 'client',
    fingerprint: certificate.fingerprint,
    remote: { host: '10.0.0.1', port: 1 },
    certificate,
    clock,
    anyHost: true,
    send: (datagram) => (first ??= Buffer.from(datagram)),
    onSecured: () => undefined,
    onFailed: () => undefined,
  });
  keying.close();
  return first ?? Buffer.alloc(0);
}

describe('early hellos', () => {
  it('are given back once, as they were, in their order', () => {
    const early = new EarlyHellos(new VirtualClock());
    const [first, second] = [hello(), hello()];
    const sent = Buffer.from(first);
    expect(early.hold(sent, 'a', 1)).toBe(true);
    sent.fill(0);
    expect(early.hold(second, 'a', 2)).toBe(true);
    expect(early.take()).toMatchObject([
      { datagram: new Uint8Array(first), host: 'a', port: 1 },
      { datagram: new Uint8Array(second), host: 'a', port: 2 },
    ]);
    expect(early.take()).toEqual([]);
  });

  it('are four at most, the last ones, and one of each source', () => {
    const early = new EarlyHellos(new VirtualClock());
    for (let port = 1; port <= 100; port += 1) {
      early.hold(hello(), 'a', port);
      early.hold(hello(), 'a', 100);
    }
    expect(early.take().map(({ port }) => port)).toEqual([97, 98, 99, 100]);
  });

  it('are worth an answer for a few seconds', async () => {
    const clock = new VirtualClock();
    const early = new EarlyHellos(clock);
    early.hold(hello(), 'a', 1);
    await clock.run(3_000);
    early.hold(hello(), 'a', 2);
    await clock.run(1_001);
    expect(early.take().map(({ port }) => port)).toEqual([2]);
  });

  it('are hellos in one piece and of a sensible size, nothing else', () => {
    const early = new EarlyHellos(new VirtualClock());
    const whole = hello();
    expect(early.hold(Buffer.from([22, 0xfe, 0xfd]), 'a', 1)).toBe(false);
    expect(early.hold(whole.subarray(0, whole.length - 1), 'a', 1)).toBe(false);
    expect(early.hold(Buffer.concat([whole, Buffer.alloc(1_500)]), 'a', 1)).toBe(false);
    expect(early.hold(Buffer.alloc(200, 0x80), 'a', 1)).toBe(false);
    expect(early.take()).toEqual([]);
  });
});
