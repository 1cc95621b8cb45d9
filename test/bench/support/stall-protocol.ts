/** What the benchmark of stalls and the server that it watches say to each other. */

export type ToWatched =
  | { readonly type: 'start'; readonly data: string }
  /** From now on stalls count. */
  | { readonly type: 'watch' }
  | { readonly type: 'report' };

export type FromWatched =
  | { readonly type: 'ready'; readonly port: number; readonly bindings: number }
  | { readonly type: 'watching' }
  | {
      readonly type: 'report';
      /** Milliseconds that the event loop was away for at the longest. */
      readonly stall: number;
      /** Whatever the server has open, all together. */
      readonly open: number;
    };
