/** Tells when a peer that may send has sent nothing for too long. Owns no timer: {@link check} looks. */
export class SilenceWatch {
  /** Since when RTP is expected, or was reported missing; 0 while it is not expected. */
  private since = 0;
  private reported = false;

  /** @param limit milliseconds without RTP; 0 never. */
  constructor(private readonly limit: number) {}

  /**
   * What holds from `now` on: whether the peer may send, and whether that is `anew`: a peer that held was silent by
   * right, even where it might have sent, and its time begins again.
   */
  expect(expected: boolean, anew: boolean, now: number): void {
    if (!expected) this.since = 0;
    else if (anew || this.reported) this.since = now;
    this.reported = false;
  }

  /** Whether it is too long by now, once a silence. `lastHeard` in milliseconds, 0 for never. */
  check(now: number, lastHeard: number): boolean {
    if (this.limit <= 0 || this.since === 0) return false;
    const late = now - Math.max(this.since, lastHeard) >= this.limit;
    const news = late && !this.reported;
    this.reported = late;
    return news;
  }
}
