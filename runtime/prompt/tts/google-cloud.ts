import type { TextToSpeechClient } from '@google-cloud/text-to-speech';
import type { Clock } from '../../core/clock';
import { describeError } from '../../core/errors';
import { voiceFailed } from '../errors';
import type { SpeechChunk, SpeechContent, SpeechRequest, Voice } from '../port';
import { readWav } from '../wav';
import { tidyText } from './plain-text';
import { SpeechRefused } from './refused';
import { sentencesOf } from './sentences';
import { speakDocument, ssmlProblem } from './ssml';

/** Durations are milliseconds. */
export interface GoogleCloudVoiceOptions {
  readonly clock: Clock;
  /** `en-US`, … */
  readonly language: string;
  /** `en-US-Neural2-C`, …; the service chooses when absent. */
  readonly voice?: string;
  /** 0.25 to 4. */
  readonly rate?: number;
  /** Semitones, -20 to 20. */
  readonly pitch?: number;
  /** dB, -96 to 16. */
  readonly gain?: number;
  /** `['telephony-class-application']`, … */
  readonly effects?: readonly string[];
  /** Samples a second: 8 000. */
  readonly sampleRate?: number;
  /** How long a synthesis may take. 5 000. */
  readonly timeout?: number;
  /** Instead of the credentials that `GOOGLE_APPLICATION_CREDENTIALS` names. */
  readonly apiKey?: string;
  /** Another host than Google's, `http://host:port`: then it is spoken to in plain REST. */
  readonly endpoint?: string;
}

/** The service's own limit, in bytes of UTF-8. */
const MAX_BYTES = 5_000;
/** Characters from which on a text is asked for sentence by sentence, so that its first is heard early. */
const LONG = 200;
/** Characters of one sentence. */
const MAX_SENTENCE = 1_000;
/** gRPC's: what was asked for cannot be had, from anybody. */
const REFUSALS: ReadonlySet<unknown> = new Set([3, 5, 400, 404, '400', '404']);
/** A call that can be given up: the client's methods lose this member on their way out. */
type SynthesizeCall = (
  request: object,
  options: object,
) => Promise<[{ audioContent?: Uint8Array | string | null }]> & { cancel(): void };

/** Google Cloud Text-to-Speech. Its library (half a second, 55 MB) is loaded when it is prepared. */
export class GoogleCloudVoice implements Voice {
  readonly name = 'google';
  readonly key: string;
  readonly timeout: number;
  private readonly calls = new Set<{ cancel(): void }>();
  private client: Promise<TextToSpeechClient> | undefined;
  private closed = false;

  constructor(private readonly options: GoogleCloudVoiceOptions) {
    const { language, voice, rate, pitch, gain, effects, sampleRate = 8000, endpoint } = options;
    this.timeout = options.timeout ?? 5_000;
    this.key = JSON.stringify([
      'google-cloud v1',
      ...[language, voice, rate, pitch, gain, effects, sampleRate, endpoint].map((x) => x ?? null),
    ]);
  }

  dialect(language: string | undefined): string | undefined {
    const own = this.options.language;
    const same = language === undefined || primary(language) === primary(own);
    return same ? own : undefined;
  }

  /** They begin with their language: `en-US-Neural2-C`. */
  knows(speaker: string): boolean {
    return /^[a-z]{2,3}-[A-Z]{2}(-|$)/.test(speaker);
  }

  check(request: SpeechRequest): string | undefined {
    const problem = request.ssml === undefined ? undefined : ssmlProblem(request.ssml);
    if (problem !== undefined) return problem;
    const text = request.ssml === undefined ? tidyText(request.text) : speakDocument(request.ssml);
    const bytes = Buffer.byteLength(text);
    return bytes > MAX_BYTES
      ? `The text has ${bytes} bytes, more than the ${MAX_BYTES} that Google Cloud speaks at once: make it a list of shorter ones.`
      : undefined;
  }

  async prepare(): Promise<void> {
    try {
      await (this.client ??= this.connect());
    } catch (error) {
      throw voiceFailed(`Google Cloud cannot be used: ${describeError(error)}`, error);
    }
  }

  async *speak(request: SpeechRequest): AsyncGenerator<SpeechChunk, void> {
    const { speaker, language, signal } = request;
    const problem = this.closed ? 'The voice is closed.' : this.check(request);
    if (problem !== undefined) throw voiceFailed(problem);
    if (request.ssml !== undefined) {
      yield await this.sound({ ssml: speakDocument(request.ssml) }, speaker, signal);
      return;
    }
    const text = tidyText(request.text);
    const parts =
      text.length < LONG
        ? [{ text, rest: '' }]
        : sentencesOf(text, MAX_SENTENCE, language ?? this.options.language);
    for (const { text: part, rest } of parts) {
      yield { ...(await this.sound({ text: part }, speaker, signal)), rest };
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const call of this.calls) call.cancel();
    const client = this.client;
    this.client = undefined;
    await client?.then((open) => open.close()).catch(() => undefined);
  }

