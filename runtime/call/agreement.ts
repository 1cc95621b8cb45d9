import { CallEndedError } from './errors';

/** That the peer has answered our offer, or that the call ended before. */
export class Agreement {
  readonly reached: Promise<void>;
  private resolve = (): void => undefined;
  private reject = (): void => undefined;

  constructor() {
    this.reached = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = () => reject(new CallEndedError());
    });
    // Whoever waits gets the failure; when nobody does, it is not an unhandled one.
    this.reached.catch(() => undefined);
  }

  reach(): void {
    this.resolve();
  }

  fail(): void {
    this.reject();
  }
}
