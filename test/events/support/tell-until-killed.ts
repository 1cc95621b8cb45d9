/**
 * A server without calls, whose directory and subscriber its arguments name: happenings of calls that nobody makes, one
 * after the other, until it is killed. Says of each event when it is written.
 */
import { writeSync } from 'node:fs';
import type { HappeningListener } from '../../../runtime/call/happenings';
import { RealClock } from '../../../runtime/core/clock';
import { silentLogger } from '../../../runtime/core/logger';
import { SecureRandom } from '../../../runtime/core/random';
import { Outside } from '../../../runtime/service/outside';
import { Database } from '../../../runtime/store/database';
import { createWebClient } from '../../../runtime/web/client';
import { infoOf, recordOf } from './calls';

const [directory = '', url = '', round = ''] = process.argv.slice(2);
const clock = new RealClock();
const random = new SecureRandom();
const database = Database.open({ directory, purpose: 'server' });
let take: HappeningListener = () => undefined;
const web = createWebClient({ clock, random, allow: ['127.0.0.1'] });
const subscriber = { name: 'app', url, types: undefined, states: false, headers: {}, missing: [] };
const outside = new Outside({
  config: {
    http: undefined,
    events: { subscribers: [subscriber], retention: 86_400_000 },
    web: { signingKeys: [] } as never,
  },
  ...{ database, clock, random, logger: silentLogger, web },
  removeFile: () => Promise.resolve(),
  onRecord: ({ id, end }) => say(`${id} ${end.cause}`),
  onHappening: (listener) => {
    take = listener;
    return () => undefined;
  },
});
outside.events.listen(({ call, sequence, type }) => say(`${sequence} ${call} ${type}`));
outside.start();

/** Three calls at once, so that some are in progress at any moment. */
async function tell(): Promise<void> {
  for (let count = 0; ; count += 3) {
    const calls = [0, 1, 2].map((index) => `round${round}call${count + index}`);
    const time = clock.now();
    for (const call of calls) {
      take({ time, call, type: 'call.started', info: infoOf(call, time), flow: 'a', version: '1' });
    }
    for (const call of calls) take({ time, call, type: 'call.ringing' });
    await new Promise((resolve) => setImmediate(resolve));
    for (const call of calls) {
      take({ time, call, type: 'call.recorded', record: recordOf(call, time, clock.now()) });
    }
  }
}

/** A pipe whose reader is slow is full for a while. */
function say(text: string): void {
  for (;;) {
    try {
      writeSync(1, `${text}\n`);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

if (round === 'last') {
  void outside.close().then(async () => {
    await web.close();
    database.close();
  });
} else {
  void tell();
}
