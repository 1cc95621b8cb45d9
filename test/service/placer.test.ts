import type { PlaceRequest } from '../../runtime/call/placement';
import type { CallInfo } from '../../runtime/call/port';
import type { OutboundVerdict } from '../../runtime/routing/port';
import type { Uri } from '../../runtime/sip/message/uri';
import { Placer } from '../../runtime/service/placer';
import type { Binding, ForwardTarget, LocationService } from '../../runtime/sip/server/port';
import type { CallerIdentity, TrunkPlacement, Trunks } from '../../runtime/trunk/port';

const alice = 'sip:alice@example.com';

const users: Readonly<Record<string, string>> = { alice, '100': alice };

function nameOf(uri: Uri): string {
  return uri.scheme === 'tel' ? uri.number : (uri.user ?? '');
}

class World {
  targets: Readonly<Record<string, readonly ForwardTarget[]>> = {};
  verdict: Extract<OutboundVerdict, { type: 'refused' }> | undefined;
  trunkNames: readonly string[] = ['carrier'];
  trunkDown = false;
  readonly asked: string[] = [];
  readonly placed: [trunk: string, number: string, identity: CallerIdentity][] = [];
  open = 0;

  readonly placer = new Placer({
    directory: {
      isLocal: (uri) => uri.scheme === 'tel' || uri.host === 'example.com',
      userOf: (uri) => users[nameOf(uri)],
      userNamed: (name) => users[name.replace('@example.com', '')],
    },
    location: this.location(),
    trunks: this.trunks(),
    guard: {
      number: (number, caller) => this.ask(`number ${number} for ${caller}`),
      host: (host, caller) => this.ask(`host ${host} for ${caller}`),
    },
  });

  place(request: Partial<PlaceRequest> & Pick<PlaceRequest, 'to'>) {
    return this.placer.place({ identity: {}, ...request });
  }

  private ask(question: string): OutboundVerdict {
    this.asked.push(question);
    if (this.verdict !== undefined) return this.verdict;
    this.open += 1;
    return { type: 'allowed', release: () => (this.open -= 1) };
  }

  private location(): LocationService {
    const bindings: readonly Binding[] = [];
    return {
      bindings: () => bindings,
      targets: (aor) => this.targets[aor] ?? [],
      size: 0,
      all: () => bindings,
      onChange: () => () => undefined,
    };
  }

  private trunks(): Trunks {
    const names = () => this.trunkNames;
    return {
      get names() {
        return names();
      },
      identify: () => undefined,
      byInboundUser: () => undefined,
      inboundNumber: (_trunk, number) => number,
      admit: () => () => undefined,
      place: (trunk, number, identity): TrunkPlacement => {
        if (this.trunkDown) return { type: 'refused', status: 503, reason: 'carrier is down' };
        this.placed.push([trunk, number, identity]);
        this.open += 1;
        const attempt = (server: string) => ({
          requestUri: `sip:${number}@${server}`,
          from: 'sip:us@carrier.example',
          displayName: undefined,
          headers: [['X-Trunk', trunk]] as const,
          routes: [],
          credentials: [{ username: 'us', password: 'secret' }],
          codecs: ['PCMA'],
        });
        return {
          type: 'attempts',
          attempts: [attempt('a.example'), attempt('b.example')],
          release: () => (this.open -= 1),
        };
      },
      states: () => [],
      start: () => undefined,
      close: () => Promise.resolve(),
    };
  }
}

const by: CallInfo = {
  id: 'c1',
  callId: 'x',
  from: { uri: 'sip:carol@example.com', user: 'carol', displayName: 'Carol' },
  to: { uri: 'sip:menu@example.com', user: 'menu', displayName: '' },
  dialled: 'menu',
  headers: {},
  remoteAddress: '198.51.100.1:5060',
  started: 0,
};

