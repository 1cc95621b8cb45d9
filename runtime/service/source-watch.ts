import type { SourceGuard } from '../sip/server/source-guard';
import type { Channel } from '../sip/transport/port';
import type { EntranceGuard } from './entrance';
import type { SourceJudge } from './gate';

/** Tells the guard of sources what the rooms notice of a peer. */
export class SourceWatch implements EntranceGuard, SourceJudge {
  constructor(private readonly guard: SourceGuard) {}

  onRequest({ remote }: Channel): boolean {
    return this.guard.onRequest(remote);
  }

  onScanner({ remote }: Channel, userAgent: string): void {
    this.guard.ban(remote, `scanner ${userAgent}`);
  }

  failure({ remote }: Channel, reason: string): void {
    this.guard.failure(remote, reason);
  }

  challenged({ remote }: Channel): void {
    this.guard.challenged(remote);
  }

  success({ remote }: Channel): void {
    this.guard.success(remote);
  }

  delayFor({ remote }: Channel): number {
    return this.guard.delayFor(remote);
  }
}
