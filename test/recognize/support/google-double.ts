import { loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServiceClientConstructor } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import protos from '@google-cloud/speech/build/protos/protos.json';

/** What comes over a stream, as the library's own proto has it. */
interface StreamingRequest {
  readonly streamingConfig?: unknown;
  readonly audioContent?: Buffer;
}

/** One stream of the double's: what it was asked, and what it answers with. */
export class GoogleStream {
  config: unknown;
  readonly key: unknown;
  /** Bytes of each message. */
  readonly messages: number[] = [];
  private ended = false;
  state: 'open' | 'half-closed' | 'cancelled' = 'open';

  constructor(private readonly call: ServerDuplexStream<StreamingRequest, object>) {
    this.key = call.metadata.get('x-goog-api-key')[0];
    call.on('data', ({ streamingConfig, audioContent }: StreamingRequest) => {
      if (streamingConfig != null) this.config = streamingConfig;
      else this.messages.push(audioContent?.length ?? 0);
    });
    call.on('end', () => (this.state = 'half-closed'));
    call.on('cancelled', () => {
      if (!this.ended) this.state = 'cancelled';
    });
    call.on('error', () => undefined);
  }

  partial(transcript: string, stability: number): void {
    this.call.write({ results: [{ alternatives: [{ transcript }], stability }] });
  }

  final(transcript: string, confidence = 0): void {
    this.call.write({ results: [{ alternatives: [{ transcript, confidence }], isFinal: true }] });
  }

  utteranceEnds(): void {
    this.call.write({ speechEventType: 'END_OF_SINGLE_UTTERANCE' });
  }

  end(): void {
    this.ended = true;
    this.call.end();
  }

  fail(code: number, details: string): void {
    this.call.emit('error', { code, details });
  }
}

/** Google Cloud Speech-to-Text on loopback, with the proto that its library brings. */
export class GoogleDouble {
  readonly streams: GoogleStream[] = [];

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  static async open(): Promise<GoogleDouble> {
    const server = new Server();
    const made: { double?: GoogleDouble } = {};
    const { service } = speechService();
    server.addService(service, {
      streamingRecognize: (call: ServerDuplexStream<StreamingRequest, object>) => {
        made.double?.streams.push(new GoogleStream(call));
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    return (made.double = new GoogleDouble(server, port));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  close(): void {
    this.server.forceShutdown();
  }
}

function speechService(): ServiceClientConstructor {
  const root = loadPackageDefinition(fromJSON(protos));
  const path = ['google', 'cloud', 'speech', 'v1', 'Speech'];
  return path.reduce<unknown>(
    (at, name) => Reflect.get(at as object, name),
    root,
  ) as ServiceClientConstructor;
}
