import { createRequire } from 'node:module';
import type { SpeechClient } from '@google-cloud/speech';
import type { Clock, TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import { recognizerFailed } from './failure';
import { googleRequest } from './google-request';
import type { Recognition, RecognitionHandler, RecognitionOptions, Recognizer } from './port';
import { bytesOf, WaitingSound } from './waiting-sound';

/** Durations are milliseconds. */
export interface GoogleCloudRecognizerOptions {
  readonly clock: Clock;
  /** `en-US`: for calls whose language is the same without a region. */
  readonly language?: string | undefined;
  /** Where the flow names none: `phone_call`, `latest_short`, …. */
  readonly model?: string | undefined;
  /** How long the last result may take when all was said. 5 000. */
  readonly timeout?: number | undefined;
  /** Instead of the credentials that `GOOGLE_APPLICATION_CREDENTIALS` names. */
  readonly apiKey?: string | undefined;
  /** Another host than Google's, `http://host:port` without encryption, or `https://host`. */
  readonly endpoint?: string | undefined;
}

/** The service ends a stream after five minutes: before that another one goes on. */
const LONGEST_STREAM = 280_000;
/** Milliseconds of sound in a message, as the service recommends. */
const MESSAGE = 100;

/** The one that can be cancelled: what the library wraps round it leaves the call to the service open. */
type Stream = ReturnType<SpeechClient['_streamingRecognize']>;

/** What comes back, as far as it is looked at. */
interface Response {
  readonly results?: readonly {
    readonly alternatives?: readonly {
      readonly transcript?: string | null;
      readonly confidence?: number | null;
    }[];
    readonly isFinal?: boolean | null;
    readonly stability?: number | null;
  }[];
  readonly speechEventType?: string | number | null;
}

/** The caller has said all, in a stream of one utterance: its last result follows. */
const END_OF_UTTERANCE: readonly unknown[] = ['END_OF_SINGLE_UTTERANCE', 1];

type Credentials = NonNullable<
  NonNullable<ConstructorParameters<typeof SpeechClient>[0]>['sslCreds']
>;

/** As far as it is used; it is no package of ours. */
interface Gax {
  readonly grpc: {
    readonly credentials: { createInsecure(): Credentials; createSsl(): Credentials };
  };
}

/** Google Cloud Speech-to-Text. Its library (a fifth of a second) is loaded when it is prepared. */
export class GoogleCloudRecognizer implements Recognizer {
  readonly name = 'google';
  private readonly live = new Set<GoogleRecognition>();
  private client: Promise<SpeechClient> | undefined;
  private closed = false;

  constructor(private readonly options: GoogleCloudRecognizerOptions) {}

  async prepare(): Promise<void> {
    try {
      await this.connect();
    } catch (error) {
      throw recognizerFailed(`Google Cloud cannot be used: ${describeError(error)}`, error);
    }
  }

  open(options: RecognitionOptions, handler: RecognitionHandler): Recognition {
    const { apiKey } = this.options;
    const request = googleRequest(options, this.options);
    const headers = apiKey === undefined ? {} : { 'x-goog-api-key': apiKey };
    const recognition: GoogleRecognition = new GoogleRecognition(
      {
        clock: this.options.clock,
        timeout: this.options.timeout ?? 5_000,
        sampleRate: options.sampleRate,
        connect: async () => {
          if (this.closed) throw new Error('it is closed');
          const client = await this.connect();
          return () => {
            const stream = client._streamingRecognize({ otherArgs: { headers } });
            stream.write({ streamingConfig: request });
            return stream;
          };
        },
        onGone: () => this.live.delete(recognition),
      },
      handler,
    );
    this.live.add(recognition);
    return recognition;
  }

  get recognitions(): number {
    return this.live.size;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const recognition of this.live) recognition.close();
    const { client } = this;
    this.client = undefined;
    await client?.then((open) => open.close()).catch(() => undefined);
  }

  /** A client that failed to be made is made again for whoever comes next. */
  private connect(): Promise<SpeechClient> {
    if (this.client !== undefined) return this.client;
    const client = this.load();
    this.client = client;
    client.catch(() => {
      if (this.client === client) this.client = undefined;
    });
    return client;
  }

  private async load(): Promise<SpeechClient> {
    const library = await import('@google-cloud/speech');
    const { apiKey, endpoint } = this.options;
    const url = endpoint === undefined ? undefined : new URL(endpoint);
    const plain = url?.protocol === 'http:';
    const client = new library.SpeechClient({
      // A key belongs to its project: without a name the library asks gcloud and Google's own network.
      ...(apiKey === undefined ? {} : { apiKey, projectId: 'of-the-key' }),
      ...(url === undefined
        ? {}
        : { apiEndpoint: url.hostname, port: Number(url.port) || (plain ? 80 : 443) }),
      // With a key each request names it, and nothing else has to be found out.
      ...(apiKey === undefined && !plain ? {} : { sslCreds: credentials(plain) }),
    });
    await client.initialize();
    return client;
  }
}

