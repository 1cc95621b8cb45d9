import { VirtualClock } from '../../../../runtime/core/virtual-clock';
import {
  createDtlsCertificate,
  type DtlsCertificate,
} from '../../../../runtime/media/srtp/certificate';
import type { SrtpKeys } from '../../../../runtime/media/srtp/dtls/association';
import { DtlsClient } from '../../../../runtime/media/srtp/dtls/client';
import { writeMessage } from '../../../../runtime/media/srtp/dtls/message-assembler';
import { MESSAGE } from '../../../../runtime/media/srtp/dtls/messages';
import { readRecords, writeRecord } from '../../../../runtime/media/srtp/dtls/record';
import { DtlsKeying, type DtlsKeyingOptions } from '../../../../runtime/media/srtp/dtls-keying';

const A = { host: '10.0.0.1', port: 4_000 };
const B = { host: '10.0.0.2', port: 5_000 };

const certificateA = createDtlsCertificate(Date.UTC(2026, 0, 5));
const certificateB = createDtlsCertificate(Date.UTC(2026, 0, 5));

/** A client that knows the keys, and uses them for what it should not. */
class RudeClient extends DtlsClient {
  breakOff(): void {
    this.fail('for no reason', 40);
  }

  sayHelloAgain(): void {
    this.sendFlight([this.message(MESSAGE.clientHello, new Uint8Array(60), 1)], false);
  }
}

interface Scene {
  readonly clock: VirtualClock;
  readonly client: RudeClient;
  readonly server: DtlsKeying;
  /** What the server has sent. */
  readonly sent: Buffer[];
  readonly result: {
    clientKeys?: SrtpKeys;
    serverKeys?: SrtpKeys;
    clientFailure?: string;
    serverFailure?: string;
  };
}

type Change = (datagram: Buffer) => Uint8Array;

const as: Change = (datagram) => datagram;

/** A client at A and a server at B; either's datagrams may be changed on their way. */
function meet({ fromClient = as, fromServer = as } = {}): Scene {
  const clock = new VirtualClock();
  const sent: Buffer[] = [];
  const result: Scene['result'] = {};
  const server = new DtlsKeying({
    role: 'server',
    fingerprint: certificateA.fingerprint,
    remote: A,
    certificate: certificateB,
    clock,
    anyHost: true,
    send: (datagram) => {
      sent.push(Buffer.from(datagram));
      const bytes = fromServer(Buffer.from(datagram));
      clock.setTimeout(() => client.receive(bytes), 10);
    },
    onSecured: (keys) => (result.serverKeys = keys),
    onFailed: (reason) => (result.serverFailure = reason),
  });
  const client = new RudeClient({
    clock,
    certificate: certificateA,
    fingerprint: certificateB.fingerprint,
    send: (datagram) => {
      const bytes = fromClient(Buffer.from(datagram));
      clock.setTimeout(() => server.receive(bytes, A.host, A.port), 10);
    },
    onSecured: (keys) => (result.clientKeys = keys),
    onFailed: (reason) => (result.clientFailure = reason),
  });
  client.start();
  return { clock, client, server, sent, result };
}

async function close({ clock, client, server }: Scene): Promise<void> {
  client.close();
  server.close();
  await clock.run(100);
  expect(clock.pending).toBe(0);
}

/** Changes the body of each plain handshake message of a type, in one piece as we send them. */
function rewrite(type: number, change: (body: Buffer) => Uint8Array): Change {
  return (datagram) =>
    Buffer.concat(
      readRecords(datagram).map((record) => {
        const { body, epoch } = record;
        if (record.type !== 22 || epoch !== 0 || body[0] !== type) return writeRecord(record);
        const sequence = Buffer.from(body).readUInt16BE(4);
        const changed = change(Buffer.from(body.subarray(12)));
        return writeRecord({ ...record, body: writeMessage(type, sequence, changed) });
      }),
    );
}

