import type { Clock } from '../../core/clock';
import type { Logger } from '../../core/logger';
import type { Random } from '../../core/random';
import type { SipRequest } from '../message/message';
import type { Uri } from '../message/uri';
import type { TimerValues } from '../transaction/port';
import type { TransportLayer } from '../transport/port';
import type { Environment } from './environment';
import type { ElementServices, SendOptions, SentRequest } from './port';

/** A user agent's foundations, as the proxy, the registrar and the trunks use them. */
export class Elements implements ElementServices {
  constructor(private readonly environment: Environment) {}

  get clock(): Clock {
    return this.environment.clock;
  }

  get random(): Random {
    return this.environment.random;
  }

  get timers(): TimerValues {
    return this.environment.timers;
  }

  get logger(): Logger {
    return this.environment.logger;
  }

  get product(): string {
    return this.environment.options.product;
  }

  get transport(): TransportLayer {
    return this.environment.outbound.layer;
  }

  newVia(branch?: string): string {
    return this.environment.outbound.newVia(branch);
  }

  send(options: SendOptions): SentRequest {
    return this.environment.sender.send(options);
  }

  sendStateless(request: SipRequest, nextHop: Uri, flow?: string): void {
    this.environment.sender.sendStateless(request, { nextHop, flow });
  }

  isOurs(uri: Uri): boolean {
    return this.environment.outbound.isOurs(uri);
  }

  hasDialog(callId: string, localTag: string): boolean {
    return this.environment.sessions.find(callId, localTag) !== undefined;
  }
}