  private async sound(
    content: SpeechContent,
    voice: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<SpeechChunk> {
    const bytes = await this.request(content, voice, signal);
    try {
      return readWav(bytes);
    } catch (error) {
      throw voiceFailed('Google Cloud sent something that is not a WAV file.', error);
    }
  }

  private async request(
    content: SpeechContent,
    voice: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const { timeout } = this;
    const { clock } = this.options;
    let giveUp: (error: Error) => void = () => undefined;
    const givenUp = new Promise<never>((_resolve, reject) => (giveUp = reject));
    const onAbort = (): void => giveUp(new Error('the synthesis was cancelled'));
    // The library's REST transport keeps no deadline of its own.
    const late = (): void => giveUp(new Error(`no answer came within ${timeout} ms`));
    const deadline = clock.setTimeout(late, timeout);
    const call = { cancel: (): void => giveUp(new Error('the voice was closed')) };
    this.calls.add(call);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    try {
      return await this.exchange(this.bodyOf(content, voice), givenUp);
    } catch (error) {
      const message = `Google Cloud could not speak a text: ${describeError(error)}`;
      throw isRefusal(error) ? new SpeechRefused(message, error) : voiceFailed(message, error);
    } finally {
      clock.clearTimeout(deadline);
      signal?.removeEventListener('abort', onAbort);
      this.calls.delete(call);
    }
  }

  private async exchange(body: object, givenUp: Promise<never>): Promise<Uint8Array> {
    const client = await Promise.race([(this.client ??= this.connect()), givenUp]);
    const synthesize = client.innerApiCalls['synthesizeSpeech'] as SynthesizeCall;
    const { timeout } = this;
    const call = synthesize(body, { timeout });
    // Cancelled, it still settles.
    call.catch(() => undefined);
    const [response] = await Promise.race([call, givenUp]).catch((error: unknown) => {
      call.cancel();
      throw error;
    });
    const content = response.audioContent ?? '';
    return typeof content === 'string' ? Buffer.from(content, 'base64') : content;
  }

  private bodyOf(content: SpeechContent, voice: string | undefined): object {
    const { language, rate, pitch, gain, effects, sampleRate = 8000 } = this.options;
    const name = voice ?? this.options.voice;
    return {
      input: content,
      voice: {
        // A voice's name begins with its language: `de-DE-Neural2-B`.
        languageCode: /^[a-z]{2,3}-[A-Z]{2}(?=-)/.exec(voice ?? '')?.[0] ?? language,
        ...(name === undefined ? {} : { name }),
      },
      audioConfig: {
        audioEncoding: 'LINEAR16',
        sampleRateHertz: sampleRate,
        ...(rate === undefined ? {} : { speakingRate: rate }),
        ...(pitch === undefined ? {} : { pitch }),
        ...(gain === undefined ? {} : { volumeGainDb: gain }),
        ...(effects === undefined ? {} : { effectsProfileId: [...effects] }),
      },
    };
  }

  /** A client that failed to be made is made again for the next text. */
  private connect(): Promise<TextToSpeechClient> {
    const connecting = this.open();
    connecting.catch(() => {
      if (this.client === connecting) this.client = undefined;
    });
    return connecting;
  }

  private async open(): Promise<TextToSpeechClient> {
    const library = await import('@google-cloud/text-to-speech');
    const { apiKey, endpoint } = this.options;
    const client = new library.TextToSpeechClient({
      // A key belongs to its project: without a name the library asks gcloud and Google's own network.
      ...(apiKey === undefined ? {} : { apiKey, projectId: 'of-the-key' }),
      ...(endpoint === undefined ? {} : endpointOptions(new URL(endpoint))),
    });
    await client.initialize();
    return client;
  }
}

function primary(language: string): string {
  return language.split('-')[0]?.toLowerCase() ?? '';
}

/** The text or the speaker is at fault, not the service. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && REFUSALS.has(error.code);
}

function endpointOptions(url: URL): object {
  const protocol = url.protocol.replace(':', '');
  const port = url.port === '' ? (protocol === 'http' ? 80 : 443) : Number(url.port);
  // The platform's own fetch, so that nothing more is loaded.
  const clientOptions = { transporterOptions: { fetchImplementation: fetch } };
  return { fallback: 'rest', protocol, apiEndpoint: url.hostname, port, clientOptions };
}
