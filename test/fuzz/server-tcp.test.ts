import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { below } from '../../runtime/core/random';
import { settle } from '../../runtime/core/virtual-clock';
import { StreamFramer } from '../../runtime/sip/message/framer';
import { serverAddress, World } from '../sim/support/world';
import { GoodCall } from './support/good-call';
import { anyRequest, newDialog, request, type Ends } from './support/messages';
import { mutate, mutateHeaders, tortureMessages } from './support/mutate';
import { expectPeace, memory } from './support/peace';
import { watchServer, type Watch } from './support/watch';

const messages = 10_000;
const seed = 20_260_106;
const loopback = '127.0.0.1';
/** Nobody listens there: what cannot be answered on the connection is answered to nobody. */
const sentBy = 9;

let world: World;
let watch: Watch;
let port: number;

beforeEach(async () => {
  watch = watchServer([serverAddress.host, loopback]);
  const files = [
    join(__dirname, '..', '..', 'flows', 'echo.flow.ts'),
    join(__dirname, '..', 'peers', 'flows', 'wait.flow.ts'),
  ];
  // Connections are the machine's own; time, datagrams and RTP are simulated, so that nobody has to wait.
  const listen = [`udp:${serverAddress.host}:${serverAddress.port}`, `tcp:${loopback}:0`];
  const sip = { listen, maxCalls: 500, maxCallDuration: 300_000 };
  // What is to be seen is what the reader of messages bears, not how soon their source is shut out.
  const security = { maxRequestsPerSecond: 0, maxFailures: 0 };
  world = await World.open({ seed, config: { flows: { files }, sip, security } });
  port = world.server.listeners.find(({ protocol }) => protocol === 'TCP')?.port ?? 0;
});

afterEach(async () => {
  watch.stop();
  await world.close();
  expect(world.clock.pending).toBe(0);
});

/** A connection, and what came over it. */
interface Connection {
  readonly socket: Socket;
  readonly closed: Promise<string>;
  /** Resolves when so much has come that `pattern` is found. */
  readonly heard: (pattern: RegExp) => Promise<void>;
}

async function open(): Promise<Connection> {
  const socket = connect(port, loopback);
  let text = '';
  let look = (): void => undefined;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    look();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(text)));
  await new Promise((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', resolve);
  });
  return {
    socket,
    closed,
    heard: (pattern) =>
      new Promise((resolve) => {
        look = () => {
          if (pattern.test(text)) resolve();
        };
        look();
      }),
  };
}

function ends(): Ends {
  return { protocol: 'TCP', host: loopback, port: sentBy, server: `${loopback}:${port}` };
}

function options(): Buffer {
  const random = world.random(50);
  return request(ends(), newDialog(ends(), 'wait', random), 'OPTIONS', random);
}

