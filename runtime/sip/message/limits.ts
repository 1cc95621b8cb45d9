/** How much of a message is read before it is refused; sizes are octets. */
export interface MessageLimits {
  /** Start line and header fields together. Beyond: 513. */
  readonly maxHead: number;
  /** One header field, folded lines included. Beyond: 513. */
  readonly maxHeaderLine: number;
  /** Header fields. Beyond: 513. */
  readonly maxHeaders: number;
  /** Via header fields. Beyond: 513. */
  readonly maxVias: number;
  /** Parameters of one header value or URI. Beyond: 400. */
  readonly maxParams: number;
  /** The request URI. Beyond: 414. */
  readonly maxUri: number;
  /** Beyond: 413. */
  readonly maxBody: number;
}

export const defaultMessageLimits: MessageLimits = {
  maxHead: 65_536,
  maxHeaderLine: 16_384,
  maxHeaders: 256,
  maxVias: 100,
  maxParams: 64,
  maxUri: 4_096,
  maxBody: 1_048_576,
};