function replace(found: string, by: string): (body: Buffer) => Buffer {
  return (body) => {
    const at = body.indexOf(Buffer.from(found, 'hex'));
    expect(at).toBeGreaterThan(0);
    const result = Buffer.from(body);
    result.write(by, at, 'hex');
    return result;
  };
}

/** Puts bytes in the place of others, and mends the length of the extensions of a ServerHello without session. */
function replaceExtension(found: string, by: string): (body: Buffer) => Buffer {
  return (body) => {
    const at = body.indexOf(Buffer.from(found, 'hex'));
    expect(at).toBeGreaterThan(0);
    const rest = body.subarray(at + found.length / 2);
    const result = Buffer.concat([body.subarray(0, at), Buffer.from(by, 'hex'), rest]);
    const lengthAt = 2 + 32 + 1 + 2 + 1;
    result.writeUInt16BE(result.length - lengthAt - 2, lengthAt);
    return result;
  };
}

function recordsOf(datagrams: readonly Buffer[]): { type: number; epoch: number }[] {
  return datagrams.flatMap((each) => readRecords(each));
}

describe('a DTLS server that does not what it should', () => {
  it.each([
    [
      'speaks DTLS 1.0',
      (body: Buffer) => Buffer.concat([Buffer.from([0xfe, 0xff]), body.subarray(2)]),
      'the peer does not speak DTLS 1.2',
    ],
    [
      'takes a cipher that was not offered',
      replace('c02b00', 'c00900'),
      'the peer has chosen a cipher of its own',
    ],
    [
      'takes an SRTP profile that was not offered',
      replace('000e00050002000100', '000e00050002000700'),
      'the peer has no SRTP profile in common',
    ],
    [
      'takes two SRTP profiles',
      replaceExtension('000e00050002000100', '000e000700040001000200'),
      'the peer has no SRTP profile in common',
    ],
    [
      'leaves SRTP out',
      replaceExtension('000e00050002000100', ''),
      'the peer has no SRTP profile in common',
    ],
    [
      'wants a master key identifier (RFC 5764 §4.1.3)',
      replaceExtension('000e00050002000100', '000e0006000200010107'),
      'the peer wants a master key identifier',
    ],
    [
      'goes on with another handshake (RFC 5746 §3.4)',
      replaceExtension('ff01000100', 'ff0100020109'),
      'the peer goes on with another handshake',
    ],
    [
      'answers an extension that was not there (RFC 5246 §7.4.1.4)',
      replaceExtension('ff01000100', 'ff0100010000230000'),
      'the peer answers what was not asked',
    ],
  ])('and %s is refused at once', async (_, change, reason) => {
    const scene = meet({ fromServer: rewrite(MESSAGE.serverHello, change) });
    await scene.clock.run(100);
    expect(scene.result).toMatchObject({ clientFailure: reason });
    expect(scene.result.clientKeys).toBeUndefined();
    expect(scene.result.serverKeys).toBeUndefined();
    await close(scene);
  });

  it('and takes a group that was not offered is refused', async () => {
    // The signature covers the group: what fails first is that.
    const scene = meet({ fromServer: rewrite(MESSAGE.serverKeyExchange, replace('001d', '0019')) });
    await scene.clock.run(100);
    expect(scene.result.clientFailure).toBe('the peer has not the key of its certificate');
    await close(scene);
  });
});

