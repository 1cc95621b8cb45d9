import { SeededRandom } from '../../../runtime/core/random';
import { silentLogger } from '../../../runtime/core/logger';
import type { MediaTap, TapOptions } from '../../../runtime/media/port';
import type {
  MediaStream,
  OpenSocket,
  StreamEnd,
  StreamLimits,
  StreamRequest,
} from '../../../runtime/stream/port';
import { CallStreams } from '../../../runtime/stream/streams';
import { FakeCall } from '../../support/fake-call';
import { mediaPair, type MediaPair } from '../../support/media-pair';

/** A call whose sound is that of one end of a pair of media sessions: `a` is the caller, `b` our end. */
class TappedCall extends FakeCall {
  readonly taps: MediaTap[] = [];

  constructor(private readonly pair: MediaPair) {
    super(pair.clock);
  }

  async tap(options: TapOptions): Promise<MediaTap> {
    await this.answer();
    const tap = this.pair.b.session.tap(options);
    this.taps.push(tap);
    return tap;
  }
}

export interface StreamedCall {
  readonly pair: MediaPair;
  readonly call: TappedCall;
  readonly streams: CallStreams;
  /** What the app has said to the flow. */
  readonly messages: unknown[];
  readonly started: string[];
  stream(request?: Partial<StreamRequest>): Streaming;
  /** Nothing is left of taps, timers, connections. */
  close(): Promise<void>;
}

export interface Streaming {
  readonly stream: MediaStream;
  end: StreamEnd | undefined;
  error: unknown;
}

export interface StreamedCallOptions {
  readonly openSocket: OpenSocket;
  readonly limits?: Partial<StreamLimits>;
  readonly refusal?: (url: string) => Promise<string | undefined>;
}

/** Fake sockets look nothing up. */
function neverAsked(): never {
  throw new Error('a name was looked up');
}

export async function streamedCall(options: StreamedCallOptions): Promise<StreamedCall> {
  const { openSocket, limits, refusal } = options;
  const pair = await mediaPair();
  const call = new TappedCall(pair);
  const streams = new CallStreams({
    clock: pair.clock,
    random: new SeededRandom(1),
    logger: silentLogger,
    openSocket,
    ...(limits === undefined ? {} : { limits }),
    ...(refusal === undefined ? {} : { web: { refusal, lookup: neverAsked } }),
    accountSid: 'AC1',
    callSid: (id) => `CA-${id}`,
  });
  const messages: unknown[] = [];
  const started: string[] = [];
  const opened: MediaStream[] = [];
  return {
    ...{ pair, call, streams, messages, started },
    stream(request = {}) {
      const stream = streams.open(
        call,
        {
          ...{ url: 'wss://bot.example/call', name: 'bot', mode: 'talk', track: 'inbound' },
          ...{ encoding: 'mulaw', sampleRate: 8_000, parameters: {}, timeout: 5_000 },
          ...request,
        },
        {
          onStarted: (streamSid) => started.push(streamSid),
          onMessage: (message) => messages.push(message),
        },
      );
      opened.push(stream);
      const streaming: Streaming = { stream, end: undefined, error: undefined };
      stream.done.then(
        (end) => {
          streaming.end = end;
        },
        (error: unknown) => {
          streaming.error = error;
        },
      );
      return streaming;
    },
    async close() {
      for (const stream of opened) stream.stop();
      await pair.close();
      expect(streams.count).toBe(0);
      expect(call.taps.every((tap) => tap.closed)).toBe(true);
      expect(pair.clock.pending).toBe(0);
    },
  };
}
