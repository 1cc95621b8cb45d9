import type { SipRequest } from '../../../../runtime/sip/message/message';
import { Bench, type Phone } from './harness';

function breadthOf(request: SipRequest): string | undefined {
  return request.headers.get('Max-Breadth');
}

describe('RFC 5393 §5: Max-Breadth', () => {
  let bench: Bench;
  let phones: readonly Phone[];

  beforeEach(() => {
    bench = new Bench();
    phones = Array.from({ length: 8 }, (_, i) => bench.phone(`p${i}`, `192.0.2.${30 + i}`));
    bench.node.forkTo(...phones.map(({ uri }) => uri));
  });

  afterEach(() => bench.expectNothingLeft());

  const asked = (): readonly Phone[] => phones.filter(({ inbox }) => inbox.length > 0);

  function message(breadth: string | undefined): void {
    bench.alice.send(bench.listener, 'MESSAGE', {
      headers: breadth === undefined ? {} : { 'Max-Breadth': breadth },
    });
  }

  function answerAll(status: number): void {
    for (let all = asked(); all.length > 0; all = asked()) {
      for (const phone of all) phone.respond(phone.nextRequest('MESSAGE'), status);
    }
  }

  it('is 60 where a request has none, and never more than that', () => {
    bench.node.forkTo(bench.bob.uri);
    for (const [given, sent] of [
      [undefined, '60'],
      ['7', '7'],
      ['61', '60'],
      ['4000000000', '60'],
    ] as const) {
      bench.alice.send(bench.listener, 'MESSAGE', {
        callId: `breadth-${given ?? 'none'}`,
        headers: given === undefined ? {} : { 'Max-Breadth': given },
      });
      const forwarded = bench.bob.nextRequest('MESSAGE');
      expect(forwarded.headers.getAll('Max-Breadth')).toEqual([sent]);
      bench.bob.respond(forwarded, 200);
      bench.alice.nextResponse(200);
    }
  });

  it('is divided among parallel branches (§5.2)', () => {
    bench.node.forkTo(...phones.slice(0, 2).map(({ uri }) => uri));
    message('60');
    expect(asked().map((phone) => breadthOf(phone.inbox[0] as SipRequest))).toEqual(['30', '30']);
    answerAll(404);
    bench.alice.nextResponse(404);
  });

  it('is divided without a rest, and each branch has one at least', () => {
    bench.node.forkTo(...phones.slice(0, 4).map(({ uri }) => uri));
    message('7');
    const shares = asked().map((phone) => Number(breadthOf(phone.inbox[0] as SipRequest)));
    expect(shares.reduce((sum, each) => sum + each, 0)).toBe(7);
    expect(Math.min(...shares)).toBe(1);
    answerAll(404);
    bench.alice.nextResponse(404);
  });

  it('goes whole to one branch after the other (§5.2, sequential forking)', () => {
    const [first, second] = phones as [Phone, Phone];
    bench.node.forkTo([first.uri, 1], [second.uri, 0.5]);
    message('60');
    const one = first.nextRequest('MESSAGE');
    expect(breadthOf(one)).toBe('60');
    first.respond(one, 404);
    const two = second.nextRequest('MESSAGE');
    expect(breadthOf(two)).toBe('60');
    second.respond(two, 200);
    bench.alice.nextResponse(200);
  });

  it('of 4 with eight targets asks four, and the next as each of them answers (§5.5)', () => {
    message('4');
    expect(asked()).toEqual(phones.slice(0, 4));
    const [, second] = phones as [Phone, Phone];
    const request = second.nextRequest('MESSAGE');
    expect(breadthOf(request)).toBe('1');
    second.respond(request, 404);
    expect(asked().map(({ name }) => name)).toEqual(['p0', 'p2', 'p3', 'p4']);
    answerAll(404);
    bench.alice.nextResponse(404);
  });

  it('of 1 makes a fork serial, and does not forbid it (§5.1)', () => {
    message('1');
    for (const phone of phones) {
      expect(asked()).toEqual([phone]);
      phone.respond(phone.nextRequest('MESSAGE'), 480);
    }
    bench.alice.nextResponse(480);
  });

  it('of 0 is not enough for any branch: 440', () => {
    message('0');
    bench.alice.nextResponse(440);
    expect(asked()).toEqual([]);
  });
});