/** Lets the machine's sockets do what they are at, some turns of the event loop long. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await settle();
}

test(`${messages} spoilt messages over TCP: each is answered or counted, and good calls notice nothing (seed ${seed})`, async () => {
  const random = world.random(51);
  const torture = tortureMessages();
  const good = await GoodCall.begin(world);
  const before = await memory(world);
  let errors = 0;
  for (let sent = 0; sent < messages;) {
    const { socket, closed } = await open();
    const dialog = newDialog(ends(), 'wait', random);
    const count = 1 + below(random, 40);
    const stream: Buffer[] = [];
    for (let i = 0; i < count; i += 1) {
      const right =
        i % 10 === 9
          ? (torture[below(random, torture.length)] as Buffer)
          : anyRequest(ends(), i % 2 === 0 ? dialog : newDialog(ends(), 'wait', random), random);
      const kind = below(random, 6);
      // Most are spoilt only in what they say: a stream cannot be read on behind the others.
      stream.push(
        kind === 0 ? mutate(right, random) : kind < 5 ? mutateHeaders(right, random) : right,
      );
    }
    sent += count;
    const octets = Buffer.concat(stream);
    const framer = new StreamFramer();
    for (const event of framer.push(octets)) {
      if (event.type === 'message') watch.expectAnswer(event.message);
      if (event.type === 'error') errors += 1;
    }
    for (let at = 0; at < octets.length;) {
      const size = 1 + below(random, 4_000);
      socket.write(octets.subarray(at, at + size));
      at += size;
    }
    socket.end();
    await closed;
    await world.run(20);
  }
  good.expectHeard();
  await good.expectNormalEnd();
  await expectPeace(world);
  expect(watch.unanswered()).toEqual([]);
  expect(watch.dropped.get('parse-error')).toBe(errors);
  expect(errors).toBeGreaterThan(messages / 50);
  watch.stop();
  expect((await memory(world)) - before).toBeLessThan(10);
}, 120_000);

test('connections by the hundred: some are held, the rest refused, and all forgotten in the end', async () => {
  const good = await GoodCall.begin(world);
  const most = 128;
  for (let round = 0; round < 3; round += 1) {
    const refused = watch.dropped.get('connection-limit') ?? 0;
    const all = await Promise.all(Array.from({ length: 400 }, open));
    while ((watch.dropped.get('connection-limit') ?? 0) - refused < 400 - most) await settle();
    const held: Connection[] = [];
    await turns(20);
    for (const connection of all) if (!connection.socket.destroyed) held.push(connection);
    // The room of the last round was given back: as many get an answer as ever.
    expect(held).toHaveLength(most);
    for (const { socket } of held) socket.write(options());
    await Promise.all(held.map(({ heard }) => heard(/^SIP\/2.0 200 OK/)));
    for (const { socket } of held) socket.end();
    await Promise.all(all.map(({ closed }) => closed));
    await turns(20);
  }
  good.expectHeard();
  await good.expectNormalEnd();
  await expectPeace(world);
});

test('a sender who never finishes a message is closed after ten seconds, however busy he seems', async () => {
  const good = await GoodCall.begin(world);
  const held = await Promise.all(Array.from({ length: 100 }, open));
  for (const { socket } of held) socket.write('OPTIONS sip:wait@127.0.0.1 SIP/2.0\r\n');
  for (let second = 0; second < 9; second += 1) {
    await turns(20);
    await world.run(1_000);
    for (const { socket } of held) socket.write(`X-${second}: more to come\r\n`);
  }
  expect(held.filter(({ socket }) => socket.destroyed)).toEqual([]);
  await turns(20);
  await world.run(2_000);
  await Promise.all(held.map(({ closed }) => closed));
  expect(watch.dropped.get('slow-sender')).toBe(100);
  good.expectHeard();
  await good.expectNormalEnd();
  await expectPeace(world);
});

test('a head of 10 MB is refused with 513 after 64 KB, a body of 10 MB with 413, and both are closed', async () => {
  const good = await GoodCall.begin(world);
  const start = options().toString('latin1').split('\r\n\r\n')[0] ?? '';
  const before = await memory(world);
  const cases = [
    [`${start}\r\nX-Long: `, /^SIP\/2\.0 513 /],
    [
      `${start.replace(/Content-Length: 0/, 'Content-Length: 10000000')}\r\n\r\n`,
      /^SIP\/2\.0 413 /,
    ],
    [start.replace(/Content-Length: 0/, 'X-No: length') + '\r\n\r\n', /^SIP\/2\.0 400 /],
  ] as const;
  for (const [head, answer] of cases) {
    const { socket, closed, heard } = await open();
    socket.write(head);
    const more = Buffer.alloc(100_000, 'x');
    for (let i = 0; i < 100 && socket.writable; i += 1) {
      socket.write(more);
      await settle();
    }
    await heard(answer);
    await closed;
  }
  watch.stop();
  expect((await memory(world)) - before).toBeLessThan(5);
  good.expectHeard();
  await good.expectNormalEnd();
  await expectPeace(world);
});
