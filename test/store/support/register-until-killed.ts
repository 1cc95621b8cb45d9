/** Keeps bindings in the directory that its argument names, and says of each when it is kept. */
import { writeSync } from 'node:fs';
import { Database } from '../../../runtime/store/database';
import { SqliteBindingStore } from '../../../runtime/store/binding-store';
import { bindingOf } from './data-directory';

const database = Database.open({ directory: process.argv[2] ?? '', purpose: 'server' });
const store = new SqliteBindingStore(database);
for (let index = 0; ; index += 1) {
  store.write([{ type: 'added', binding: bindingOf(index) }]);
  // What a phone would be answered.
  say(`${index}\n`);
}

/** A pipe whose reader is slow is full for a while. */
function say(text: string): void {
  for (;;) {
    try {
      writeSync(1, text);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}
