import type { SessionBase } from './session-base';

/** The sessions of one user agent by their local tag, which is ours and random, hence unique. */
export class SessionTable {
  private readonly byTag = new Map<string, SessionBase>();
  private waiting: (() => void)[] = [];
  /** Sessions that are not over; {@link size} also counts those whose BYE or CANCEL is under way. */
  live = 0;

  get size(): number {
    return this.byTag.size;
  }

  add(session: SessionBase): void {
    this.byTag.set(session.localTag, session);
    this.live += 1;
  }

  remove(session: SessionBase): void {
    if (!this.byTag.delete(session.localTag) || this.byTag.size > 0) return;
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** The session that a message belongs to by its Call-ID and our tag. */
  find(callId: string, localTag: string): SessionBase | undefined {
    const session = this.byTag.get(localTag);
    return session?.callId === callId ? session : undefined;
  }

  all(): readonly SessionBase[] {
    return [...this.byTag.values()];
  }

  /** Resolves when no session is left. */
  empty(): Promise<void> {
    if (this.byTag.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