describe('where a call goes', () => {
  test.each(['alice', 'alice@example.com', 'sip:alice@example.com', '100', 'tel:100'])(
    '%s: to the contacts of the user, those of equal q at once, the highest first',
    (to) => {
      const world = new World();
      world.targets = {
        [alice]: [
          { uri: 'sip:a@192.0.2.1', routes: ['<sip:edge;lr>'], flow: 'f1', q: 0.5 },
          { uri: 'sip:b@192.0.2.2', routes: [], q: 1 },
          { uri: 'sip:c@192.0.2.3', routes: [], q: 1 },
        ],
      };
      const placement = world.place({ to, by });
      expect(placement).toMatchObject({
        type: 'placed',
        next: 'failure',
        groups: [
          [{ to: 'sip:b@192.0.2.2', from: 'sip:carol@example.com', displayName: 'Carol' }, {}],
          [{ to: 'sip:a@192.0.2.1', routes: ['<sip:edge;lr>'], flow: 'f1' }],
        ],
      });
      expect(world.asked).toEqual([]);
    },
  );

  test('a user who is not registered is 480, nobody is 404', () => {
    const world = new World();
    expect(world.place({ to: 'alice' })).toMatchObject({ type: 'refused', status: 480 });
    expect(world.place({ to: 'sip:mallory@example.com' })).toMatchObject({ status: 404 });
    expect(world.place({ to: 'sip:' })).toMatchObject({ status: 404 });
  });

  test('a number through a trunk: its servers in turn, with its identity, credentials and codecs', () => {
    const world = new World();
    const placement = world.place({
      to: '+4930123',
      trunk: 'carrier',
      by,
      headers: { 'X-Mine': '1' },
    });
    expect(placement).toMatchObject({
      type: 'placed',
      next: 'unreachable',
      trunk: 'carrier',
      groups: [
        [
          {
            to: 'sip:+4930123@a.example',
            credentials: [{ username: 'us' }],
            codecs: ['PCMA'],
            headers: [
              ['X-Trunk', 'carrier'],
              ['X-Mine', '1'],
            ],
          },
        ],
        [{ to: 'sip:+4930123@b.example' }],
      ],
    });
    expect(world.placed).toEqual([
      ['carrier', '+4930123', { number: 'carol', displayName: 'Carol' }],
    ]);
    expect(world.asked).toEqual(['number +4930123 for address:198.51.100.1:5060']);
  });

  test('the guard counts a call for the user or the trunk that it came from', () => {
    const world = new World();
    world.place({ to: '1', trunk: 'carrier', by: { ...by, user: 'sip:carol@example.com' } });
    world.place({ to: '2', trunk: 'carrier', by: { ...by, trunk: 'inbound' } });
    world.place({ to: '3', trunk: 'carrier' });
    expect(world.asked).toEqual([
      'number 1 for user:sip:carol@example.com',
      'number 2 for trunk:inbound',
      'number 3 for originate',
    ]);
  });

  test('a number needs no trunk named when there is just one', () => {
    const world = new World();
    expect(world.place({ to: '+4930123' })).toMatchObject({ trunk: 'carrier' });
    world.trunkNames = ['carrier', 'other'];
    expect(world.place({ to: '+4930123' })).toMatchObject({
      status: 404,
      reason: 'there is no user "+4930123": name a trunk',
    });
  });

  test('a trunk that is not there is a mistake of the flow, with the nearest name', () => {
    const world = new World();
    expect(() => world.place({ to: '1', trunk: 'carier' })).toThrow(
      'there is no trunk "carier": did you mean "carrier"?',
    );
  });

  test('a host elsewhere only where the guard lets it', () => {
    const world = new World();
    expect(world.place({ to: 'sip:bob@example.net' })).toMatchObject({
      type: 'placed',
      groups: [[{ to: 'sip:bob@example.net' }]],
    });
    expect(world.asked).toEqual(['host example.net for originate']);
    world.verdict = { type: 'refused', status: 403, reason: 'example.net is not allowed' };
    expect(world.place({ to: 'sip:bob@example.net' })).toEqual({
      type: 'refused',
      status: 403,
      reason: 'example.net is not allowed',
    });
  });

  test('what was taken of the limits is given back, also when the trunk refuses', () => {
    const world = new World();
    const placement = world.place({ to: '1', trunk: 'carrier' });
    expect(world.open).toBe(2);
    if (placement.type === 'placed') placement.release();
    expect(world.open).toBe(0);
    world.trunkDown = true;
    expect(world.place({ to: '1', trunk: 'carrier' })).toMatchObject({ status: 503 });
    expect(world.open).toBe(0);
  });

  test('one who hides is anonymous to the callee (RFC 3323 §4.1.1.3)', () => {
    const world = new World();
    world.targets = { [alice]: [{ uri: 'sip:a@192.0.2.1', routes: [], q: 1 }] };
    expect(world.place({ to: 'alice', by, identity: { anonymous: true } })).toMatchObject({
      groups: [[{ from: 'sip:anonymous@anonymous.invalid', headers: [['Privacy', 'id']] }]],
    });
  });

  test('a number of the caller stands at the domain that was called', () => {
    const world = new World();
    world.targets = { [alice]: [{ uri: 'sip:a@192.0.2.1', routes: [], q: 1 }] };
    expect(world.place({ to: 'alice', by, identity: { number: '42' } })).toMatchObject({
      groups: [[{ from: 'sip:42@example.com', displayName: undefined }]],
    });
  });
});
