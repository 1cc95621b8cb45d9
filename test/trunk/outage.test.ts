import { Carrier, dead, first, healthy, second } from './carrier';

const account = { username: 'me', password: 'secret' };
const minute = 60_000;

describe('a trunk registers', () => {
  it('with its account, at each server, and says until when', async () => {
    const carrier = new Carrier({
      pstn: {
        servers: [`sip:${first}`, `sip:${second}`],
        register: { user: 'line1', expires: 600_000 },
        callerId: { domain: 'carrier.example' },
        ...account,
      },
    });
    carrier.trunks.start();
    expect(carrier.server.registration).toBe('registering');
    await carrier.run(100);
    const registers = carrier.requests.filter(({ method }) => method === 'REGISTER');
    expect(
      registers.map(({ requestUri, to, expires }) => [requestUri, to.uriText, expires]),
    ).toEqual([
      [`sip:${first}`, 'sip:line1@carrier.example', 600],
      [`sip:${second}`, 'sip:line1@carrier.example', 600],
    ]);
    expect(registers[0]?.contacts[0]?.uriText).toBe('sip:line1@192.0.2.1:5060');
    expect(carrier.trunk.servers.map(({ registration }) => registration)).toEqual([
      'registered',
      'registered',
    ]);
    const left = (carrier.server.registeredUntil ?? 0) - carrier.peer.clock.now();
    expect(Math.round(left / 1_000)).toBe(600);
    await carrier.close();
  });

  it('answers challenges', async () => {
    const carrier = new Carrier({ pstn: { register: true, qualify: false, ...account } });
    carrier.scripts.set(first, (request) =>
      request.headers.has('Authorization')
        ? healthy(request)
        : {
            status: 401,
            headers: {
              'WWW-Authenticate': 'Digest realm="c", nonce="n", algorithm=MD5, qop="auth"',
            },
          },
    );
    carrier.trunks.start();
    await carrier.run(100);
    expect(carrier.server.registration).toBe('registered');
    expect(carrier.requests.at(-1)?.headers.get('Authorization')).toContain('username="me"');
    await carrier.close();
  });

  it('refreshes in time, hour after hour', async () => {
    const carrier = new Carrier({ pstn: { register: true, qualify: false, ...account } });
    carrier.trunks.start();
    for (let hour = 0; hour < 5; hour += 1) {
      await carrier.run(60 * minute);
      expect(carrier.server.registration).toBe('registered');
      expect(carrier.server.registeredUntil).toBeGreaterThan(carrier.peer.clock.now());
    }
    expect(carrier.seen.length).toBeGreaterThanOrEqual(5);
    expect(carrier.log).toEqual([`info sip:${first} trunk is registered`]);
    await carrier.close();
  });

  it('and unregisters in the end', async () => {
    const carrier = new Carrier({ pstn: { register: true, qualify: false, ...account } });
    carrier.trunks.start();
    await carrier.run(1_000);
    await carrier.close();
    expect(carrier.requests.at(-1)?.expires).toBe(0);
  });
});

