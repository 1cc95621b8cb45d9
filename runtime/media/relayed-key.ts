import type { HeldKey } from './dtmf/event-sender';

/** A press of one leg, sent to the other for as long as it lasts, or handed to the owner when it is over. */
export class RelayedKey implements HeldKey {
  released = false;
  private refused = false;

  constructor(
    readonly digit: string,
    public duration: number,
    private readonly onUnsent: (key: RelayedKey) => void,
  ) {}

  release(duration: number): void {
    this.duration = duration;
    this.released = true;
    if (this.refused) this.onUnsent(this);
  }

  /** It cannot be sent. Its owner is told once it is known how long it was down. */
  readonly refuse = (): void => {
    this.refused = true;
    if (this.released) this.onUnsent(this);
  };
}
