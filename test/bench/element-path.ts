/**
 * The path of what a registrar and a proxy do through the whole server, without a socket: octets in, octets out,
 * the bindings in a database. What is left of their cost when the kernel is taken away: for finding out what to
 * make cheaper.
 *
 * `--alloc` prints where memory is allocated instead, in bytes a request (or call).
 */
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from '../../runtime/main';
import { allocations, printAllocations } from './support/allocations';
import { addUsers } from './support/element';
import { elementConfig } from './support/element-config';
import { Wire } from './support/wire';

const users = 1_000;
const password = 'secret';
const phonePort = 5_070;
const calleePort = 5_072;
const serial = { last: 0 };

interface Element {
  readonly server: Server;
  readonly wire: Wire;
  /** The last final response that the phone got, and all that came to the callee. */
  readonly heard: { answer: string; forwarded: string };
}

async function start(directory: string, authentication: 'digest' | 'none'): Promise<Element> {
  const data = join(directory, authentication);
  const names = Array.from({ length: users }, (_, index) => `user${index}`);
  addUsers(data, { users: [...names, 'answer'], password });
  const wire = new Wire();
  const config = elementConfig({ listen: 'udp:127.0.0.1:5060', data, authentication });
  const server = await createServer(config, {
    version: 'bench',
    datagrams: wire,
    onRecord: () => undefined,
  });
  const heard = { answer: '', forwarded: '' };
  wire.onSent = (bytes) => {
    // `SIP/2.0 1…`: a provisional response interests nobody here.
    if (bytes[0] !== 0x53 || bytes[7] !== 0x20) heard.forwarded = textOf(bytes);
    else if (bytes[8] !== 0x31) heard.answer = textOf(bytes);
  };
  return { server, wire, heard };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function request(
  method: string,
  { user, callId, cseq }: { user: string; callId: string; cseq: number },
  { uri, more = [] }: { uri: string; more?: readonly string[] },
): string {
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${phonePort};branch=z9hG4bK-${++serial.last}`,
    `From: <sip:${user}@127.0.0.1:5060>;tag=${callId}`,
    `To: <sip:${user}@127.0.0.1:5060>`,
    `Call-ID: ${callId}@127.0.0.1`,
    `CSeq: ${cseq} ${method}`,
    `Contact: <sip:${user}@127.0.0.1:${phonePort}>`,
    'Max-Forwards: 70',
    'User-Agent: phone',
    ...more,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

type Work = (element: Element, index: number) => void;

function expect(element: Element, status: string): string {
  const { answer } = element.heard;
  if (!answer.startsWith(`SIP/2.0 ${status}`)) throw new Error(`not ${status}: ${answer}`);
  element.heard.answer = '';
  return answer;
}

const ping: Work = (element, index) => {
  const uri = 'sip:127.0.0.1:5060';
  element.wire.deliver(request('OPTIONS', { user: 'a', callId: `o${index}`, cseq: 1 }, { uri }));
  expect(element, '200');
};

const registrar = 'sip:127.0.0.1:5060';
const hour = ['Expires: 3600'];

/** A phone refreshes its binding, as sipp does: each time with another Call-ID. */
const register: Work = (element, index) => {
  const facts = { user: `user${index % users}`, callId: `r${index}`, cseq: index + 1 };
  element.wire.deliver(request('REGISTER', facts, { uri: registrar, more: hour }));
  expect(element, '200');
};

function md5(text: string): string {
  return hash('md5', text, 'hex');
}

const login: Work = (element, index) => {
  const user = `user${index % users}`;
  const facts = { user, callId: `d${index}`, cseq: 1 };
  element.wire.deliver(request('REGISTER', facts, { uri: registrar, more: hour }));
  const nonce = /nonce="([^"]*)"/.exec(expect(element, '401'))?.[1] ?? '';
  const key = md5(`${user}:callchart:${password}`);
  const response = md5(`${key}:${nonce}:00000001:abc:auth:${md5(`REGISTER:${registrar}`)}`);
  const authorization =
    `Authorization: Digest username="${user}",realm="callchart",nonce="${nonce}",uri="${registrar}",` +
    `response="${response}",algorithm=MD5,qop=auth,nc=00000001,cnonce="abc"`;
  const more = [...hour, authorization];
  element.wire.deliver(request('REGISTER', { ...facts, cseq: 2 }, { uri: registrar, more }));
  expect(element, '200');
};

function linesOf(text: string, name: string): readonly string[] {
  return text.split('\r\n').filter((line) => line.startsWith(`${name}: `));
}

/** What the callee answers to what came to it. */
function answerOf(forwarded: string): string {
  const copied = ['Via', 'Record-Route', 'From', 'Call-ID', 'CSeq'];
  const [to = ''] = linesOf(forwarded, 'To');
  return [
    'SIP/2.0 200 OK',
    ...copied.flatMap((name) => linesOf(forwarded, name)),
    to.includes(';tag=') ? to : `${to};tag=callee`,
    `Contact: <sip:answer@127.0.0.1:${calleePort}>`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

function takeForwarded(element: Element, method: string): string {
  const { forwarded } = element.heard;
  if (!forwarded.startsWith(method)) throw new Error(`no ${method}: ${forwarded}`);
  element.heard.forwarded = '';
  return forwarded;
}

const call: Work = (element, index) => {
  const { wire } = element;
  const facts = { user: 'answer', callId: `c${index}`, cseq: 1 };
  wire.deliver(request('INVITE', facts, { uri: 'sip:answer@127.0.0.1:5060' }));
  wire.deliver(answerOf(takeForwarded(element, 'INVITE')), calleePort);
  const accepted = expect(element, '200');
  const routes = linesOf(accepted, 'Record-Route').map((line) => line.replace('Record-', ''));
  const next = (method: string, cseq: number): void => {
    const uri = `sip:answer@127.0.0.1:${calleePort}`;
    const text = request(method, { ...facts, cseq }, { uri, more: routes });
    wire.deliver(text.replace(/\r\nTo: [^\r]*/, `\r\n${linesOf(accepted, 'To')[0] ?? ''}`));
  };
  next('ACK', 1);
  takeForwarded(element, 'ACK');
  next('BYE', 2);
  wire.deliver(answerOf(takeForwarded(element, 'BYE')), calleePort);
  expect(element, '200');
};

async function measure(title: string, element: Element, work: Work): Promise<void> {
  let index = 0;
  const many = async (count: number): Promise<number> => {
    const before = process.cpuUsage();
    for (let i = 0; i < count; i += 1) {
      work(element, index++);
      // Timers and what was put off have their turn, as between datagrams.
      if (i % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  };
  await many(4_000);
  if (process.argv.includes('--alloc')) {
    console.log(`\n${title}`);
    printAllocations(await allocations(() => many(4_000)), 4_000);
    return;
  }
  const rounds: number[] = [];
  for (let round = 0; round < 7; round += 1) rounds.push(await many(2_000));
  // Whatever else the machine does adds to a round: the best one is nearest to what it costs.
  console.log(
    `${title.padEnd(28)}${Math.min(...rounds)
      .toFixed(0)
      .padStart(5)} µs CPU`,
  );
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'callchart-element-path-'));
  try {
    const open = await start(directory, 'none');
    const answer = request(
      'REGISTER',
      { user: 'answer', callId: 'answer', cseq: 1 },
      { uri: registrar, more: hour },
    );
    open.wire.deliver(
      answer.replace(`answer@127.0.0.1:${phonePort}`, `answer@127.0.0.1:${calleePort}`),
    );
    expect(open, '200');
    await measure('OPTIONS', open, ping);
    await measure('REGISTER', open, register);
    await measure('INVITE to BYE, proxied', open, call);
    if (open.server.open.forwarded !== 0) throw new Error('requests were left open');
    await open.server.close();
    const closed = await start(directory, 'digest');
    await measure('REGISTER, 401, REGISTER', closed, login);
    await closed.server.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

void main();
