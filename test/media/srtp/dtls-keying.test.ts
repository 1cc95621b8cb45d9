import fc from 'fast-check';
import { SeededRandom } from '../../../runtime/core/random';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { createDtlsCertificate } from '../../../runtime/media/srtp/certificate';
import type { SrtpKeys } from '../../../runtime/media/srtp/dtls/association';
import { DtlsKeying, type DtlsKeyingOptions } from '../../../runtime/media/srtp/dtls-keying';

const A = { host: '10.0.0.1', port: 4_000 };
const B = { host: '10.0.0.2', port: 5_000 };

const certificateA = createDtlsCertificate(Date.UTC(2026, 0, 5));
const certificateB = createDtlsCertificate(Date.UTC(2026, 0, 5));

interface Sent {
  readonly bytes: Buffer;
  readonly from: 'a' | 'b';
  readonly at: number;
}

interface End {
  readonly keying: DtlsKeying;
  keys: SrtpKeys | undefined;
  failure: string | undefined;
}

type Fate = (sent: Sent) => readonly { readonly delay: number; readonly bytes: Uint8Array }[];

const arrive: Fate = ({ bytes }) => [{ delay: 10, bytes }];

interface Setup {
  readonly fate?: Fate;
  readonly a?: Partial<DtlsKeyingOptions>;
  readonly b?: Partial<DtlsKeyingOptions>;
  /** Where b's packets seem to come from. */
  readonly from?: { readonly host: string; readonly port: number };
}

/** A client at A and a server at B, and what they sent each other. */
function meet({ fate = arrive, a = {}, b = {}, from = A }: Setup = {}): {
  readonly clock: VirtualClock;
  readonly client: End;
  readonly server: End;
  readonly sent: Sent[];
  readonly close: () => void;
} {
  const clock = new VirtualClock();
  const sent: Sent[] = [];
  const ends: { client?: End; server?: End } = {};
  const carry = (side: 'a' | 'b', datagram: Uint8Array): void => {
    const one = { bytes: Buffer.from(datagram), from: side, at: clock.now() };
    sent.push(one);
    for (const { delay, bytes } of fate(one)) {
      clock.setTimeout(() => {
        if (side === 'a') ends.server?.keying.receive(bytes, from.host, from.port);
        else ends.client?.keying.receive(bytes, B.host, B.port);
      }, delay);
    }
  };
  const end = (side: 'a' | 'b', options: Partial<DtlsKeyingOptions>): End => {
    const result: { keys: SrtpKeys | undefined; failure: string | undefined } = {
      keys: undefined,
      failure: undefined,
    };
    const keying = new DtlsKeying({
      role: side === 'a' ? 'client' : 'server',
      fingerprint: side === 'a' ? certificateB.fingerprint : certificateA.fingerprint,
      remote: side === 'a' ? B : A,
      certificate: side === 'a' ? certificateA : certificateB,
      clock,
      anyHost: true,
      send: (datagram) => carry(side, datagram),
      onSecured: (keys) => {
        result.keys = keys;
      },
      onFailed: (reason) => {
        result.failure = reason;
      },
      ...options,
    });
    return Object.assign(result, { keying });
  };
  const server = (ends.server = end('b', b));
  const client = (ends.client = end('a', a));
  return {
    clock,
    client,
    server,
    sent,
    close: () => {
      client.keying.close();
      server.keying.close();
    },
  };
}

function expectKeys(client: End, server: End): void {
  expect(client.keys).toBeDefined();
  expect(server.keys?.suite).toBe(client.keys?.suite);
  expect(server.keys?.sendKey).toEqual(client.keys?.receiveKey);
  expect(server.keys?.receiveKey).toEqual(client.keys?.sendKey);
  expect(client.keys?.sendKey).toHaveLength(30);
  expect(client.keys?.sendKey).not.toEqual(client.keys?.receiveKey);
}

