import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EVENT_TYPES } from '../../runtime/config/events-schema';
import { RealClock } from '../../runtime/core/clock';
import { silentLogger } from '../../runtime/core/logger';
import { SeededRandom } from '../../runtime/core/random';
import { Delivery } from '../../runtime/events/delivery';
import { type CallchartEvent, eventTypes } from '../../runtime/events/event';
import { createWebClient } from '../../runtime/web/client';
import { EventsBench, subscriber } from '../events/support/events-bench';
import { blocksOf, rowsBelow, writeExamples } from './support/pages';

const page = 'docs/events.md';

describe('the types of events', () => {
  it('are those of the table, and those that a configuration may name', () => {
    const rows = rowsBelow(page, 'The events').map(([type = '']) => type.replaceAll('`', ''));
    expect(rows.filter((type) => type.includes('.'))).toEqual(eventTypes);
    expect(EVENT_TYPES).toEqual(eventTypes);
  });

  it('have the members of the example', () => {
    const [block] = blocksOf(page).filter(({ language }) => language === 'json');
    const example = JSON.parse(block?.text ?? '') as CallchartEvent;
    const bench = new EventsBench([subscriber('app')]);
    bench.whole('a');
    const [event] = bench.journal.after(3, 1);
    bench.remove();
    const { data, ...rest } = event!;
    expect(Object.keys(rest).sort()).toEqual(
      Object.keys(example)
        .filter((key) => key !== 'data')
        .sort(),
    );
    const members = Object.keys(data).sort();
    // The call of the test has entered no state.
    expect(members).toEqual(
      Object.keys(example.data)
        .filter((key) => key !== 'state')
        .sort(),
    );
  });
});

describe('the app that docs/events.md shows', () => {
  it('takes events over HTTP, signed, each once, and refuses what is not ours', async () => {
    const module = writeExamples('events').find(
      (example) => example.page === page && example.kind === 'module',
    );
    process.env['CALLCHART_WEBHOOK_KEYS'] = 'secret';
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
    const shown = require(module?.file ?? '') as { readonly app: Server; readonly minutes: number };
    delete process.env['CALLCHART_WEBHOOK_KEYS'];
    const { app } = shown;
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/`;
    const clock = new RealClock();
    const random = new SeededRandom(1);
    const web = createWebClient({ clock, random, allow: ['127.0.0.1'] });
    const bench = new EventsBench(undefined);
    const store = bench.reopen([{ ...subscriber('app'), url }]);
    const deliver = (key: string): Delivery =>
      new Delivery({
        ...{ database: bench.database, outbox: store.outbox, clock, random, web, keys: [key] },
        ...{ subscribers: [{ ...subscriber('app'), url }], logger: silentLogger },
      });
    for (const call of ['a', 'b', 'c']) bench.whole(call);
    const impostor = deliver('another key');
    impostor.start();
    await impostor.close();
    expect(shown.minutes).toBe(0);
    // Those that were refused are due again in a second at the latest.
    bench.database.prepare('UPDATE deliveries SET next = 0 WHERE next IS NOT NULL').run();
    const delivery = deliver('secret');
    delivery.start();
    await delivery.close();
    expect(store.outbox.counts()).toEqual([]);
    expect(shown.minutes).toBeCloseTo(3 / 60);
    await web.close();
    app.closeAllConnections();
    app.close();
    bench.remove();
  });
});
