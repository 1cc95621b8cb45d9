import { trace } from '../../runtime/core/trace';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { Entrance } from '../../runtime/service/entrance';
import { MessageError } from '../../runtime/sip/message/message-error';
import type { SipRequest } from '../../runtime/sip/message/message';
import { channelFrom, requestOf } from './support/requests';

class Door {
  /** What came through. */
  readonly passed: SipRequest[] = [];
  readonly banned: string[] = [];
  readonly closed: string[] = [];
  readonly drops: string[] = [];
  /** Requests that were counted. */
  counted = 0;
  withinRate = true;
  stranger = false;
  known = false;
  isKnown: () => boolean = () => this.known;
  private readonly stop = trace.drop.subscribe(({ reason, layer }) => {
    if (layer === 'service') this.drops.push(reason);
  });
  readonly entrance = new Entrance({
    clock: new VirtualClock(),
    guard: {
      onRequest: () => {
        this.counted += 1;
        return this.withinRate;
      },
      onScanner: ({ remote }, userAgent) => this.banned.push(`${remote.host} ${userAgent}`),
    },
    inner: {
      onRequest: (request) => this.passed.push(request),
      onResponse: () => undefined,
      onFlowClosed: (flow) => this.closed.push(`inner ${flow}`),
    },
    isKnown: () => this.isKnown(),
    ignores: () => this.stranger,
    onFlowClosed: (flow) => this.closed.push(flow),
  });

  send(request: SipRequest): void {
    this.entrance.onRequest(request, channelFrom('198.51.100.7'));
  }

  end(): void {
    this.stop();
  }
}

let door: Door;
beforeEach(() => {
  door = new Door();
});
afterEach(() => door.end());

test('a request passes, and is counted once', () => {
  const request = requestOf();
  door.send(request);
  expect(door.passed).toEqual([request]);
  expect(door.counted).toBe(1);
  expect(door.drops).toEqual([]);
});

test('what is over the rate, or for no stranger, is dropped without an answer', () => {
  door.withinRate = false;
  door.send(requestOf());
  door.withinRate = true;
  door.stranger = true;
  door.send(requestOf());
  expect(door.passed).toEqual([]);
  expect(door.drops).toEqual(['rate-limit', 'stranger']);
});

test.each(['friendly-scanner', 'SIPVicious/0.3', 'sip-scan', 'sipcli/v1.8', 'sundayddr', 'pplsip'])(
  'a %s is dropped, and its source shut out',
  (userAgent) => {
    door.send(requestOf({ method: 'OPTIONS', headers: [['User-Agent', userAgent]] }));
    expect(door.passed).toEqual([]);
    expect(door.banned).toEqual([`198.51.100.7 ${userAgent}`]);
    expect(door.drops).toEqual(['scanner']);
    expect(door.counted).toBe(0);
  },
);

test.each([
  'baresip v1.1.0',
  'Yealink SIP-T46S',
  'Asterisk PBX 20',
  'eyeBeam release 1102q',
  'Callchart',
])('a phone that calls itself %s passes', (userAgent) => {
  door.send(requestOf({ headers: [['User-Agent', userAgent]] }));
  expect(door.passed).toHaveLength(1);
  expect(door.banned).toEqual([]);
});

describe('over the rate', () => {
  beforeEach(() => {
    door.withinRate = false;
  });

  test('an ACK passes: it is never answered, and the call that it confirms stands', () => {
    door.send(requestOf({ method: 'ACK', to: '<sip:bob@example.com>;tag=b' }));
    door.send(requestOf({ method: 'ACK' }));
    expect(door.passed).toHaveLength(2);
  });

  test.each(['BYE', 'INVITE', 'CANCEL'])('a %s of what we know passes, uncounted', (method) => {
    door.known = true;
    door.send(requestOf({ method, to: '<sip:bob@example.com>;tag=b' }));
    expect(door.passed).toHaveLength(1);
    expect(door.counted).toBe(0);
  });

  test.each(['BYE', 'INVITE', 'CANCEL'])('a %s with a tag that was made up does not', (method) => {
    door.send(requestOf({ method, to: '<sip:bob@example.com>;tag=b' }));
    expect(door.passed).toEqual([]);
    expect(door.drops).toEqual(['rate-limit']);
  });

  test('a request without a tag is new, whatever else is known', () => {
    door.known = true;
    door.send(requestOf());
    expect(door.passed).toEqual([]);
  });

  test('what cannot be read counts as new; a defect is no matter of the network', () => {
    door.isKnown = () => {
      throw new MessageError('malformed');
    };
    door.send(requestOf({ method: 'CANCEL' }));
    expect(door.drops).toEqual(['rate-limit']);
    door.isKnown = () => {
      throw new TypeError('a defect');
    };
    expect(() => door.send(requestOf({ method: 'CANCEL' }))).toThrow('a defect');
  });
});

test('a flow that has closed is told to the location service and to the user agent', () => {
  door.entrance.onFlowClosed('tcp/1');
  expect(door.closed).toEqual(['tcp/1', 'inner tcp/1']);
});
