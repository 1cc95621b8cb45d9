/**
 * What protection costs a packet of 20 ms PCMU, in µs: SRTP and SRTCP both ways, beside copying the packet, which is
 * the floor, and beside the plain ways of doing the same with `node:crypto`; a DTLS handshake; memory for each call.
 */
import { createCipheriv, createHmac } from 'node:crypto';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import type { MediaSockets, SrtpSuite } from '../../runtime/media/port';
import { createDtlsCertificate } from '../../runtime/media/srtp/certificate';
import { DtlsKeying } from '../../runtime/media/srtp/dtls-keying';
import { SecureSockets } from '../../runtime/media/srtp/secure-sockets';
import { masterSize } from '../../runtime/media/srtp/session-keys';
import { SrtpReceiver } from '../../runtime/media/srtp/srtp-receiver';
import { SrtpSender } from '../../runtime/media/srtp/srtp-sender';

const SIZE = 172;
const HEADER = 12;
/** Packets of one round: less than a turn of the sequence numbers. */
const PACKETS = 50_000;

export interface SrtpCost {
  readonly name: string;
  /** µs of CPU a packet; the median of the rounds. */
  readonly cost: number;
}

/** Runs rounds until the figure is steady; each gets its own state, made outside of the measurement. */
function measure(name: string, prepare: () => (sequence: number) => void, rounds = 9): SrtpCost {
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const step = prepare();
    const start = process.cpuUsage();
    for (let sequence = 0; sequence < PACKETS; sequence += 1) step(sequence);
    const { user, system } = process.cpuUsage(start);
    costs.push((user + system) / PACKETS);
  }
  costs.sort((a, b) => a - b);
  return { name, cost: costs[costs.length >> 1] ?? 0 };
}

function master(suite: SrtpSuite): Uint8Array {
  return Uint8Array.from({ length: masterSize(suite) }, (_, index) => index);
}

function rtp(): Buffer {
  const packet = Buffer.alloc(SIZE, 0x55);
  packet[0] = 0x80;
  packet.writeUInt32BE(0x1234, 8);
  return packet;
}

function number(packet: Uint8Array, sequence: number): void {
  packet[2] = sequence >>> 8;
  packet[3] = sequence;
}

function copying(): SrtpCost {
  return measure('copying', () => {
    const packet = rtp();
    const out = new Uint8Array(SIZE);
    return (sequence) => {
      number(packet, sequence);
      for (let at = 0; at < SIZE; at += 1) out[at] = packet[at] as number;
    };
  });
}

function naive(): SrtpCost {
  const key = Buffer.alloc(16, 1);
  const iv = Buffer.alloc(16, 2);
  const roc = Buffer.alloc(4);
  return measure('a cipher and an HMAC object for each packet', () => {
    const packet = rtp();
    return (sequence) => {
      number(packet, sequence);
      iv.writeUInt16BE(sequence, 12);
      const payload = createCipheriv('aes-128-ctr', key, iv).update(packet.subarray(HEADER));
      const hmac = createHmac('sha1', key).update(packet.subarray(0, HEADER));
      hmac.update(payload).update(roc).digest();
    };
  });
}

function persistent(): SrtpCost {
  const key = Buffer.alloc(16, 1);
  const roc = Buffer.alloc(4);
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const counters = Buffer.alloc(160);
  return measure(
    'one cipher for all, its key stream packet by packet, an HMAC object for each',
    () => {
      const packet = rtp();
      return (sequence) => {
        number(packet, sequence);
        for (let at = 0; at < 160; at += 16) counters.writeUInt32BE(sequence, at + 12);
        const stream = cipher.update(counters);
        for (let at = 0; at < 160; at += 1) {
          packet[HEADER + at] = (packet[HEADER + at] as number) ^ (stream[at] as number);
        }
        createHmac('sha1', key).update(packet).update(roc).digest();
      };
    },
  );
}

function protect(suite: SrtpSuite): SrtpCost {
  return measure(`protect, ${suite}`, () => {
    const sender = new SrtpSender(suite, master(suite));
    const packet = rtp();
    const out = new Uint8Array(200);
    return (sequence) => {
      number(packet, sequence);
      if (sender.protectRtp(packet, SIZE, out) === 0) throw new Error('not protected');
    };
  });
}

function unprotect(suite: SrtpSuite): SrtpCost {
  const sender = new SrtpSender(suite, master(suite));
  const out = new Uint8Array(200);
  const packets = Array.from({ length: PACKETS }, (_, sequence) => {
    const packet = rtp();
    number(packet, sequence);
    return out.slice(0, sender.protectRtp(packet, SIZE, out));
  });
  return measure(`unprotect, ${suite}`, () => {
    const receiver = new SrtpReceiver(suite, master(suite));
    return (sequence) => {
      const packet = packets[sequence] as Uint8Array;
      if (receiver.unprotectRtp(packet, out) !== 'ok') throw new Error('not authentic');
    };
  });
}

function refuse(suite: SrtpSuite): SrtpCost {
  return measure('refuse a packet of another key', () => {
    const receiver = new SrtpReceiver(suite, master(suite));
    const packet = rtp();
    const out = new Uint8Array(200);
    return (sequence) => {
      number(packet, sequence | 0x8000);
      if (receiver.unprotectRtp(packet, out) === 'ok') throw new Error('authentic');
    };
  });
}

