import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, type DatabaseOptions } from '../../../runtime/store/database';
import type { Binding } from '../../../runtime/sip/server/port';

/** A data directory for one test, and the databases that were opened in it. */
export class DataDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 'callchart-store-'));
  private readonly opened = new Set<Database>();

  open(purpose: NonNullable<DatabaseOptions['purpose']> = 'tool'): Database {
    const database = Database.open({ directory: this.path, purpose });
    this.opened.add(database);
    return database;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    for (const database of this.opened) database.close();
    rmSync(this.path, { recursive: true });
  }
}

/** A binding with nothing that need not be there. */
export function bindingOf(index: number, more: Partial<Binding> = {}): Binding {
  return {
    aor: `sip:user${index}@example.com`,
    contact: `sip:user${index}@192.0.2.9:5062`,
    q: 1,
    expiresAt: 2_000_000_000_000,
    registeredAt: 1_700_000_000_000,
    callId: `call-${index}@phone`,
    cseq: index,
    path: [],
    source: { protocol: 'UDP', host: '192.0.2.9', port: 5062 },
    ...more,
  };
}
