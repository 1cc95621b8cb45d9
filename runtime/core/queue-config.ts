/** What a queue is like. Durations are milliseconds. */
export interface QueueConfig {
  /** No more than so many wait; the next gets `full`. 1 000. */
  readonly maxSize?: number;
  /** The longest that anybody waits: then `timeout`. No limit, when absent. */
  readonly timeout?: number;
  /** Who is served within this time counts as served in time. 20 000. */
  readonly serviceLevel?: number;
}
