import type { ServiceData, UserSource } from '../../runtime/service/data';
import { hashSecret } from '../../runtime/sip/auth/digest';
import type { DigestSecret } from '../../runtime/sip/auth/port';
import type { Binding, BindingChange, BindingStore } from '../../runtime/sip/server/port';

/** Users and bindings in memory: they outlive a server when the next one is given the same. */
export class MemoryData implements ServiceData, BindingStore {
  readonly users: UserSource;
  readonly bindings: BindingStore = this;
  readonly secret = new Uint8Array(32).fill(7);
  private readonly secrets = new Map<string, DigestSecret>();
  private readonly kept = new Map<string, Binding>();

  /** @param passwords by user name */
  constructor(passwords: Readonly<Record<string, string>> = {}, realm = 'callchart') {
    for (const [name, password] of Object.entries(passwords)) {
      this.secrets.set(name, hashSecret(name, realm, password));
    }
    const { secrets } = this;
    this.users = {
      get size() {
        return secrets.size;
      },
      find: (username, asked) => (asked === realm ? secrets.get(username) : undefined),
      userOf: (name) => (secrets.has(name) ? name : undefined),
      onRemoved: () => () => undefined,
    };
  }

  load(now: number): Iterable<Binding> {
    return [...this.kept.values()].filter((binding) => binding.expiresAt > now);
  }

  write(changes: readonly BindingChange[]): void {
    for (const { type, binding } of changes) {
      const key = `${binding.aor} ${binding.instanceId ?? binding.contact} ${binding.regId ?? ''}`;
      if (type === 'removed') this.kept.delete(key);
      else this.kept.set(key, binding);
    }
  }

  close(): void {
    // What is kept is for the next server.
  }
}