/** Of the very copy of gRPC that the library uses: another one's are not taken. */
function credentials(plain: boolean): Credentials {
  const ofLibrary = createRequire(require.resolve('@google-cloud/speech'));
  const { grpc } = ofLibrary('google-gax') as Gax;
  return plain ? grpc.credentials.createInsecure() : grpc.credentials.createSsl();
}

interface RecognitionParts {
  readonly clock: Clock;
  readonly timeout: number;
  readonly sampleRate: number;
  readonly connect: () => Promise<() => Stream>;
  readonly onGone: () => void;
}

/** One recognition: one stream after another, each shorter than the service allows. */
class GoogleRecognition implements Recognition {
  private readonly waiting: WaitingSound;
  private readonly messageBytes: number;
  private message: Buffer[] = [];
  private messageSize = 0;
  /** Those that still have something to say; the last one hears. */
  private readonly streams = new Set<Stream>();
  private hearing: Stream | undefined;
  private openStream: (() => Stream) | undefined;
  private rollOver: TimerHandle | undefined;
  private deadline: TimerHandle | undefined;
  private finishing = false;
  private over = false;

  constructor(
    private readonly parts: RecognitionParts,
    private readonly handler: RecognitionHandler,
  ) {
    this.waiting = new WaitingSound(parts.sampleRate);
    this.messageBytes = (parts.sampleRate * 2 * MESSAGE) / 1_000;
    parts.connect().then(
      (openStream) => this.connected(openStream),
      (error: unknown) => this.fail(error),
    );
  }

  write(samples: Int16Array): void {
    if (this.over || this.finishing) return;
    const bytes = bytesOf(samples);
    this.message.push(bytes);
    this.messageSize += bytes.length;
    if (this.messageSize >= this.messageBytes) this.flush();
  }

  finish(): void {
    if (this.over || this.finishing) return;
    this.finishing = true;
    const { clock, timeout } = this.parts;
    this.deadline = clock.setTimeout(
      () => this.fail(new Error(`no last result came within ${timeout} ms`)),
      timeout,
    );
    this.flush();
    if (this.openStream !== undefined) this.endStream();
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.parts.clock.clearTimeout(this.rollOver);
    this.parts.clock.clearTimeout(this.deadline);
    for (const stream of this.streams) stream.cancel();
    this.streams.clear();
    this.waiting.take();
    this.parts.onGone();
  }

  private connected(openStream: () => Stream): void {
    if (this.over) return;
    this.openStream = openStream;
    for (const bytes of this.waiting.take()) this.send(bytes);
    if (this.finishing) this.endStream();
  }

  private flush(): void {
    if (this.messageSize === 0) return;
    const bytes = Buffer.concat(this.message);
    this.message = [];
    this.messageSize = 0;
    if (this.openStream === undefined) this.waiting.push(bytes);
    else this.send(bytes);
  }

  private send(bytes: Buffer): void {
    this.hearing ??= this.begin();
    this.hearing?.write({ audioContent: bytes });
  }

  private begin(): Stream | undefined {
    const stream = this.openStream?.();
    if (stream === undefined) return undefined;
    this.streams.add(stream);
    this.rollOver = this.parts.clock.setTimeout(() => {
      this.hearing = undefined;
      stream.end();
    }, LONGEST_STREAM);
    stream.on('data', (response: Response) => this.take(stream, response));
    stream.on('error', (error: unknown) => {
      if (this.streams.has(stream)) this.fail(error);
    });
    stream.on('end', () => this.ended(stream));
    return stream;
  }

  private take(stream: Stream, { results = [], speechEventType }: Response): void {
    for (const { alternatives, isFinal, stability } of results) {
      const [best] = alternatives ?? [];
      if (this.over || best === undefined) continue;
      const text = best.transcript ?? '';
      if (isFinal === true) {
        this.handler.onFinal({ text, confidence: known(best.confidence) });
      } else {
        this.handler.onPartial({ text, confidence: undefined, stability: known(stability) });
      }
    }
    if (END_OF_UTTERANCE.includes(speechEventType) && this.hearing === stream) this.finish();
  }

  /** No more is said in the stream that hears; what it has heard is still to be told. */
  private endStream(): void {
    const { hearing } = this;
    this.hearing = undefined;
    this.parts.clock.clearTimeout(this.rollOver);
    hearing?.end();
    if (this.streams.size === 0) this.finished(undefined);
  }

  private ended(stream: Stream): void {
    this.streams.delete(stream);
    if (this.over) return;
    const wasHearing = this.hearing === stream;
    if (wasHearing || (this.finishing && this.streams.size === 0)) this.finished(undefined);
  }

  private fail(error: unknown): void {
    const message = `Google Cloud could not recognise speech: ${describeError(error)}`;
    this.finished(recognizerFailed(message, error));
  }

  private finished(error: Error | undefined): void {
    if (this.over) return;
    this.close();
    this.handler.onEnd(error);
  }
}

/** The service writes 0 for what it does not know. */
function known(value: number | null | undefined): number | undefined {
  return value === null || value === undefined || value === 0 ? undefined : value;
}
