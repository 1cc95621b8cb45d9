/**
 * The path of a call through the whole server without a socket: octets of INVITE, ACK and BYE in, octets
 * of 100 and 200 out, a flow that answers and waits. What is left of the cost of a call when the kernel
 * is taken away: for finding out what to make cheaper.
 *
 * `--alloc` prints where memory is allocated instead, in bytes a call.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig } from '../../runtime/config/resolve';
import { createServer } from '../../runtime/main';
import type { MediaNetwork, MediaSockets } from '../../runtime/media/port';
import type { ServerParts } from '../../runtime/service/port';
import { allocations, printAllocations } from './support/allocations';
import { median } from './support/process';
import { Wire } from './support/wire';

class NoMedia implements MediaNetwork {
  open = 0;
  private port = 20_000;

  allocate(host: string): Promise<MediaSockets> {
    this.open += 1;
    this.port = this.port === 59_998 ? 20_000 : this.port + 2;
    return Promise.resolve({
      local: { host, port: this.port },
      sendRtp: () => undefined,
      sendRtcp: () => undefined,
      receiver: undefined,
      release: () => {
        this.open -= 1;
      },
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const sdp = [
  'v=0',
  'o=peer 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 6000 RTP/AVP 0 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  '',
].join('\r\n');

function request(method: string, call: number, cseq: number, toTag: string, body = ''): string {
  return [
    `${method} sip:wait@127.0.0.1:5060 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-${call}-${cseq}-${method}`,
    `From: "Peer" <sip:peer@127.0.0.1:5070>;tag=tag${call}`,
    `To: <sip:wait@127.0.0.1:5060>${toTag === '' ? '' : `;tag=${toTag}`}`,
    `Call-ID: ${call}-12345@127.0.0.1`,
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:peer@127.0.0.1:5070>',
    'Max-Forwards: 70',
    'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO',
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

/** A server without sockets, and the way to put calls through it. */
export interface CallPath {
  /** CPU microseconds for each of so many calls, one after the other. */
  calls(count: number): Promise<number>;
  /** Closes the server; fails when calls were lost or are left. */
  close(): Promise<void>;
}

/** @param parts what the server does with its calls, beside counting their records. */
export async function callPath(parts: Pick<ServerParts, 'onFlowLog'> = {}): Promise<CallPath> {
  const wire = new Wire();
  let answer = '';
  wire.onSent = (bytes) => {
    if (bytes[8] === 0x32) answer = Buffer.from(bytes).toString('latin1');
  };
  const directory = mkdtempSync(join(tmpdir(), 'callchart-call-path-'));
  const config = resolveConfig(
    {
      sip: { listen: ['udp:127.0.0.1:5060'], maxCalls: 100_000 },
      flows: { files: [join(__dirname, 'flows', 'wait.flow.ts')] },
      // All calls come from one source.
      security: { maxRequestsPerSecond: 0, maxFailures: 0 },
      prompts: { directory: join(__dirname, '..', '..', 'prompts') },
    },
    { source: 'bench', directory, environment: {} },
  );
  let records = 0;
  const server = await createServer(config, {
    version: 'bench',
    datagrams: wire,
    mediaNetwork: new NoMedia(),
    ...parts,
    onRecord: (record) => {
      records += JSON.stringify(record).length > 0 ? 1 : 0;
    },
  });
  let call = 0;
  const one = async (): Promise<void> => {
    call += 1;
    answer = '';
    wire.deliver(request('INVITE', call, 1, '', sdp));
    while (answer === '') await new Promise((resolve) => setImmediate(resolve));
    const tag = /\r\nTo: [^\r]*;tag=([^\r;]*)/i.exec(answer)?.[1] ?? '';
    wire.deliver(request('ACK', call, 1, tag));
    await new Promise((resolve) => setImmediate(resolve));
    wire.deliver(request('BYE', call, 2, tag));
    await new Promise((resolve) => setImmediate(resolve));
  };
  const calls = async (count: number): Promise<number> => {
    const before = process.cpuUsage();
    for (let i = 0; i < count; i += 1) await one();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  };
  return {
    calls,
    close: async () => {
      const left = server.open.calls;
      await server.close();
      rmSync(directory, { recursive: true });
      if (records !== call || left !== 0) throw new Error('calls were lost or left open');
    },
  };
}

async function main(): Promise<void> {
  const path = await callPath();
  await path.calls(4_000);
  if (process.argv.includes('--alloc')) {
    printAllocations(await allocations(() => path.calls(4_000)), 4_000);
  } else {
    const rounds: number[] = [];
    for (let round = 0; round < 7; round += 1) rounds.push(await path.calls(2_000));
    console.log(
      `a call without sockets: ${median(rounds).toFixed(0)} µs CPU, ${Math.min(...rounds).toFixed(0)} at best`,
    );
  }
  await path.close();
  process.exit(0);
}

if (require.main === module) void main();
