/** Messages between a stream and an app, in Twilio's shapes: JSON, each with an `event`. docs/stream.md lists them. */

/** What the app says. */
export type AppMessage =
  | { readonly event: 'media'; readonly payload: string }
  | { readonly event: 'mark'; readonly name: string }
  | { readonly event: 'clear' }
  /** Of the app's own. */
  | { readonly event: 'message'; readonly message: unknown };

/** The longest name that comes back in a mark. */
const longestName = 1_000;

/** What stands in a message of the app to the stream `streamSid`; undefined when it is none. */
export function readMessage(text: string, streamSid: string): AppMessage | undefined {
  const message = parsed(text);
  if (message === undefined) return undefined;
  const { streamSid: to = streamSid } = message;
  if (to !== streamSid) return undefined;
  switch (message['event']) {
    case 'media': {
      const payload = member(message['media'], 'payload');
      return typeof payload === 'string' ? { event: 'media', payload } : undefined;
    }
    case 'mark': {
      const name = member(message['mark'], 'name');
      if (typeof name !== 'string' || name.length > longestName) return undefined;
      return { event: 'mark', name };
    }
    case 'clear':
      return { event: 'clear' };
    case 'message':
      return { event: 'message', message: message['message'] };
    default:
      return undefined;
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the start message says. */
export interface StreamFacts {
  readonly streamSid: string;
  readonly accountSid: string;
  readonly callSid: string;
  readonly tracks: readonly string[];
  readonly mediaFormat: {
    readonly encoding: string;
    readonly sampleRate: number;
    readonly channels: 1;
  };
  readonly customParameters: Readonly<Record<string, string>>;
}

/** Writes what the app is told, with the numbers that messages of a stream have. */
export class MessageWriter {
  private sequence = 0;

  constructor(private readonly facts: StreamFacts) {}

  connected(): string {
    return JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  }

  start(): string {
    return this.write('start', this.facts);
  }

  /** Fifty times a second for each track: put together by hand, since nothing in it needs to be quoted. */
  media(track: string, chunk: number, timestamp: number, payload: string): string {
    this.sequence += 1;
    return `{"event":"media","sequenceNumber":"${this.sequence}","media":{"track":"${track}","chunk":"${chunk}","timestamp":"${timestamp}","payload":"${payload}"},"streamSid":"${this.facts.streamSid}"}`;
  }

  dtmf(digit: string): string {
    return this.write('dtmf', { track: 'inbound_track', digit });
  }

  mark(name: string): string {
    return this.write('mark', { name });
  }

  message(message: unknown): string {
    return this.write('message', message);
  }

  stop(): string {
    const { accountSid, callSid } = this.facts;
    return this.write('stop', { accountSid, callSid });
  }

  private write(event: string, content: unknown): string {
    this.sequence += 1;
    const { streamSid } = this.facts;
    return JSON.stringify({
      event,
      sequenceNumber: String(this.sequence),
      [event]: content,
      streamSid,
    });
  }
}
