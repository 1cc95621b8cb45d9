/** One report block (RFC 3550 §6.4.1), reused for each report. */
export class ReportBlock {
  ssrc = 0;
  /** 0 to 255: 256ths lost since the report before. */
  fractionLost = 0;
  /** Signed 24 bits. */
  cumulativeLost = 0;
  extendedHighestSequence = 0;
  /** Timestamp units. */
  jitter = 0;
  lastSenderReport = 0;
  /** 65,536ths of a second. */
  delaySinceLastSenderReport = 0;
}
