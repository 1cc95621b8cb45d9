/** To the synthesising process: speak one piece of text. */
export interface FliteRequest {
  readonly id: number;
  readonly voice: string;
  readonly text: string;
}

/** From it: a WAV file, or what went wrong. */
export type FliteResponse =
  | { readonly id: number; readonly wav: Uint8Array }
  | { readonly id: number; readonly error: string };
