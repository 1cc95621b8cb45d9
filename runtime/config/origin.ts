/** Where a configuration comes from. */
export interface ConfigOrigin {
  /** For messages: the file, or `configuration`. */
  readonly source: string;
  /** What relative paths are relative to. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * A `tool` works beside the server and does not have its environment: it does not miss the secrets that may come
   * from there. `server` when absent.
   */
  readonly purpose?: 'server' | 'tool';
}
