import type { CallControl } from '../call/port';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import { token, type Random } from '../core/random';
import type { WebClient } from '../web/port';
import { CallStream } from './call-stream';
import {
  streamLimits,
  type MediaStream,
  type MediaStreams,
  type OpenSocket,
  type StreamLimits,
  type StreamListener,
  type StreamRequest,
} from './port';
import { webSockets } from './web-socket';

export interface StreamServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Says which addresses may be connected to; without it all may. */
  readonly web?: Pick<WebClient, 'refusal' | 'lookup'> | undefined;
  /** The package `ws` when absent. */
  readonly openSocket?: OpenSocket | undefined;
  readonly limits?: Partial<StreamLimits>;
  readonly accountSid: string;
  readonly callSid: (id: string) => string;
  /** Header fields of the handshake, such as a signature. */
  readonly sign?: ((url: string) => Readonly<Record<string, string>>) | undefined;
}

/** The media streams of a process. */
export class CallStreams implements MediaStreams {
  count = 0;

  private readonly openSocket: OpenSocket;
  private onEmpty: () => void = () => undefined;

  constructor(private readonly services: StreamServices) {
    const { web, openSocket } = services;
    this.openSocket =
      openSocket ?? webSockets(web === undefined ? {} : { lookup: (url) => web.lookup(url) });
  }

  open(call: CallControl, request: StreamRequest, listener: StreamListener): MediaStream {
    const { clock, random, logger, web, sign, accountSid, callSid } = this.services;
    this.count += 1;
    return new CallStream(call, request, listener, {
      ...{ clock, logger, accountSid },
      limits: { ...streamLimits, ...this.services.limits },
      openSocket: this.openSocket,
      streamSid: `MZ${token(random, 128)}`,
      callSid: callSid(call.info.id),
      refusal: (url) => web?.refusal(url) ?? Promise.resolve(undefined),
      headers: sign?.(request.url) ?? {},
      onGone: () => {
        this.count -= 1;
        if (this.count === 0) this.onEmpty();
      },
    });
  }

  /** Resolves when the connections of all streams are closed, which the ends of their calls have begun. */
  close(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onEmpty = resolve;
    });
  }
}
