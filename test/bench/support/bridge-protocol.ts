/** What the processes of the bridge benchmark say to each other, beside {@link FromSender}. */

/** A relay of RTP under measurement: our engine, or bare sockets. */
export interface StartBridging {
  readonly type: 'start';
  /** Of two legs each. */
  readonly calls: number;
  /** Whether the legs speak different codecs; bare sockets never look. */
  readonly recode: boolean;
  readonly sink: { readonly host: string; readonly port: number };
}

export type ToBridger = StartBridging | { readonly type: 'mark' } | { readonly type: 'report' };
