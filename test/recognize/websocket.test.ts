import { createServer, type AddressInfo, type Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import type { RecognitionOptions } from '../../runtime/recognize/port';
import { WebSocketRecognizer } from '../../runtime/recognize/websocket';
import { Heard, options, until } from './support/heard';

/** A connection of the engine's, and what came over it. */
interface Line {
  readonly socket: WebSocket;
  readonly texts: unknown[];
  readonly sound: number[];
  readonly authorization: string | undefined;
  closedWith: number | undefined;
}

const clock = new VirtualClock();
const lines: Line[] = [];
let server: WebSocketServer;
let recognizer: WebSocketRecognizer;

beforeAll(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket, request) => {
    const { authorization } = request.headers;
    const line: Line = { socket, texts: [], sound: [], authorization, closedWith: undefined };
    lines.push(line);
    socket.on('message', (data: Buffer, binary) => {
      if (!binary) line.texts.push(JSON.parse(data.toString()));
      else for (let i = 0; i < data.length; i += 2) line.sound.push(data.readInt16LE(i));
    });
    socket.on('close', (code) => (line.closedWith = code));
  });
  await new Promise((resolve) => server.on('listening', resolve));
});

beforeEach(() => {
  lines.length = 0;
  recognizer = new WebSocketRecognizer({ clock, url: url(), token: 'secret', timeout: 3_000 });
});

afterEach(async () => {
  await recognizer.close();
  expect(recognizer.recognitions).toBe(0);
  expect(clock.pending).toBe(0);
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
});