function control(suite: SrtpSuite): SrtpCost {
  return measure('protect and unprotect RTCP, 52 bytes', () => {
    const sender = new SrtpSender(suite, master(suite));
    const receiver = new SrtpReceiver(suite, master(suite));
    const packet = Buffer.alloc(52, 3);
    packet.writeUInt32BE(0x80c8000c, 0);
    const out = new Uint8Array(66);
    const plain = new Uint8Array(66);
    return () => {
      if (sender.protectRtcp(packet, 52, out) !== 66) throw new Error('not protected');
      if (receiver.unprotectRtcp(out, plain) !== 'ok') throw new Error('not authentic');
    };
  });
}

function sockets(security: 'none' | SrtpSuite): SrtpCost {
  const name = security === 'none' ? 'without security' : `with ${security}`;
  return measure(`sockets there and back, ${name}`, () => {
    const clock = new VirtualClock();
    const local = { host: '10.0.0.1', port: 4_000 };
    const lower: MediaSockets = {
      local,
      // What is sent comes back at once.
      sendRtp: (packet, host, port) => lower.receiver?.onRtp(packet, host, port),
      sendRtcp: () => undefined,
      receiver: undefined,
      release: () => undefined,
    };
    const secure = new SecureSockets(lower, {
      clock,
      anyHost: true,
      onDrop: (reason) => {
        throw new Error(reason);
      },
      onFailed: () => undefined,
    });
    let heard = 0;
    secure.receiver = {
      onRtp: (packet) => {
        heard += packet.length;
      },
      onRtcp: () => undefined,
    };
    if (security !== 'none') {
      const key = master(security);
      secure.secure({ type: 'sdes', suite: security, sendKey: key, receiveKey: key }, local);
    }
    const packet = rtp();
    return (sequence) => {
      number(packet, sequence);
      secure.sendRtp(packet, local.host, local.port);
      if (heard !== SIZE * (sequence + 1)) throw new Error('not heard');
    };
  });
}

/** µs of CPU for both sides of a handshake, without the network. */
async function handshake(count: number): Promise<number> {
  const clock = new VirtualClock();
  const [a, b] = [createDtlsCertificate(clock.now()), createDtlsCertificate(clock.now())];
  const [atA, atB] = [
    { host: '10.0.0.1', port: 4_000 },
    { host: '10.0.0.2', port: 5_000 },
  ];
  const start = process.cpuUsage();
  let secured = 0;
  for (let index = 0; index < count; index += 1) {
    const ends: DtlsKeying[] = [];
    const end = (place: 0 | 1): DtlsKeying =>
      new DtlsKeying({
        role: place === 0 ? 'server' : 'client',
        fingerprint: (place === 0 ? b : a).fingerprint,
        remote: place === 0 ? atB : atA,
        certificate: place === 0 ? a : b,
        clock,
        anyHost: false,
        send: (datagram) => {
          const from = place === 0 ? atA : atB;
          clock.setTimeout(() => ends[1 - place]?.receive(datagram, from.host, from.port), 1);
        },
        onSecured: () => {
          secured += 1;
        },
        onFailed: (reason) => {
          throw new Error(reason);
        },
      });
    ends.push(end(0));
    ends.push(end(1));
    await clock.run(20);
    for (const each of ends) each.close();
    await clock.run(5);
  }
  if (secured !== 2 * count) throw new Error('a handshake failed');
  const { user, system } = process.cpuUsage(start);
  return (user + system) / count;
}

/** Bytes that a call's keys and counters take, both directions, RTP and RTCP, on and off the heap. */
function memory(calls: number): number {
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const kept: unknown[] = [];
  const packet = rtp();
  const report = Buffer.alloc(52, 3);
  report.writeUInt32BE(0x80c8000c, 0);
  const out = new Uint8Array(200);
  const plain = new Uint8Array(200);
  const resident = (): number => {
    globalThis.gc?.();
    return process.memoryUsage.rss();
  };
  const before = resident();
  for (let call = 0; call < calls; call += 1) {
    const sender = new SrtpSender(suite, master(suite));
    const receiver = new SrtpReceiver(suite, master(suite));
    receiver.unprotectRtp(out.subarray(0, sender.protectRtp(packet, SIZE, out)), plain);
    receiver.unprotectRtcp(out.subarray(0, sender.protectRtcp(report, 52, out)), plain);
    kept.push(sender, receiver);
  }
  const used = (resident() - before) / calls;
  return kept.length === 2 * calls ? used : 0;
}

/** Measures all and prints it. */
export async function run(): Promise<SrtpCost[]> {
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const results: SrtpCost[] = [];
  console.log(`µs of CPU a packet of ${SIZE} bytes`);
  const cases: readonly (() => SrtpCost)[] = [
    copying,
    naive,
    persistent,
    () => protect(suite),
    () => unprotect(suite),
    () => protect('AES_CM_128_HMAC_SHA1_32'),
    () => unprotect('AES_CM_128_HMAC_SHA1_32'),
    () => protect('AES_256_CM_HMAC_SHA1_80'),
    () => unprotect('AES_256_CM_HMAC_SHA1_80'),
    () => refuse(suite),
    () => control(suite),
    () => sockets('none'),
    () => sockets(suite),
  ];
  for (const measured of cases) {
    const result = measured();
    console.log(`${result.cost.toFixed(2).padStart(8)}  ${result.name}`);
    results.push(result);
  }
  const costs = await handshake(300);
  console.log(`${costs.toFixed(0).padStart(8)}  a DTLS handshake, both sides`);
  console.log(`${(memory(2_000) / 1_024).toFixed(1).padStart(8)}  KiB for the keys of a call`);
  return results;
}

if (require.main === module) void run();