describe('DTLS for SRTP', () => {
  it('gives both sides the same keys, each its own way round, within three round trips', async () => {
    const { clock, client, server, close } = meet();
    await clock.run(60);
    expectKeys(client, server);
    expect(client.keys?.suite).toBe('AES_CM_128_HMAC_SHA1_80');
    close();
    expect(clock.pending).toBe(2);
    await clock.run(100);
    expect(clock.pending).toBe(0);
  });

  it('leaves no timer when it is done, and none when it is closed half-way', async () => {
    const done = meet();
    await done.clock.run(1_000);
    expect(done.clock.pending).toBe(0);
    done.close();
    const half = meet({ fate: () => [] });
    await half.clock.run(700);
    expect(half.clock.pending).toBe(2);
    half.close();
    expect(half.clock.pending).toBe(0);
  });

  it('comes through any loss, doubling and reordering that leaves something', async () => {
    let done = 0;
    // Signatures differ in length from run to run, and so does what is lost: few lose seven times in a row.
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = new SeededRandom(seed);
      const { clock, client, server, close } = meet({
        fate: ({ bytes }) =>
          Array.from({ length: random.uint32() % 10 < 3 ? 0 : 1 + (random.uint32() % 2) }, () => ({
            delay: random.uint32() % 80,
            bytes,
          })),
      });
      await clock.run(25_000);
      if (client.keys !== undefined && server.keys !== undefined) {
        expectKeys(client, server);
        done += 1;
      }
      close();
    }
    expect(done).toBeGreaterThanOrEqual(57);
  });

  it('takes the last flight again when it was lost', async () => {
    let last = 0;
    const { clock, client, server, close } = meet({
      fate: (one) => {
        // The server's third datagram is its last flight.
        if (one.from === 'b') last += 1;
        return one.from === 'b' && last === 3 ? [] : arrive(one);
      },
    });
    await clock.run(100);
    expect(server.keys).toBeDefined();
    expect(client.keys).toBeUndefined();
    await clock.run(1_000);
    expectKeys(client, server);
    close();
  });

  it('ends with no keys when the peer has another certificate than SDP said', async () => {
    const wrongServer = meet({ a: { fingerprint: certificateA.fingerprint } });
    await wrongServer.clock.run(30_000);
    expect(wrongServer.client).toMatchObject({
      keys: undefined,
      failure: 'the certificate of the peer is not that of its fingerprint',
    });
    expect(wrongServer.server.keys).toBeUndefined();

    const wrongClient = meet({ b: { fingerprint: certificateB.fingerprint } });
    await wrongClient.clock.run(30_000);
    expect(wrongClient.server).toMatchObject({
      keys: undefined,
      failure: 'the certificate of the peer is not that of its fingerprint',
    });
    // RFC 5763 §5: nothing protected by such an association counts.
    expect(wrongClient.client.keys).toBeUndefined();
  });

  it('refuses whoever shows the right certificate without its key', async () => {
    const stolenByServer = meet({
      b: { certificate: { ...certificateB, privateKey: certificateA.privateKey } },
    });
    await stolenByServer.clock.run(30_000);
    expect(stolenByServer.client).toMatchObject({
      keys: undefined,
      failure: 'the peer has not the key of its certificate',
    });

    const stolenByClient = meet({
      a: { certificate: { ...certificateA, privateKey: certificateB.privateKey } },
    });
    await stolenByClient.clock.run(30_000);
    expect(stolenByClient.server).toMatchObject({
      keys: undefined,
      failure: 'the peer has not the key of its certificate',
    });
    expect(stolenByClient.client.keys).toBeUndefined();
  });

  it('believes no fingerprint of a hash function that must not be used (RFC 8122 §5)', async () => {
    for (const algorithm of ['md2', 'md5', 'constructor', '']) {
      const { clock, client } = meet({ a: { fingerprint: { algorithm, value: 'AB:CD' } } });
      await clock.run(1_000);
      expect(client.keys).toBeUndefined();
      expect(client.failure).toMatch(/fingerprint/);
    }
  });

  it('notices when a message was changed on its way', async () => {
    // Each byte of each plain handshake message of either side, a step at a time.
    for (let datagram = 1; datagram <= 3; datagram += 1) {
      for (const side of ['a', 'b'] as const) {
        for (let at = 60; at < 500; at += 37) {
          const counts = { a: 0, b: 0 };
          const { clock, client, server, close } = meet({
            fate: (one) => {
              counts[one.from] += 1;
              if (one.from !== side || counts[side] !== datagram || at >= one.bytes.length) {
                return arrive(one);
              }
              const bytes = Buffer.from(one.bytes);
              bytes[at] = (bytes[at] as number) ^ 0x01;
              return [{ delay: 10, bytes }];
            },
          });
          await clock.run(30_000);
          // Either it was repeated and all went well, or both know that it did not.
          if (client.keys === undefined) expect(client.failure).toBeDefined();
          else expectKeys(client, server);
          close();
        }
      }
    }
  });

  it('is neither broken nor held up by garbage between its datagrams', async () => {
    const garbage = fc.record({
      first: fc.integer({ min: 20, max: 63 }),
      rest: fc.uint8Array({ maxLength: 200 }),
      plausible: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(garbage, { minLength: 1, maxLength: 20 }), async (pieces) => {
        const noise = pieces.map(({ first, rest, plausible }) => {
          const bytes = Buffer.concat([Buffer.from([first]), rest]);
          if (!plausible || bytes.length < 13) return bytes;
          // A record header that fits, and behind it what chance gives.
          bytes.set([22, 0xfe, 0xfd, 0, 0], 0);
          bytes.writeUInt16BE(bytes.length - 13, 11);
          return bytes;
        });
        const { clock, client, server, close } = meet({
          fate: (one) => [...noise.map((bytes) => ({ delay: 5, bytes })), ...arrive(one)],
        });
        await clock.run(60);
        expectKeys(client, server);
        close();
      }),
      { numRuns: 100 },
    );
  });

  it('gets through its own datagrams cut off and changed anywhere, as long as the right ones follow', async () => {
    const change = fc.record({ at: fc.nat(800), value: fc.nat(255), cut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const { clock, client, server, close } = meet({
          fate: (one) => {
            // Cut-off ones only: a message that is whole and wrong is for the test before.
            const cuts = changes.map(({ at }) => one.bytes.subarray(0, at % one.bytes.length));
            return [...cuts.map((bytes) => ({ delay: 5, bytes })), ...arrive(one)];
          },
        });
        await clock.run(60);
        expectKeys(client, server);
        close();
      }),
      { numRuns: 60 },
    );
  });

  it('never throws, nor gives two sides different keys, whatever of a handshake comes changed and in whatever order', async () => {
    const change = fc.record({
      from: fc.nat(7),
      to: fc.constantFrom('client', 'server'),
      at: fc.nat(900),
      value: fc.nat(255),
      changed: fc.boolean(),
      wait: fc.nat(30),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 30 }), async (changes) => {
        const ends = meet();
        for (const { from, to, at, value, changed, wait } of changes) {
          const bytes = Buffer.from(ends.sent[from % ends.sent.length]?.bytes ?? []);
          if (changed && bytes.length > 0) bytes[at % bytes.length] = value;
          const source = to === 'client' ? B : A;
          ends[to].keying.receive(bytes, source.host, source.port);
          await ends.clock.run(wait);
        }
        await ends.clock.run(30_000);
        const { client, server } = ends;
        if (client.keys !== undefined && server.keys !== undefined) expectKeys(client, server);
        expect(client.keys ?? client.failure).toBeDefined();
        expect(server.keys ?? server.failure).toBeDefined();
        ends.close();
        await ends.clock.run(100);
        expect(ends.clock.pending).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('tells when nobody answers, after a bounded time and a bounded number of packets', async () => {
    const { clock, client, server, sent } = meet({ fate: () => [] });
    await clock.run(15_800);
    expect(client.failure).toBeUndefined();
    await clock.run(100);
    expect(client.failure).toBe('the peer does not answer the DTLS handshake');
    await clock.run(10_000);
    expect(server.failure).toBe('no DTLS handshake came to an end');
    expect(sent).toHaveLength(7);
    expect(clock.pending).toBe(0);
  });

  it('is not ended by an alert that anybody may have sent, but waits no longer than once more', async () => {
    const alert = Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]);
    const { clock, client, server, close } = meet({
      fate: (one) => [{ delay: 5, bytes: alert }, ...arrive(one)],
    });
    await clock.run(60);
    expectKeys(client, server);
    close();
    const refused = meet({ fate: () => [] });
    refused.client.keying.receive(alert, B.host, B.port);
    await refused.clock.run(130);
    expect(refused.client.failure).toBe('the peer has ended the DTLS handshake with alert 40');
    refused.close();
  });

  it('sends nothing to an address that was not shown to be right but less than came from it', async () => {
    const { clock, sent, close } = meet({ fate: (one) => (one.from === 'a' ? arrive(one) : []) });
    await clock.run(14_000);
    const fromServer = sent.filter(({ from }) => from === 'b');
    const fromClient = sent.filter(({ from }) => from === 'a');
    expect(fromServer).toHaveLength(fromClient.length);
    for (const [place, { bytes }] of fromServer.entries()) {
      expect(bytes.length).toBeLessThan((fromClient[place] as Sent).bytes.length / 2);
    }
    close();
  });

  it('repeats a flight a few times at most, however often the peer repeats itself', async () => {
    const { clock, client, sent, server, close } = meet();
    await clock.run(60);
    expectKeys(client, server);
    const before = sent.length;
    const last = sent.filter(({ from }) => from === 'a').at(-1) as Sent;
    for (let count = 0; count < 1_000; count += 1) {
      server.keying.receive(last.bytes, A.host, A.port);
    }
    expect(sent.length - before).toBeLessThanOrEqual(6);
    close();
  });

  it('lets a peer behind NAT in from another host, but only where that is allowed', async () => {
    const from = { host: '192.0.2.77', port: 61_000 };
    const natted = meet({ from });
    await natted.clock.run(1_000);
    expectKeys(natted.client, natted.server);
    const strict = meet({ from, b: { anyHost: false } });
    await strict.clock.run(30_000);
    expect(strict.server.keys).toBeUndefined();
    expect(strict.sent.every((one) => one.from === 'a')).toBe(true);
  });

  it('is not kept from its peer by strangers who try, nor ended by them', async () => {
    const clock = new VirtualClock();
    const stranger = createDtlsCertificate(clock.now());
    const clients = new Map<string, DtlsKeying>();
    const result: { keys?: SrtpKeys; failure?: string; clientKeys?: SrtpKeys } = {};
    const server = new DtlsKeying({
      role: 'server',
      fingerprint: certificateA.fingerprint,
      remote: A,
      certificate: certificateB,
      clock,
      anyHost: true,
      send: (datagram, host) => {
        const bytes = Buffer.from(datagram);
        clock.setTimeout(() => clients.get(host)?.receive(bytes, B.host, B.port), 10);
      },
      onSecured: (keys) => {
        result.keys = keys;
      },
      onFailed: (reason) => {
        result.failure = reason;
      },
    });
    const join = (host: string, port: number, real: boolean): void => {
      const keying = new DtlsKeying({
        role: 'client',
        fingerprint: certificateB.fingerprint,
        remote: B,
        certificate: real ? certificateA : stranger,
        clock,
        anyHost: true,
        send: (datagram) => {
          const bytes = Buffer.from(datagram);
          clock.setTimeout(() => server.receive(bytes, host, port), 10);
        },
        onSecured: (keys) => {
          if (real) result.clientKeys = keys;
        },
        onFailed: () => undefined,
      });
      clients.set(host, keying);
    };
    for (let each = 1; each <= 30; each += 1) join(`198.51.100.${each}`, 7_000, false);
    await clock.run(2_000);
    expect(result).toEqual({});
    join(A.host, A.port, true);
    await clock.run(1_000);
    expect(result.keys?.sendKey).toEqual(result.clientKeys?.receiveKey);
    expect(result.failure).toBeUndefined();
    for (const keying of clients.values()) keying.close();
    server.close();
    await clock.run(100);
    expect(clock.pending).toBe(0);
  });

  it('does not begin anew for whoever asks once it has its keys', async () => {
    const { clock, server, close } = meet();
    await clock.run(1_000);
    const { keys } = server;
    const other = meet({ from: A });
    const hello = (other.sent[0] as Sent).bytes;
    expect(server.keying.receive(hello, A.host, A.port)).toBe('dtls-unexpected');
    expect(server.keys).toBe(keys);
    other.close();
    close();
  });

  it('takes datagrams as a client from the address that it asked only', async () => {
    const { clock, client, sent, close } = meet({
      fate: (one) => (one.from === 'a' ? arrive(one) : []),
    });
    await clock.run(100);
    const verify = sent.find(({ from }) => from === 'b') as Sent;
    expect(client.keying.receive(verify.bytes, '198.51.100.1', B.port)).toBe('stranger');
    expect(client.keying.receive(verify.bytes, B.host, 1)).toBe('stranger');
    expect(client.keying.receive(verify.bytes, B.host, B.port)).toBe('ok');
    close();
  });

  it('fails where we have no certificate, and waits where the peer has no address', async () => {
    const clock = new VirtualClock();
    const failures: string[] = [];
    const options: DtlsKeyingOptions = {
      role: 'client',
      fingerprint: certificateB.fingerprint,
      remote: { host: '0.0.0.0', port: 9 },
      certificate: certificateA,
      clock,
      anyHost: true,
      send: () => failures.push('sent'),
      onSecured: () => undefined,
      onFailed: (reason) => failures.push(reason),
    };
    new DtlsKeying(options);
    await clock.run(60_000);
    expect(failures).toEqual([]);
    new DtlsKeying({ ...options, certificate: undefined });
    expect(failures).toEqual([]);
    await clock.run(1);
    expect(failures).toEqual(['there is no certificate for DTLS']);
  });
});
