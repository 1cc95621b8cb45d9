/**
 * What a step of TwiML costs: the request with Twilio's parameters, its signature, the answer, reading it, and the verb
 * that follows (a Gather whose key is there already), beside the bare round trip of the same bodies by undici's
 * `Pool.request` to the same app, which is another process. Both take turns in one process; figures are medians over the
 * rounds, of CPU time of the client's process.
 *
 * Then calls that two webhooks each answer, from sipp, on a whole server.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { Pool } from 'undici';
import { resolveConfig } from '../../runtime/config/resolve';
import { RealClock } from '../../runtime/core/clock';
import { silentLogger } from '../../runtime/core/logger';
import { SecureRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { bindDocuments } from '../../runtime/document/bind';
import { documentFlow } from '../../runtime/document/machine';
import { runFlow } from '../../runtime/flow/run-flow';
import { createDocuments } from '../../runtime/service/documents';
import { createWebClient } from '../../runtime/web/client';
import type { WebClient } from '../../runtime/web/port';
import { FakeCall } from '../support/fake-call';
import { drive } from './support/load';
import { median, stop } from './support/process';
import { startCallchart } from './support/servers';

const quick = process.argv.includes('--quick');
const rounds = quick ? 20 : 80;
/** Fewer than end a call as a circle. */
const perRound = 80;

async function main(): Promise<void> {
  const app = fork(`${__dirname}/support/document-app.js`);
  try {
    const { port } = await next<{ port: number }>(app);
    await steps(`http://127.0.0.1:${port}`);
    await calls(app, port);
  } finally {
    app.disconnect();
  }
}

function next<T>(app: ChildProcess): Promise<T> {
  return new Promise((resolve) => app.once('message', (message) => resolve(message as T)));
}

async function steps(origin: string): Promise<void> {
  const clock = new RealClock();
  const web = createWebClient({ clock, random: new SecureRandom(), allow: ['127.0.0.1'] });
  const pool = new Pool(origin, { connections: 1 });
  const config = resolveConfig(
    {},
    {
      ...{ source: 'bench', directory: process.cwd() },
      environment: { CALLCHART_TWILIO_AUTH_TOKEN: 'a token of the bench' },
    },
  );
  let sent = { headers: {} as Record<string, string>, body: '' };
  const ours = async (): Promise<number> => {
    const call = new FakeCall(new VirtualClock());
    let asked = 0;
    // Each time that it asks, the next key is there; behind the last the app says good bye.
    const stepping: WebClient = Object.assign(Object.create(web) as WebClient, {
      request: (request: Parameters<WebClient['request']>[0]) => {
        asked += 1;
        call.press('1');
        const { headers = {}, body } = request;
        if (typeof body === 'string') sent = { headers: { ...headers }, body };
        return web.request(asked > perRound ? { ...request, url: `${origin}/end` } : request);
      },
    });
    const documents = createDocuments({
      ...{ config, clock, web: stepping, logger: silentLogger },
      api: () => undefined,
    });
    const before = process.cpuUsage();
    const { done } = runFlow(documentFlow, call, {
      ...{ clock: new VirtualClock(), logger: silentLogger },
      record: { state: () => undefined },
      removeFile: () => Promise.resolve(),
      onSystem: (system, control) => bindDocuments(system, documents.of(control)),
      input: { url: `${origin}/menu` },
    });
    const { type } = await done;
    const { user, system } = process.cpuUsage(before);
    if (asked !== perRound + 1 || type === 'failed') throw new Error(`${asked} steps, ${type}`);
    return (user + system) / asked;
  };
  const bare = async (): Promise<number> => {
    const before = process.cpuUsage();
    for (let i = 0; i <= perRound; i += 1) {
      const { headers, body } = sent;
      const answer = await pool.request({ path: '/menu', method: 'POST', headers, body });
      await answer.body.text();
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / (perRound + 1);
  };
  const figures: { ours: number; bare: number }[] = [];
  for (let round = 0; round < rounds + 5; round += 1) {
    const figure = { ours: await ours(), bare: await bare() };
    // The compiler works in the first ones.
    if (round >= 5) figures.push(figure);
  }
  const cost = median(figures.map((figure) => figure.ours));
  const floor = median(figures.map((figure) => figure.bare));
  console.log(`a step of TwiML          ${cost.toFixed(0).padStart(6)} µs CPU`);
  console.log(`the bare round trip      ${floor.toFixed(0).padStart(6)} µs CPU`);
  const own = cost - floor;
  const verdict = own <= 1_000 ? '' : ': MISSED';
  console.log(`ours beside it           ${own.toFixed(0).padStart(6)} µs, at most 1000${verdict}`);
  await pool.close();
  await web.close();
}

async function calls(app: ChildProcess, port: number): Promise<void> {
  const server = await startCallchart(15_068, 'wait', {
    config: {
      routes: [{ webhook: `http://127.0.0.1:${port}/first` }],
      web: { allow: ['127.0.0.1'] },
    },
  });
  const rate = 300;
  const load = { scenario: 'call.xml', service: '4711', port: server.port, rate };
  try {
    await drive(server.process, { ...load, calls: 10 * rate });
    const count = async (): Promise<number> => {
      const answer = next<{ requests: number }>(app);
      app.send('count');
      return (await answer).requests;
    };
    const before = await count();
    const seconds = quick ? 10 : 60;
    const result = await drive(server.process, { ...load, calls: seconds * rate });
    const requests = (await count()) - before;
    console.log(
      `${rate} calls/s for ${seconds} s, two webhooks each: ${result.calls} calls, ` +
        `${result.failed} failed, ${result.retransmissions} retransmissions, ` +
        `${(requests / result.calls).toFixed(2)} requests a call, ` +
        `${result.cpuPerCall.toFixed(2)} ms CPU a call`,
    );
  } finally {
    await stop(server.process);
  }
}

void main();
