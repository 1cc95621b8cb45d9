import type { ExtraHeader } from '../ua/port';

/** A final response of 300 to 699 that a server gives. */
export interface Refusal {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: readonly ExtraHeader[];
}
