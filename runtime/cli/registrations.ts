import type { Binding } from '../sip/server/port';
import { formatQ } from '../sip/server/register-response';
import { SqliteBindingStore } from '../store/binding-store';
import { Database, hasDatabase } from '../store/database';
import { loadConfig } from './load-config';
import { formatDuration } from './phone/screen';
import { formatTable } from './table';

export interface RegistrationsOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `callchart registrations`: who is registered where, whether a server runs or not. Gives the exit status. */
export function registrations(user: string | undefined, options: RegistrationsOptions): number {
  const { directory } = loadConfig(options.config).data;
  const now = Date.now();
  const bindings = readBindings(directory, now).filter(
    (binding) => user === undefined || userIn(binding) === user || binding.aor === user,
  );
  if (options.json === true) {
    for (const binding of bindings) process.stdout.write(`${JSON.stringify(asJson(binding))}\n`);
    return 0;
  }
  if (bindings.length === 0) {
    const who = user === undefined ? 'nobody is registered' : `${user} is not registered`;
    process.stdout.write(`${who}, says ${directory}\n`);
    return 0;
  }
  process.stdout.write(`${registrationTable(bindings, now)}\n`);
  return 0;
}

function readBindings(directory: string, now: number): Binding[] {
  if (!hasDatabase(directory)) return [];
  const database = Database.open({ directory });
  try {
    const bindings = [...new SqliteBindingStore(database).load(now)];
    return bindings.sort((a, b) => compare(a.aor, b.aor) || b.q - a.q);
  } finally {
    database.close();
  }
}

const heading = ['user', 'contact', 'q', 'expires in', 'since', 'via', 'from', 'phone'];

/** One line a binding; `now` in milliseconds since the epoch. */
export function registrationTable(bindings: readonly Binding[], now: number): string {
  const rows = bindings.map((binding) => [
    userIn(binding),
    binding.contact,
    formatQ(binding.q),
    formatDuration(binding.expiresAt - now),
    isoTime(binding.registeredAt).replace('T', ' ').replace(/\..*$/, ''),
    binding.source.protocol,
    `${binding.source.host}:${binding.source.port}`,
    printable(binding.userAgent ?? ''),
  ]);
  return formatTable([heading, ...rows]);
}

function asJson(binding: Binding): Readonly<Record<string, unknown>> {
  const { expiresAt, registeredAt, ...rest } = binding;
  return {
    user: userIn(binding),
    ...rest,
    expires: isoTime(expiresAt),
    since: isoTime(registeredAt),
  };
}

/** `alice` of `sip:alice@example.com`. */
function userIn({ aor }: Binding): string {
  return aor.slice(aor.indexOf(':') + 1, aor.lastIndexOf('@'));
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** What a phone says about itself goes to a terminal, which it shall not command. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
