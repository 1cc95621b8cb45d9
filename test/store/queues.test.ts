import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../runtime/store/database';
import { QueueTable } from '../../runtime/store/queue-table';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-queue-table-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('the numbers of a queue are added up, and outlive the process', () => {
  let database = Database.open({ directory });
  const table = new QueueTable(database);
  expect([...table.list()]).toEqual([]);
  table.add('help', { entered: 1 }, 1_000);
  table.add('help', { bridged: 1, inTime: 1, waited: 4_000, wait: 4_000 }, 5_000);
  table.add('help', { left: 1, wait: 3_000 }, 6_000);
  table.add('"; DROP', { full: 1 }, 7_000);
  database.close();
  database = Database.open({ directory });
  new QueueTable(database).add('help', { talked: 9_000 }, 8_000);
  const none = { entered: 0, bridged: 0, inTime: 0, left: 0, hungUp: 0, timedOut: 0, full: 0 };
  expect([...new QueueTable(database).list()]).toEqual([
    ['"; DROP', { ...none, since: 7_000, full: 1, waited: 0, talked: 0, longest: 0 }],
    [
      'help',
      {
        ...{ ...none, since: 1_000, entered: 1, bridged: 1, inTime: 1, left: 1 },
        ...{ waited: 4_000, talked: 9_000, longest: 4_000 },
      },
    ],
  ]);
  database.close();
});
