import { z } from 'zod';
import { text, textLike, whole } from './schema-parts';

const timeout = whole(1, 60_000, 'milliseconds');

const google = z.strictObject({
  type: z.literal('google'),
  language: text('a language tag, such as "en-US"').optional(),
  model: text('a model of the service, such as "phone_call"').optional(),
  timeout,
  endpoint: text('a URL, such as "http://127.0.0.1:8080"').optional(),
});

const websocket = z.strictObject({
  type: z.literal('websocket'),
  url: textLike('the URL of a WebSocket, such as "wss://speech.example/recognize"', isSocketUrl),
  timeout,
});

const error =
  'must be { type: "google" } or { type: "websocket", url: "wss://…" }, or a list of these';

const recognizer = z.discriminatedUnion('type', [google, websocket], { error });

/** One, or several of which each is asked where those before it fail. */
export const recognizerChoice = z.union(
  [recognizer, z.array(recognizer, { error }).min(1, { error })],
  {
    error,
  },
);

function isSocketUrl(value: string): boolean {
  return URL.canParse(value) && /^wss?:$/.test(new URL(value).protocol);
}
