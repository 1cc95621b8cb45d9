import { fraction, type Random } from '../../core/random';

/** RFC 3550 §6.2: reports are at least this far apart, in milliseconds, on average. */
const MINIMUM = 5000;
/** RFC 3550 §6.3.1: e - 3/2 makes up for what reconsideration would add. */
const COMPENSATION = Math.E - 1.5;

/**
 * When the next report is due (RFC 3550 §6.2 and §6.3.1). With the two parties of a call, the share
 * of the bandwidth that RTCP may take allows far more than one report in the minimum interval, so
 * the minimum is what counts: reports of 140 bytes from both take 450 bit/s, which is 5 % of 9 kbit/s, and the headers alone
 * of 50 packets/s make 16. With the 14 bytes that SRTCP adds to each (RFC 3711 §3.4: they count) it is 10.
 * It owns no timer.
 */
export class RtcpInterval {
  private first = true;

  constructor(private readonly random: Random) {}

  /** Milliseconds from now to the next report: 2 to 6.2 s, the first time half of it. */
  next(): number {
    const deterministic = this.first ? MINIMUM / 2 : MINIMUM;
    this.first = false;
    // A factor from 0.5 to 1.5, so that calls that began together do not report together.
    return (deterministic * (0.5 + fraction(this.random))) / COMPENSATION;
  }
}