describe('an outage', () => {
  it('is noticed by two OPTIONS without an answer, and its end by one with', async () => {
    const carrier = new Carrier({ pstn: {} });
    carrier.trunks.start();
    await carrier.run(1_000);
    expect(carrier.server).toMatchObject({ reachable: 'up', registration: 'none' });
    expect(carrier.server.roundTrip).toBeLessThanOrEqual(10);

    carrier.scripts.set(first, dead);
    await carrier.run(30_000);
    expect(carrier.trunk.state).toBe('up');
    await carrier.run(15_000);
    expect(carrier.trunk.state).toBe('down');
    expect(carrier.server).toMatchObject({ reachable: 'down', lastError: 'OPTIONS: no answer' });
    expect(carrier.trunks.place('pstn', '030', {})).toEqual({
      type: 'refused',
      status: 503,
      reason: 'the trunk pstn is down',
    });

    carrier.scripts.set(first, healthy);
    await carrier.run(31_000);
    expect(carrier.trunk.state).toBe('up');
    expect(carrier.server.lastError).toBeUndefined();
    expect(carrier.log).toEqual([
      `warn sip:${first} trunk server is down`,
      `info sip:${first} trunk server is up`,
    ]);
    await carrier.close();
  });

  it('is no single lost OPTIONS', async () => {
    const carrier = new Carrier({ pstn: {} });
    carrier.trunks.start();
    await carrier.run(1_000);
    let lost = 0;
    carrier.scripts.set(first, (request) => {
      // One request with all its retransmissions.
      const again = request.topVia.branch === branch;
      if (lost > 0 && !again) return healthy(request);
      branch = request.topVia.branch;
      lost += 1;
      return undefined;
    });
    let branch: string | undefined;
    await carrier.run(2 * minute);
    expect(lost).toBeGreaterThan(0);
    expect(carrier.log).toEqual([]);
    expect(carrier.trunk.state).toBe('up');
    await carrier.close();
  });

  it.each([
    [404, 'up'],
    [405, 'up'],
    [401, 'up'],
    [500, 'up'],
    [503, 'down'],
    [408, 'down'],
  ])('is not told by every refusal: %d means %s', async (status, expected) => {
    const carrier = new Carrier({ pstn: {} });
    carrier.scripts.set(first, () => ({ status }));
    carrier.trunks.start();
    await carrier.run(2 * minute);
    expect(carrier.server.reachable).toBe(expected);
    await carrier.close();
  });

  it('of a registrar is survived: the trunk registers anew as soon as it answers OPTIONS', async () => {
    const carrier = new Carrier({ pstn: { register: { expires: 120_000 }, ...account } });
    carrier.trunks.start();
    await carrier.run(1_000);
    expect(carrier.trunk.state).toBe('up');

    carrier.scripts.set(first, dead);
    await carrier.run(30 * minute);
    expect(carrier.trunk.state).toBe('down');
    expect(carrier.server.registration).toBe('failed');
    expect(carrier.server.lastError).toMatch(/^REGISTER: 408/);
    const tries = carrier.seen.filter((line) => line.startsWith('REGISTER')).length;
    expect(tries).toBeLessThan(20);

    carrier.scripts.set(first, healthy);
    await carrier.run(31_000);
    expect(carrier.server).toMatchObject({ registration: 'registered', reachable: 'up' });
    expect(carrier.trunk.state).toBe('up');
    expect(carrier.log).toEqual([
      `info sip:${first} trunk is registered`,
      expect.stringContaining('trunk server is down'),
      expect.stringContaining('trunk is not registered'),
      expect.stringContaining('trunk is registered'),
      expect.stringContaining('trunk server is up'),
    ]);
    await carrier.close();
  });

  it('is none when a refresh is refused by a server that is there: the binding still holds', async () => {
    const carrier = new Carrier({ pstn: { register: { expires: 600_000 }, ...account } });
    carrier.trunks.start();
    await carrier.run(1_000);
    carrier.scripts.set(first, (request) =>
      request.method === 'REGISTER' ? { status: 500 } : healthy(request),
    );
    await carrier.run(6 * minute);
    expect(carrier.server.registration).toBe('failed');
    expect(carrier.trunk.state).toBe('up');
    await carrier.run(5 * minute);
    expect(carrier.trunk.state).toBe('down');
    carrier.scripts.set(first, healthy);
    await carrier.close();
  });

  it('of a registrar without OPTIONS is survived, too, by its back-off', async () => {
    const carrier = new Carrier({ pstn: { register: true, qualify: false, ...account } });
    carrier.scripts.set(first, dead);
    carrier.trunks.start();
    await carrier.run(3 * minute);
    expect(carrier.trunk.state).toBe('down');
    carrier.scripts.set(first, healthy);
    await carrier.run(6 * minute);
    expect(carrier.trunk.state).toBe('up');
    await carrier.close();
  });

  it('of the first server leaves the calls to the second, and gives them back', async () => {
    const carrier = new Carrier({ pstn: { servers: [`sip:${first}`, `sip:${second}`] } });
    const hosts = (): string[] => {
      const placed = carrier.trunks.place('pstn', '030', {});
      if (placed.type === 'refused') return [];
      placed.release();
      return placed.attempts.map(({ requestUri }) => requestUri);
    };
    carrier.trunks.start();
    await carrier.run(1_000);
    expect(hosts()).toEqual([`sip:030@${first}`, `sip:030@${second}`]);
    carrier.scripts.set(first, dead);
    await carrier.run(minute);
    expect(hosts()).toEqual([`sip:030@${second}`]);
    expect(carrier.trunk.state).toBe('up');
    carrier.scripts.set(first, healthy);
    await carrier.run(minute);
    expect(hosts()).toEqual([`sip:030@${first}`, `sip:030@${second}`]);
    await carrier.close();
  });
});
