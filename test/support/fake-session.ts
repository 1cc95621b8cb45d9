import { createRequest } from '../../runtime/sip/message/create';
import type { SipRequest } from '../../runtime/sip/message/message';
import type { Channel } from '../../runtime/sip/transport/port';
import type {
  IncomingSession,
  ReferOptions,
  ReferOutcome,
  RequestOutcome,
  SessionEnd,
  SessionHandler,
} from '../../runtime/sip/ua/port';

export interface FakeSessionOptions {
  readonly requestUri?: string;
  readonly offer?: string | undefined;
  readonly headers?: readonly (readonly [string, string])[];
}

const channel: Channel = {
  protocol: 'UDP',
  reliable: false,
  local: { host: '127.0.0.1', port: 5060 },
  remote: { host: '192.0.2.10', port: 5062 },
  send: () => undefined,
};

/** What a call asked of its session. */
export type SessionAction =
  | { readonly type: 'provisional'; readonly status: number; readonly sdp: string | undefined }
  | { readonly type: 'accept'; readonly sdp: string }
  | {
      readonly type: 'reject';
      readonly status: number;
      readonly reason?: string;
      readonly headers?: unknown;
      readonly contacts?: readonly string[];
    }
  | { readonly type: 'end'; readonly headers?: unknown };

/** A session without SIP: writes down what the call does, and says what the test makes the peer say. */
export class FakeIncomingSession implements IncomingSession {
  readonly id = 'session-1';
  readonly direction = 'incoming';
  readonly request: SipRequest;
  readonly callId = 'call-1@192.0.2.10';
  readonly localTag = 'ours';
  readonly remoteTag = 'theirs';
  readonly channel = channel;
  readonly offer: string | undefined;
  readonly replaces = undefined;
  readonly actions: SessionAction[] = [];
  readonly refers: ReferOptions[] = [];
  state: IncomingSession['state'] = 'proceeding';
  settleRefer: (outcome: ReferOutcome) => void = () => undefined;
  private owner: SessionHandler | undefined;

  constructor(options: FakeSessionOptions = {}) {
    this.offer = options.offer;
    this.request = createRequest({
      method: 'INVITE',
      requestUri: options.requestUri ?? 'sip:reception@127.0.0.1',
      headers: options.headers ?? [
        ['Via', 'SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK1'],
        ['From', '"Alice A." <sip:alice@example.com>;tag=theirs'],
        ['To', '<sip:reception@127.0.0.1>'],
        ['Call-ID', this.callId],
        ['CSeq', '1 INVITE'],
      ],
    });
  }

  get handler(): SessionHandler {
    if (this.owner === undefined) throw new Error('nobody has taken the session');
    return this.owner;
  }

  set handler(handler: SessionHandler) {
    this.owner = handler;
  }

  provisional(status: number, options: { sdp?: string } = {}): void {
    this.mustBe('proceeding');
    this.actions.push({ type: 'provisional', status, sdp: options.sdp });
  }

  accept(sdp: string): void {
    this.mustBe('proceeding');
    this.state = 'accepted';
    this.actions.push({ type: 'accept', sdp });
  }

  reject(status: number, options: object = {}): void {
    this.mustBe('proceeding');
    this.actions.push({ type: 'reject', status, ...options });
    this.over({ by: 'local', cause: 'rejected', status, reason: '' });
  }

  end(options: object = {}): void {
    if (this.state === 'ended') return;
    this.actions.push({ type: 'end', ...options });
    this.over({ by: 'local', cause: 'bye', status: 200, reason: '' });
  }

  /** The ACK arrives, with an answer after a delayed offer. */
  acknowledge(answer?: string): boolean {
    this.mustBe('accepted');
    this.state = 'confirmed';
    const good = answer === undefined || this.handler.onAnswer(answer);
    if (good) this.handler.onEstablished();
    return good;
  }

  /** The session is over, by BYE from the caller unless said otherwise. */
  over(end: SessionEnd = { by: 'remote', cause: 'bye', status: 200, reason: '' }): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.settleRefer({ type: 'ended' });
    this.handler.onEnded(end);
  }

  refer(options: ReferOptions): Promise<ReferOutcome> {
    this.refers.push(options);
    return new Promise((resolve) => {
      this.settleRefer = resolve;
    });
  }

  reoffer(): Promise<RequestOutcome> {
    return Promise.resolve({ type: 'ended' });
  }

  info(): Promise<RequestOutcome> {
    return Promise.resolve({ type: 'ended' });
  }

  useCredentials(): void {
    // Nobody challenges it.
  }

  sendRequest(): Promise<RequestOutcome> {
    return Promise.resolve({ type: 'ended' });
  }

  private mustBe(state: IncomingSession['state']): void {
    if (this.state !== state) throw new Error(`the session is ${this.state}, not ${state}`);
  }
}

/** An INFO inside the dialog. */
export function infoRequest(contentType: string | undefined, body: string): SipRequest {
  return createRequest({
    method: 'INFO',
    requestUri: 'sip:callchart@127.0.0.1',
    headers: contentType === undefined ? [] : [['Content-Type', contentType]],
    body,
  });
}
