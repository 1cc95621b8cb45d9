import { token } from '../../../core/random';
import { trace } from '../../../core/trace';
import { createResponse } from '../../message/create';
import type { SipRequest, SipResponse } from '../../message/message';
import type { ElementServices, ExtraHeader } from '../../ua/port';
import type { LoopDetector } from './loop-detection';
import type { ProxyOptions } from './options';
import type { OwnUris } from './own-uris';

/** What every part of one proxy shares. */
export interface ProxyElement {
  readonly services: ElementServices;
  readonly options: Required<Omit<ProxyOptions, 'secret' | 'answerOptions'>>;
  readonly uris: OwnUris;
  readonly loops: LoopDetector;
}

const none: readonly ExtraHeader[] = [];

/** A response of our own, as a user agent server's (RFC 3261 §16.3): with a To tag, unless it is 100. */
export function ownResponse(
  services: ElementServices,
  request: SipRequest,
  status: number,
  headers: readonly ExtraHeader[] = none,
): SipResponse {
  if (status === 100) return createResponse(request, 100);
  const response = createResponse(request, status, { toTag: token(services.random, 64), headers });
  response.headers.append('Server', services.product);
  return response;
}

/** Counts something that was dropped. */
export function drop(services: ElementServices, reason: string, detail: string): void {
  if (!trace.drop.active) return;
  trace.drop.publish({ time: services.clock.now(), layer: 'dialog', reason, detail });
}
