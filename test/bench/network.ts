/**
 * What a network element costs: REGISTER without and with digest, OPTIONS, and a call through the proxy, beside
 * Kamailio doing the same; sipp is the phone. Prints microseconds of CPU for each request (or call), at a rate
 * that both hold without retransmission.
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kamailio } from '../peers/support/kamailio';
import { freePort } from '../peers/support/ports';
import { drive, type LoadResult } from './support/load';
import { startElement } from './support/element';
import { cpuOf, sleep, stop } from './support/process';

const quick = process.argv.includes('--quick');
const seconds = quick ? 5 : 20;
const users = 1_000;
const password = 'secret';

interface Subject {
  readonly name: string;
  readonly port: number;
  readonly cpu: () => number;
}

interface Job {
  readonly title: string;
  readonly scenario: string;
  readonly service: string;
  /** A second. */
  readonly rate: number;
  readonly list: boolean;
}

function print(subject: Subject, job: Job, result: LoadResult): void {
  console.log(
    [
      job.title.padEnd(26),
      subject.name.padEnd(12),
      `${job.rate}/s`.padStart(8),
      `${(result.cpuPerCall * 1_000).toFixed(0)} µs CPU`.padStart(14),
      `${result.calls} done`.padStart(13),
      `${result.failed} failed`.padStart(10),
      `${result.retransmissions} retransmissions`.padStart(20),
    ].join(''),
  );
}

async function measure(subject: Subject, job: Job, list: string): Promise<number> {
  const load = {
    scenario: job.scenario,
    service: job.service,
    port: subject.port,
    rate: job.rate,
    ...(job.list ? { list } : {}),
  };
  const process = { cpu: subject.cpu };
  await drive(process, { ...load, calls: job.rate * 3 });
  const result = await drive(process, { ...load, calls: job.rate * seconds });
  print(subject, job, result);
  return result.cpuPerCall;
}

async function compare(job: Job, ours: Subject, peer: Subject, list: string): Promise<void> {
  const mine = await measure(ours, job, list);
  const theirs = await measure(peer, job, list);
  console.log(`${''.padEnd(26)}${(mine / theirs).toFixed(2)} times kamailio`);
}

/** The other end of proxied calls: sipp, which answers at once. */
function startAnswerer(port: number, directory: string) {
  return spawn(
    'sipp',
    [
      ...['-sf', join(__dirname, 'sipp', 'answer.xml'), '-i', '127.0.0.1', '-p', String(port)],
      ...['-mi', '127.0.0.1', '-nostdin', '-buff_size', '4194304'],
    ],
    { cwd: directory, stdio: 'ignore' },
  );
}

function kamailioSubject(kamailio: Kamailio): Subject {
  const pids = kamailio.pids;
  return {
    name: 'kamailio',
    port: kamailio.port,
    cpu: () => pids.reduce((sum, pid) => sum + cpuOf(pid), 0),
  };
}

/** Registers the one that proxied calls go to. */
function registerAnswerer(subject: Subject, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('message', (bytes) => {
      const [first = ''] = bytes.toString().split('\r\n');
      socket.close(() => {
        if (first.includes(' 200 ')) resolve();
        else reject(new Error(`${subject.name} does not register: ${first}`));
      });
    });
    socket.bind(0, '127.0.0.1', () => {
      const address = `sip:answer@127.0.0.1:${subject.port}`;
      const request = [
        `REGISTER sip:127.0.0.1:${subject.port} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bKanswer`,
        'Max-Forwards: 70',
        `From: <${address}>;tag=1`,
        `To: <${address}>`,
        'Call-ID: answer',
        'CSeq: 1 REGISTER',
        `Contact: <sip:answer@127.0.0.1:${port}>`,
        'Expires: 3600',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n');
      socket.send(request, subject.port, '127.0.0.1');
    });
  });
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'callchart-network-bench-'));
  const list = join(directory, 'users.csv');
  const lines = Array.from(
    { length: users },
    (_, index) => `user${index};[authentication username=user${index} password=${password}]`,
  );
  writeFileSync(list, `SEQUENTIAL\n${lines.join('\n')}\n`);
  const names = [...Array.from({ length: users }, (_, index) => `user${index}`), 'answer'];
  const answererPort = await freePort();
  const answerer = startAnswerer(answererPort, directory);
  try {
    const open = await startElement({ users: names, password, authentication: 'none' });
    const plain = await Kamailio.start();
    const ours: Subject = {
      name: 'callchart',
      port: open.port,
      cpu: () => cpuOf(open.process.pid),
    };
    const peer = kamailioSubject(plain);
    await registerAnswerer(ours, answererPort);
    await registerAnswerer(peer, answererPort);
    const jobs: readonly Job[] = [
      { title: 'OPTIONS', scenario: 'options.xml', service: 'ping', rate: 1_000, list: false },
      {
        ...{ title: 'REGISTER', scenario: 'register.xml', service: 'x', rate: 1_000 },
        list: true,
      },
      {
        ...{ title: 'INVITE to BYE, proxied', scenario: 'proxied-call.xml', service: 'answer' },
        ...{ rate: 300, list: false },
      },
    ];
    for (const job of jobs) await compare(job, ours, peer, list);
    await stop(open.process);
    await plain.stop();
    const closed = await startElement({ users: names, password, authentication: 'digest' });
    const asking = await Kamailio.start({ password });
    await compare(
      {
        ...{ title: 'REGISTER, 401, REGISTER', scenario: 'register-digest.xml', service: 'x' },
        ...{ rate: 500, list: true },
      },
      { name: 'callchart', port: closed.port, cpu: () => cpuOf(closed.process.pid) },
      kamailioSubject(asking),
      list,
    );
    await stop(closed.process);
    await asking.stop();
  } finally {
    answerer.kill('SIGKILL');
    await sleep(200);
    rmSync(directory, { recursive: true, force: true });
  }
}

void main();
