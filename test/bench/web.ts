/**
 * What our web client costs beside the bare round trip: a POST of JSON with a JSON answer over connections that are kept,
 * asked by the client (guard, queue, breaker, time limit, limit of size, redirects, retries), by undici's own
 * `Pool.request`, and by Node's `http.request`. The server is another process. All take turns in one process, short
 * rounds each, so that what else runs on the machine falls on all alike; figures are medians over the rounds, of CPU time
 * of the client's process. `node -r ts-node/register test/bench/web.ts [--quick]`
 */
import { fork } from 'node:child_process';
import { Agent, request as httpRequest } from 'node:http';
import { Pool } from 'undici';
import { RealClock } from '../../runtime/core/clock';
import { SecureRandom } from '../../runtime/core/random';
import { createWebClient } from '../../runtime/web/client';
import { signatureOf } from '../../runtime/web/signature';
import { median } from './support/process';

const quick = process.argv.includes('--quick');
const rounds = quick ? 20 : 100;
const perRound = 200;
/** Requests at once, as calls make them. */
const atOnce = 10;
const body = JSON.stringify({ call: { id: '5d0c1f0e', from: '+4930123456' }, number: '4711' });
const headers = { 'content-type': 'application/json', accept: 'application/json' };
const signingKeys = ['a key', 'another key'];

type Ask = () => Promise<Uint8Array>;

async function main(): Promise<void> {
  const server = fork(`${__dirname}/support/web-app.js`);
  const port = await new Promise<number>((resolve) => server.once('message', resolve));
  const origin = `http://127.0.0.1:${port}`;
  const clock = new RealClock();
  const web = createWebClient({ clock, random: new SecureRandom(), allow: ['127.0.0.1'] });
  const pool = new Pool(origin, { connections: atOnce });
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const common = { url: `${origin}/x`, method: 'POST', headers, body, timeout: 15_000 } as const;
  const ours = async (more: object): Promise<Uint8Array> => {
    const limits = { maxSize: 1_000_000, maxRedirects: 5, retries: 2 };
    const result = await web.request({ ...common, ...limits, ...more });
    if (result.type === 'failed') throw new Error(result.message);
    return result.body;
  };
  const sign = (): Record<string, string> => ({
    'callchart-signature': signatureOf(body, signingKeys, clock.now()),
  });
  const asks: Readonly<Record<string, Ask>> = {
    'undici Pool.request': async () => {
      const answer = await pool.request({ path: '/x', method: 'POST', headers, body });
      return answer.body.bytes();
    },
    'http.request': () => bareHttp(agent, port),
    'web client': () => ours({}),
    'web client, signed with two keys': () => ours({ sign }),
  };
  const figures = await compare(Object.values(asks));
  const [bare = 0] = figures;
  for (const [index, name] of Object.keys(asks).entries()) {
    const cost = figures[index] ?? 0;
    const more = index === 0 ? '' : `  ${(cost / bare).toFixed(2)} of Pool.request`;
    console.log(`${name.padEnd(34)} ${cost.toFixed(1).padStart(7)} µs CPU a request${more}`);
  }
  const [, , client = 0, signed = 0] = figures;
  console.log(`ours beside the bare round trip: ${(client - bare).toFixed(1)} µs`);
  console.log(`two signatures: ${(signed - client).toFixed(1)} µs`);
  await Promise.all([web.close(), pool.close()]);
  agent.destroy();
  server.kill();
}

/** Every variant in its turn, each round beginning with the next. */
async function compare(asks: readonly Ask[]): Promise<number[]> {
  const all = asks.map((): number[] => []);
  const warm = Math.ceil(rounds / 5);
  for (let round = 0; round < warm + rounds; round += 1) {
    for (let turn = 0; turn < asks.length; turn += 1) {
      const index = (round + turn) % asks.length;
      const figure = await cost(asks[index] as Ask);
      if (round >= warm) all[index]?.push(figure);
    }
  }
  return all.map(median);
}

/** CPU microseconds of one request. */
async function cost(ask: Ask): Promise<number> {
  const before = process.cpuUsage();
  for (let done = 0; done < perRound; done += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, ask));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / perRound;
}

function bareHttp(agent: Agent, port: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const options = { agent, port, host: '127.0.0.1', path: '/x', method: 'POST', headers };
    const request = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks)));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

void main();
