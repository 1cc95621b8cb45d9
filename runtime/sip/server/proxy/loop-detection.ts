import { hash } from 'node:crypto';
import type { SipRequest } from '../../message/message';

/**
 * Tells a request that came back unchanged from one that came back for a new target: a loop from a spiral
 * (RFC 5393 §4.2). The second part of a branch of ours is a hash over all that decides where the request
 * goes; nobody else can make it, so that a Via which holds it is ours.
 */
export class LoopDetector {
  /** @param key a secret of this process. */
  constructor(private readonly key: string) {}

  /**
   * The second part of the branch. It varies with the request URI and the Route (RFC 5393 §4.2.1), with what
   * names the request, and with `decidedBy`: whatever else the routing has looked at. It does not vary with
   * the method, nor with the Vias, or a loop over another proxy would look like a spiral.
   */
  mark(request: SipRequest, decidedBy = ''): string {
    const { headers } = request;
    const text = [
      this.key,
      request.requestUri,
      headers.getAll('Route').join(','),
      headers.get('From') ?? '',
      headers.get('To') ?? '',
      request.callId,
      String(request.cseq.sequence),
      headers.getAll('Proxy-Require').join(','),
      headers.getAll('Proxy-Authorization').join(','),
      decidedBy,
    ].join('\n');
    return hash('sha256', text, 'hex').slice(0, 16);
  }

  /** RFC 5393 §4.2.2: whether a Via of ours has this second part. */
  hasLooped(request: SipRequest, mark: string): boolean {
    const second = `.${mark}`;
    return request.headers.getAll('Via').some((value) => value.includes(second));
  }
}