describe('a DTLS client that does not what it should', () => {
  it.each([
    [
      'speaks no more than DTLS 1.0',
      MESSAGE.clientHello,
      (body: Buffer) => Buffer.concat([Buffer.from([0xfe, 0xff]), body.subarray(2)]),
      'the peer does not speak DTLS 1.2',
    ],
    [
      'has none of our ciphers',
      MESSAGE.clientHello,
      replace('0004c02bc02f', '0004002f0035'),
      'the peer has no cipher in common',
    ],
    [
      'has none of our groups',
      MESSAGE.clientHello,
      replace('000a00080006001d00170018', '000a00080006010001010102'),
      'the peer has no cipher in common',
    ],
    [
      'cannot verify our signature',
      MESSAGE.clientHello,
      replace('000d001200100403', '000d001200100203'),
      'the peer has no cipher in common',
    ],
    [
      'has none of our SRTP profiles',
      MESSAGE.clientHello,
      replace('000e0007000400010002', '000e0007000400070008'),
      'the peer has no SRTP profile in common',
    ],
    [
      'goes on with another handshake (RFC 5746 §3.6)',
      MESSAGE.clientHello,
      replace('ff01000100', 'ff01000105'),
      'the peer goes on with another handshake',
    ],
    [
      'shows no certificate',
      MESSAGE.certificate,
      () => Buffer.alloc(3),
      'the peer shows no certificate',
    ],
    [
      'has a key that makes the secret known',
      MESSAGE.clientKeyExchange,
      () => Buffer.concat([Buffer.from([32]), Buffer.alloc(32)]),
      'the key of the peer is on no curve of ours',
    ],
    [
      'has a key of another length',
      MESSAGE.clientKeyExchange,
      () => Buffer.from([2, 1, 1]),
      'the key of the peer is on no curve of ours',
    ],
  ])('and %s is refused at once', async (_, type, change, reason) => {
    const scene = meet({ fromClient: rewrite(type, change) });
    await scene.clock.run(100);
    expect(scene.result).toMatchObject({ serverFailure: reason });
    expect(scene.result.serverKeys).toBeUndefined();
    expect(scene.result.clientKeys).toBeUndefined();
    await close(scene);
  });

  it('and numbers its hello where ours would run over is not answered, nor does it end anything', async () => {
    const hellos: Buffer[] = [];
    const scene = meet({
      fromClient: (datagram) => {
        hellos.push(datagram);
        return hellos.length === 2 ? Buffer.alloc(0) : datagram;
      },
    });
    await scene.clock.run(100);
    const [, withCookie] = hellos;
    const before = scene.sent.length;
    for (const [message, record] of [
      [0xffff, 1],
      [0xfffe, 1],
      [2, 1],
      [1, 2 ** 48 - 1],
      [1, 2 ** 48 - 3],
    ] as const) {
      const bytes = Buffer.from(withCookie ?? []);
      bytes.writeUIntBE(record, 5, 6);
      bytes.writeUInt16BE(message, 17);
      expect(scene.server.receive(bytes, A.host, A.port)).toBe('dtls-unexpected');
    }
    expect(scene.sent).toHaveLength(before);
    await scene.clock.run(1_000);
    expect(scene.result.serverKeys).toBeDefined();
    await close(scene);
  });
});

describe('a DTLS association that has its keys', () => {
  async function secured(): Promise<Scene> {
    const scene = meet();
    await scene.clock.run(100);
    expect(scene.result.serverKeys?.sendKey).toEqual(scene.result.clientKeys?.receiveKey);
    return scene;
  }

  it('heeds nothing plain: no alert, no message, nothing that is said again', async () => {
    const scene = await secured();
    const before = scene.sent.length;
    const hello = writeMessage(MESSAGE.clientKeyExchange, 1, new Uint8Array(33));
    for (let sequence = 100; sequence < 150; sequence += 1) {
      const record = { version: 0xfefd, epoch: 0, sequence };
      const forged = [
        writeRecord({ ...record, type: 22, body: hello }),
        writeRecord({ ...record, type: 21, body: Uint8Array.of(2, 40) }),
        writeRecord({ ...record, type: 21, body: Uint8Array.of(1, 0) }),
      ];
      scene.server.receive(Buffer.concat(forged), A.host, A.port);
      scene.client.receive(Buffer.concat(forged));
    }
    await scene.clock.run(1_000);
    expect(scene.sent).toHaveLength(before);
    expect(scene.client.secured).toBe(true);
    expect(scene.result).not.toHaveProperty('serverFailure');
    await close(scene);
  });

  it('answers close_notify with its own, under the keys, and leaves those of SRTP as they are', async () => {
    const scene = await secured();
    const before = scene.sent.length;
    scene.client.close();
    await scene.clock.run(100);
    expect(recordsOf(scene.sent.slice(before))).toMatchObject([{ type: 21, epoch: 1 }]);
    expect(scene.result).not.toHaveProperty('serverFailure');
    await close(scene);
    expect(scene.sent).toHaveLength(before + 1);
  });

  it('tells when the peer breaks it off: that alert is authentic', async () => {
    const scene = await secured();
    scene.client.breakOff();
    await scene.clock.run(100);
    expect(scene.result.serverFailure).toBe('the peer has ended the DTLS handshake with alert 40');
    await close(scene);
  });

  it('refuses to begin anew under the same keys, and says so a few times', async () => {
    const scene = await secured();
    const before = scene.sent.length;
    for (let count = 0; count < 50; count += 1) scene.client.sayHelloAgain();
    await scene.clock.run(100);
    const answers = recordsOf(scene.sent.slice(before));
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.length).toBeLessThanOrEqual(6);
    expect(answers.every(({ type, epoch }) => type === 21 && epoch === 1)).toBe(true);
    expect(scene.client.secured).toBe(true);
    await close(scene);
  });
});