function url(): string {
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/recognize`;
}

function listen(more: Partial<RecognitionOptions> = {}) {
  const heard = new Heard();
  const recognition = recognizer.open({ ...options, ...more }, heard);
  return { heard, recognition };
}

async function line(): Promise<Line> {
  await until(() => lines.at(-1)?.texts.length === 1);
  return lines.at(-1) as Line;
}

const say = ({ socket }: Line, message: object): void => socket.send(JSON.stringify(message));

describe('a recogniser over a WebSocket', () => {
  it('is told what to listen for, with its token', async () => {
    listen({ hints: ['sales'], model: 'phone_call', partial: true, profanityFilter: true });
    const { texts, authorization } = await line();
    expect(authorization).toBe('Bearer secret');
    expect(texts).toEqual([
      {
        type: 'start',
        version: 1,
        encoding: 'l16',
        sampleRate: 8_000,
        language: 'en',
        hints: ['sales'],
        partial: true,
        singleUtterance: true,
        model: 'phone_call',
        profanityFilter: true,
      },
    ]);
  });

  it('hears all that is said, what came before the connection first', async () => {
    const { recognition } = listen();
    const frame = Int16Array.of(1, -2, 32_767);
    recognition.write(frame);
    frame.fill(9);
    const engine = await line();
    recognition.write(Int16Array.of(-32_768));
    recognition.finish();
    await until(() => engine.texts.length === 2);
    expect(engine.sound).toEqual([1, -2, 32_767, -32_768]);
    expect(engine.texts[1]).toEqual({ type: 'finish' });
  });

  it('of what is said without a connection the last ten seconds are kept', async () => {
    const { recognition } = listen();
    for (let second = 0; second < 12; second += 1)
      recognition.write(new Int16Array(8_000).fill(second));
    const engine = await line();
    recognition.finish();
    await until(() => engine.texts.length === 2);
    expect(engine.sound).toHaveLength(80_000);
    expect(engine.sound[0]).toBe(2);
  });

  it('tells results, and ends when the engine has no more to say', async () => {
    const { heard, recognition } = listen();
    const engine = await line();
    say(engine, { type: 'partial', text: 'sa', stability: 0.5 });
    say(engine, { type: 'news', of: 'a later version' });
    say(engine, { type: 'final', text: 'sales', confidence: 0.9 });
    recognition.finish();
    await until(() => engine.texts.length === 2);
    say(engine, { type: 'end' });
    await heard.over;
    expect(heard.lines).toEqual(['partial sa', 'final sales', 'end']);
    expect(heard.results).toEqual([
      { text: 'sa', confidence: undefined, stability: 0.5 },
      { text: 'sales', confidence: 0.9, stability: undefined },
    ]);
    await until(() => engine.closedWith !== undefined);
    expect(engine.closedWith).toBe(1000);
  });

  it('an engine may close the connection in place of that', async () => {
    const { heard } = listen();
    (await line()).socket.close();
    await heard.over;
    expect(heard.lines).toEqual(['end']);
  });

  it('a number that is none is left out', async () => {
    const { heard } = listen();
    say(await line(), { type: 'final', text: 'sales', confidence: 'high', stability: 7 });
    await until(() => heard.results.length === 1);
    expect(heard.results).toEqual([{ text: 'sales', confidence: undefined, stability: undefined }]);
  });

  it('each recognition has a connection of its own', async () => {
    const first = listen();
    const one = await line();
    const second = listen();
    await until(() => lines.length === 2);
    const two = await line();
    say(one, { type: 'final', text: 'one' });
    say(two, { type: 'final', text: 'two' });
    await until(() => first.heard.lines.length + second.heard.lines.length === 2);
    expect([first.heard.lines, second.heard.lines]).toEqual([['final one'], ['final two']]);
    expect(recognizer.recognitions).toBe(2);
  });

  it('closed, it says nothing more, and leaves the connection', async () => {
    const { heard, recognition } = listen();
    const engine = await line();
    recognition.close();
    recognition.close();
    recognition.write(Int16Array.of(1));
    say(engine, { type: 'final', text: 'sales' });
    await until(() => engine.closedWith !== undefined && recognizer.recognitions === 0);
    expect(heard.lines).toEqual([]);
  });

  it('closed before it is connected, it never is', async () => {
    const { heard, recognition } = listen();
    recognition.close();
    await until(() => recognizer.recognitions === 0);
    expect(heard.lines).toEqual([]);
  });
});

describe('an engine that is in trouble', () => {
  it.each([
    ['no JSON', 'sales', /sent a message that cannot be read/],
    ['a list', '[]', /sent a message that cannot be read: it has no type/],
    ['a result without a text', '{"type":"final"}', /a final result needs a text/],
    ['a text that is none', '{"type":"partial","text":5}', /a partial result needs a text/],
    ['sound', Buffer.from([1, 2]), /sent a binary message/],
    ['a message that is too large', 'x'.repeat(70_000), /Max payload size exceeded/],
    ['an error', '{"type":"error","message":"no licence"}', /gave up: no licence/],
    ['an error without a reason', '{"type":"error"}', /gave up: for no reason given/],
  ])('%s ends it with the reason', async (_, message, reason) => {
    const { heard } = listen();
    (await line()).socket.send(message);
    await heard.over;
    expect(heard.lines).toEqual([expect.stringMatching(reason)]);
    expect(heard.lines[0]).toMatch(/^the recogniser 127\.0\.0\.1:\d+ /);
  });

  it('one that closes with an error is told of', async () => {
    const { heard } = listen();
    (await line()).socket.close(1011);
    await heard.over;
    expect(heard.lines).toEqual([expect.stringMatching(/closed the connection with 1011/)]);
  });

  it('one that breaks the connection is told of', async () => {
    const { heard } = listen();
    (await line()).socket.terminate();
    await heard.over;
    expect(heard.lines).toEqual([expect.stringMatching(/closed the connection with 1006/)]);
  });

  it('one that is not there is told of', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const nobody = new WebSocketRecognizer({ clock, url: `ws://127.0.0.1:${port}` });
    const heard = new Heard();
    nobody.open(options, heard);
    await heard.over;
    expect(heard.lines).toEqual([expect.stringMatching(/failed: connect ECONNREFUSED/)]);
    await nobody.close();
  });

  it('one that accepts and says nothing is given up after the time-out', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const sleepy = new WebSocketRecognizer({ clock, url: `ws://127.0.0.1:${port}`, timeout: 700 });
    const heard = new Heard();
    sleepy.open(options, heard);
    await clock.run(699);
    expect(heard.lines).toEqual([]);
    await clock.run(1);
    expect(heard.lines).toEqual([expect.stringMatching(/did not answer within 700 ms/)]);
    await sleepy.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('one that owes its last result is given up after the time-out', async () => {
    const { heard, recognition } = listen();
    const engine = await line();
    recognition.finish();
    await until(() => engine.texts.length === 2);
    await clock.run(3_000);
    expect(heard.lines).toEqual([expect.stringMatching(/said no more within 3000 ms of the end/)]);
  });

  it('no message names the token', async () => {
    const { heard } = listen();
    (await line()).socket.close(1011, 'secret');
    await heard.over;
    expect(heard.lines.join()).not.toContain('secret');
  });
});
