import { WebSocket } from 'ws';
import type { Clock, TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import { recognizerFailed } from './failure';
import { FINISH_MESSAGE, readMessage, startMessage } from './messages';
import type { Recognition, RecognitionHandler, RecognitionOptions, Recognizer } from './port';
import { bytesOf, WaitingSound } from './waiting-sound';

/** Durations are milliseconds. */
export interface WebSocketRecognizerOptions {
  readonly clock: Clock;
  /** `ws:` or `wss:`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string | undefined;
  /** How long the connection may take, and what is still to come when all was said; 5 000. */
  readonly timeout?: number | undefined;
}

/** Bytes of a message of the engine's. */
const LARGEST_MESSAGE = 65_536;
/** Bytes that wait to be sent: an engine that is so far behind has stopped reading. */
const MOST_WAITING = 1_048_576;

/** Anybody's engine: a connection for each recognition, with the messages of docs/speech.md. */
export class WebSocketRecognizer implements Recognizer {
  readonly name: string;
  private readonly live = new Set<WebSocketRecognition>();
  private closed = false;

  constructor(private readonly options: WebSocketRecognizerOptions) {
    this.name = new URL(options.url).host;
  }

  open(options: RecognitionOptions, handler: RecognitionHandler): Recognition {
    const recognition: WebSocketRecognition = new WebSocketRecognition(
      this.options,
      options,
      handler,
      () => this.live.delete(recognition),
    );
    this.live.add(recognition);
    if (this.closed) void recognition.terminate();
    return recognition;
  }

  get recognitions(): number {
    return this.live.size;
  }

  async close(): Promise<void> {
    this.closed = true;
    const gone = [...this.live].map((recognition) => recognition.terminate());
    await Promise.all(gone);
  }
}

/**
 *     connects --open--> listens --finish--> finishes --end, close--> over
 *        any state --close(), error, time-out--> over
 */
class WebSocketRecognition implements Recognition {
  private readonly socket: WebSocket;
  private readonly waiting: WaitingSound;
  private readonly gone: Promise<void>;
  private readonly host: string;
  private readonly timeout: number;
  private timer: TimerHandle | undefined;
  private finishing = false;
  private over = false;

  /** @param onGone is told when the connection is over too. */
  constructor(
    private readonly parts: WebSocketRecognizerOptions,
    options: RecognitionOptions,
    private readonly handler: RecognitionHandler,
    onGone: () => void,
  ) {
    const { url, token, timeout = 5_000 } = parts;
    this.host = new URL(url).host;
    this.timeout = timeout;
    this.waiting = new WaitingSound(options.sampleRate);
    const socket = new WebSocket(url, {
      maxPayload: LARGEST_MESSAGE,
      perMessageDeflate: false,
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
    this.socket = socket;
    this.setTimer(() => this.fail(`did not answer within ${timeout} ms`));
    socket.on('open', () => this.begin(startMessage(options)));
    socket.on('message', (data: Buffer, isBinary) => {
      if (this.over) return;
      if (isBinary) this.fail('sent a binary message');
      else this.take(data.toString());
    });
    socket.on('error', (error) => this.fail(`failed: ${error.message}`));
    this.gone = new Promise((resolve) => {
      socket.on('close', (code) => {
        this.end(
          // 1000 and 1005: it had no more to say.
          code === 1000 || code === 1005
            ? undefined
            : recognizerFailed(`the recogniser ${this.host} closed the connection with ${code}`),
        );
        this.clearTimer();
        onGone();
        resolve();
      });
    });
  }

  write(samples: Int16Array): void {
    if (this.over || this.finishing) return;
    const bytes = bytesOf(samples);
    if (this.socket.readyState === WebSocket.CONNECTING) this.waiting.push(bytes);
    else this.send(bytes);
  }

  finish(): void {
    if (this.over || this.finishing) return;
    this.finishing = true;
    if (this.socket.readyState !== WebSocket.CONNECTING) this.sayFinish();
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.leave();
  }

  /** Resolves when nothing is left. */
  terminate(): Promise<void> {
    this.close();
    this.socket.terminate();
    return this.gone;
  }

  private begin(start: string): void {
    if (this.over) return;
    this.clearTimer();
    this.socket.send(start);
    for (const bytes of this.waiting.take()) this.socket.send(bytes);
    if (this.finishing) this.sayFinish();
  }

  private send(data: Buffer): void {
    const { socket } = this;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > MOST_WAITING) this.fail('does not read what it is sent');
    else socket.send(data);
  }

  private sayFinish(): void {
    this.setTimer(() => this.fail(`said no more within ${this.timeout} ms of the end`));
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(FINISH_MESSAGE);
  }

  private take(text: string): void {
    let message;
    try {
      message = readMessage(text);
    } catch (error) {
      this.fail(`sent a message that cannot be read: ${describeError(error)}`);
      return;
    }
    switch (message?.type) {
      case 'partial':
        this.handler.onPartial(message.result);
        return;
      case 'final':
        this.handler.onFinal(message.result);
        return;
      case 'error':
        this.fail(`gave up: ${message.message}`);
        return;
      case 'end':
        this.end(undefined);
        return;
      case undefined:
    }
  }

  private fail(what: string): void {
    this.end(recognizerFailed(`the recogniser ${this.host} ${what}`));
  }

  private end(error: Error | undefined): void {
    if (this.over) return;
    this.over = true;
    this.leave();
    this.handler.onEnd(error);
  }

  /** Says goodbye, and does not wait long for the other side to. */
  private leave(): void {
    const { socket } = this;
    this.waiting.take();
    if (socket.readyState === WebSocket.CONNECTING) {
      socket.terminate();
      return;
    }
    socket.close(1000);
    this.setTimer(() => socket.terminate());
  }

  private setTimer(callback: () => void): void {
    this.clearTimer();
    this.timer = this.parts.clock.setTimeout(callback, this.timeout);
  }

  private clearTimer(): void {
    this.parts.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}