describe('a DTLS server among strangers', () => {
  interface Crowd {
    readonly clock: VirtualClock;
    readonly result: { keys?: SrtpKeys; failure?: string; at?: number };
    readonly join: (host: string, port: number, certificate: DtlsCertificate) => void;
    readonly end: () => Promise<void>;
  }

  function crowd(): Crowd {
    const clock = new VirtualClock();
    const clients = new Map<string, DtlsKeying>();
    const result: Crowd['result'] = {};
    const deliver = (to: (bytes: Buffer) => void, datagram: Uint8Array): void => {
      const bytes = Buffer.from(datagram);
      clock.setTimeout(() => to(bytes), 5);
    };
    const options = { clock, anyHost: true, onSecured: () => undefined, onFailed: () => undefined };
    const server = new DtlsKeying({
      ...options,
      role: 'server',
      fingerprint: certificateA.fingerprint,
      remote: A,
      certificate: certificateB,
      send: (datagram, host, port) =>
        deliver(
          (bytes) => clients.get(`${host} ${port}`)?.receive(bytes, B.host, B.port),
          datagram,
        ),
      onSecured: (keys) => (result.keys = keys),
      onFailed: (reason) => {
        result.failure = reason;
        result.at = clock.now();
      },
    } satisfies DtlsKeyingOptions);
    return {
      clock,
      result,
      join: (host, port, certificate) => {
        const keying = new DtlsKeying({
          ...options,
          role: 'client',
          fingerprint: certificateB.fingerprint,
          remote: B,
          certificate,
          send: (datagram) => deliver((bytes) => server.receive(bytes, host, port), datagram),
        });
        clients.set(`${host} ${port}`, keying);
      },
      end: async () => {
        for (const keying of clients.values()) keying.close();
        server.close();
        await clock.run(100);
        expect(clock.pending).toBe(0);
      },
    };
  }

  it('has handshakes left for the negotiated host, however many others have failed', async () => {
    const { clock, result, join, end } = crowd();
    const stranger = createDtlsCertificate(clock.now());
    for (let each = 1; each <= 40; each += 1) {
      join(`198.51.100.${each}`, 7_000, stranger);
      await clock.run(100);
    }
    expect(result).toEqual({});
    join(A.host, A.port, certificateA);
    await clock.run(100);
    expect(result.keys).toBeDefined();
    await end();
  });

  it('is not ended by another behind the NAT of its peer', async () => {
    const { clock, result, join, end } = crowd();
    join(A.host, 60_000, createDtlsCertificate(clock.now()));
    await clock.run(100);
    expect(result).toEqual({});
    join(A.host, A.port, certificateA);
    await clock.run(100);
    expect(result.keys).toBeDefined();
    await end();
  });

  it('says in the end why the last one failed', async () => {
    const { clock, result, join, end } = crowd();
    join('192.0.2.9', 60_000, createDtlsCertificate(clock.now()));
    await clock.run(30_000);
    expect(result.failure).toBe('the certificate of the peer is not that of its fingerprint');
    await end();
  });
});
