import { bindingKey } from '../sip/server/binding-key';
import type { Binding, BindingChange, BindingStore } from '../sip/server/port';
import type { TransportProtocol } from '../sip/transport/port';
import type { Database, SqlValue, Statement } from './database';
import { explainStoreError } from './store-error';

const columns =
  'aor, key, contact, q, expires_at, registered_at, call_id, cseq, user_agent, path, instance_id, ' +
  'reg_id, params, flow, protocol, host, port';

const updated = columns
  .split(', ')
  .slice(2)
  .map((column) => `${column} = excluded.${column}`)
  .join(', ');

const noPath: readonly string[] = [];

/** Bindings in SQLite: one statement, and so one transaction, for what nearly every REGISTER changes. */
export class SqliteBindingStore implements BindingStore {
  private readonly put: Statement;
  private readonly remove: Statement;
  private readonly purge: Statement;
  private readonly select: Statement;

  constructor(private readonly database: Database) {
    const values = columns.replace(/\w+/g, '?');
    this.put = database.prepare(
      `INSERT INTO bindings (${columns}) VALUES (${values}) ON CONFLICT (aor, key) DO UPDATE SET ${updated}`,
    );
    this.remove = database.prepare('DELETE FROM bindings WHERE aor = ? AND key = ?');
    this.purge = database.prepare('DELETE FROM bindings WHERE expires_at <= ?');
    this.select = database.prepare(`SELECT ${columns} FROM bindings WHERE expires_at > ?`);
  }

  /** A server, which alone knows what time it is for them, forgets those that have expired. */
  *load(now: number): Iterable<Binding> {
    try {
      if (this.database.purpose === 'server') this.purge.run(now);
      // Strings that many rows share are kept once.
      const texts = new Map<string, string>();
      for (const row of this.select.iterate(now)) yield toBinding(row, texts);
    } catch (error) {
      throw explainStoreError(this.database.file, error);
    }
  }

  /** @throws {StoreError} when nothing was written */
  write(changes: readonly BindingChange[]): void {
    const [first] = changes;
    if (first === undefined) return;
    try {
      if (changes.length === 1) this.apply(first);
      else this.database.transaction(() => changes.forEach((change) => this.apply(change)));
    } catch (error) {
      throw explainStoreError(this.database.file, error);
    }
  }

  private apply({ type, binding }: BindingChange): void {
    const key = bindingKey(binding);
    if (type === 'removed') {
      this.remove.run(binding.aor, key);
      return;
    }
    const { path, source } = binding;
    this.put.run(
      binding.aor,
      key,
      binding.contact,
      binding.q,
      binding.expiresAt,
      binding.registeredAt,
      binding.callId,
      binding.cseq,
      binding.userAgent ?? null,
      path.length === 0 ? null : JSON.stringify(path),
      binding.instanceId ?? null,
      binding.regId ?? null,
      binding.params ?? null,
      binding.flow ?? null,
      source.protocol,
      source.host,
      source.port,
    );
  }
}

function toBinding(row: readonly SqlValue[], texts: Map<string, string>): Binding {
  const [aor, , contact, q, expiresAt, registeredAt, callId, cseq, ...rest] = row;
  const [userAgent, path, instanceId, regId, params, flow, protocol, host, port] = rest;
  return {
    aor: String(aor),
    contact: String(contact),
    q: Number(q),
    expiresAt: Number(expiresAt),
    registeredAt: Number(registeredAt),
    callId: String(callId),
    cseq: Number(cseq),
    path: typeof path === 'string' ? readPath(path) : noPath,
    source: {
      protocol: shared(String(protocol), texts) as TransportProtocol,
      host: shared(String(host), texts),
      port: Number(port),
    },
    ...(typeof userAgent === 'string' ? { userAgent: shared(userAgent, texts) } : {}),
    ...(typeof instanceId === 'string' ? { instanceId } : {}),
    ...(typeof regId === 'number' ? { regId } : {}),
    ...(typeof params === 'string' ? { params: shared(params, texts) } : {}),
    ...(typeof flow === 'string' ? { flow } : {}),
  };
}

/** As {@link SqliteBindingStore} wrote it. */
function readPath(text: string): readonly string[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.map(String) : noPath;
}

function shared(text: string, texts: Map<string, string>): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  texts.set(text, text);
  return text;
}
