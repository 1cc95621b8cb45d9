/** To the process of flite: speak one piece of text. */
export interface FliteRequest {
  readonly id: number;
  readonly voice: string;
  readonly text: string;
}

/** To the process of espeak-ng; `text` is markup. Words a minute, and 0 to 99. */
export interface EspeakRequest extends FliteRequest {
  readonly rate: number;
  readonly pitch: number;
}

/** From either: a WAV file, or what went wrong. */
export type SpeechResponse =
  | { readonly id: number; readonly wav: Uint8Array }
  | { readonly id: number; readonly error: string };
