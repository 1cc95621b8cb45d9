import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { generate } from 'selfsigned';
import { isAllowedHost } from '../../runtime/core/allowed-host';
import { SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { AddressGuard } from '../../runtime/web/address-guard';
import { createWebClient, type WebClientOptions } from '../../runtime/web/client';
import type { WebResult } from '../../runtime/web/port';
import { WebServer } from './web-server';

const addresses = (...list: string[]): LookupAddress[] =>
  list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const names: Readonly<Record<string, LookupAddress[]>> = {
  'app.example': addresses('8.8.8.8', '2606:4700::1111'),
  'inside.example': addresses('10.1.2.3'),
  'mixed.example': addresses('10.1.2.3', '8.8.8.8'),
  'six.example': addresses('fd00::1'),
  localhost: addresses('127.0.0.1', '::1'),
};

const resolve = (name: string): Promise<readonly LookupAddress[]> => {
  const found = names[name];
  return found === undefined
    ? Promise.reject(Object.assign(new Error(name), { code: 'ENOTFOUND' }))
    : Promise.resolve(found);
};

const guard = (...allow: string[]): AddressGuard => new AddressGuard(allow, resolve);

describe('a host that is not public', () => {
  it.each([
    ['http://127.0.0.1/', 'a loopback address'],
    ['http://127.8.9.10/', 'a loopback address'],
    ['http://2130706433/', 'a loopback address'],
    ['http://0x7f.1/', 'a loopback address'],
    ['http://0177.0.0.1/', 'a loopback address'],
    ['http://127.1/', 'a loopback address'],
    ['http://[::1]/', 'a loopback address'],
    ['http://[::ffff:127.0.0.1]/', 'a loopback address'],
    ['http://[::ffff:7f00:1]/', 'a loopback address'],
    ['http://localhost/', 'a loopback address'],
    ['http://localhost./', undefined],
    ['http://10.0.0.1/', 'a private address'],
    ['http://172.16.0.1/', 'a private address'],
    ['http://192.168.1.1/', 'a private address'],
    ['http://[fd00::1]/', 'a private address'],
    ['https://inside.example/', 'a private address'],
    ['wss://six.example/', 'a private address'],
    ['http://169.254.169.254/', 'a link-local address'],
    ['http://[fe80::1]/', 'a link-local address'],
    ['http://100.64.0.1/', "an address behind a carrier's NAT"],
    ['http://224.0.0.1/', 'a multicast address'],
    ['http://[ff02::1]/', 'a multicast address'],
    ['http://0.0.0.0/', 'an unspecified address'],
    ['http://[::]/', 'an unspecified address'],
    ['http://255.255.255.255/', 'no public address'],
    ['http://240.0.0.1/', 'no public address'],
    ['http://192.0.2.1/', 'no public address'],
    ['http://198.18.0.1/', 'no public address'],
    ['http://[64:ff9b::7f00:1]/', 'no public address'],
    ['http://[2002:7f00:1::]/', 'no public address'],
    ['http://[2001::1]/', 'no public address'],
    ['http://[2001:db8::1]/', 'no public address'],
    ['http://[::7f00:1]/', 'no public address'],
    ['http://[fec0::1]/', 'no public address'],
  ])('is refused: %s is %s', async (url, kind) => {
    const refusal = await guard().refusal(url);
    // A name that nobody knows is refused by nobody, and cannot be connected to.
    if (kind === undefined) expect(refusal).toBeUndefined();
    else expect(refusal).toContain(kind);
  });

  it('is refused with the line of configuration that allows it', async () => {
    expect(await guard().refusal('http://localhost:3000/voice')).toBe(
      "localhost has 127.0.0.1, which is a loopback address; such hosts are asked only where the configuration says so: web: { allow: ['localhost:3000'] }",
    );
    expect(await guard().refusal('http://[::1]:3000/')).toContain("allow: ['[::1]:3000']");
    for (const entry of ['localhost:3000', '[::1]:3000']) expect(isAllowedHost(entry)).toBe(true);
  });

  it.each([
    [
      ['localhost:3000'],
      ['http://localhost:3000/'],
      ['http://localhost/', 'http://127.0.0.1:3000/'],
    ],
    [['localhost'], ['http://localhost:3000/', 'http://LOCALHOST/'], ['http://127.0.0.1/']],
    [['127.0.0.1'], ['http://127.0.0.1:9/', 'http://[::ffff:127.0.0.1]/'], ['http://[::1]/']],
    [
      ['10.0.0.0/8'],
      ['https://inside.example/', 'http://10.9.9.9/'],
      ['http://11.0.0.1.nip/x', 'http://192.168.0.1/'],
    ],
    [['10.0.0.0/8:443'], ['https://inside.example/'], ['http://inside.example/']],
    [['*.example'], ['http://inside.example/', 'ws://six.example/'], ['http://10.1.2.3/']],
    [['fd00::/8'], ['http://[fd00::1]/', 'http://six.example/'], ['http://[fe80::1]/']],
    [['[fd00::1]:80'], ['http://[fd00::1]/'], ['http://[fd00::1]:81/', 'http://[fd00::2]/']],
  ])('is asked where %j allows it', async (allow, asked, refused) => {
    for (const url of asked) expect(await guard(...allow).refusal(url)).toBeUndefined();
    for (const url of refused) {
      const known = !url.includes('nip');
      expect((await guard(...allow).refusal(url)) !== undefined).toBe(known);
    }
  });

  it('is none of those that are public', async () => {
    for (const url of ['https://app.example/', 'http://8.8.8.8/', 'http://[2606:4700::1111]/']) {
      expect(await guard().refusal(url)).toBeUndefined();
    }
  });

  it('is told from a public one whatever the spelling of its address', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(octet, octet, octet, (b, c, d) => {
        const number = ((10 * 256 + b) * 256 + c) * 256 + d;
        const hex = number.toString(16).padStart(8, '0');
        for (const host of [
          `10.${b}.${c}.${d}`,
          String(number),
          `0x${hex}`,
          `012.${b}.${c * 256 + d}`,
          `[::ffff:10.${b}.${c}.${d}]`,
          `[0:0:0:0:0:ffff:${hex.slice(0, 4)}:${hex.slice(4)}]`,
        ]) {
          expect(guard().refusalOfLiteral(new URL(`http://${host}/`))).toBeDefined();
        }
      }),
    );
  });
});

describe('the addresses that a socket gets', () => {
  const look = (url: string, all: boolean, ...allow: string[]): Promise<unknown> =>
    new Promise((give) => {
      const { hostname } = new URL(url);
      guard(...allow).lookup(new URL(url))(hostname, { all }, (error, found) => {
        give(error === null ? found : error.message);
      });
    });

  it('are those that are allowed, and no others of the same name', async () => {
    expect(await look('http://mixed.example/', true)).toEqual(addresses('8.8.8.8'));
    expect(await look('http://mixed.example/', false)).toBe('8.8.8.8');
    expect(await look('http://inside.example/', true)).toContain('a private address');
    expect(await look('http://inside.example/', true, 'inside.example')).toEqual(
      addresses('10.1.2.3'),
    );
    expect(await look('http://nobody.example/', true)).toBe('nobody.example');
  });
});

describe('a web client', () => {
  const clock = new VirtualClock();
  let plain: WebServer;
  let secure: Server;
  let ca: string;

  beforeAll(async () => {
    plain = await WebServer.start((_, response) => response.end('inside'));
    const made = await generate([{ name: 'commonName', value: 'localhost' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'secure.example' }] }],
    });
    ca = made.cert;
    secure = createServer({ cert: made.cert, key: made.private }, (request, response) => {
      if (request.url === '/plain') response.writeHead(307, { location: plain.url() }).end();
      else response.end('secure');
    });
    await new Promise<void>((done) => secure.listen(0, '127.0.0.1', done));
  });
  afterAll(async () => {
    secure.closeAllConnections();
    await Promise.all([plain.close(), new Promise((done) => secure.close(done))]);
  });

  async function ask(
    url: string,
    options: Partial<WebClientOptions> = {},
    request: { readonly body?: string } = {},
  ): Promise<WebResult> {
    const random = new SeededRandom(1);
    const web = createWebClient({ clock, random, allow: [], ...options });
    const common = { timeout: 5_000, maxSize: 1_000, maxRedirects: 5 };
    const result = await web.request({ url, method: 'POST', ...common, ...request });
    await web.close();
    expect(clock.pending).toBe(0);
    return result;
  }

  it('does not connect where a name leads inside, though it was public when it was asked for', async () => {
    const answers = [addresses('8.8.8.8'), addresses('127.0.0.1')];
    const rebinding = (): Promise<LookupAddress[]> => Promise.resolve(answers.shift() ?? []);
    const url = plain.url('/', 'rebind.example');
    expect(await new AddressGuard([], rebinding).refusal(url)).toBeUndefined();
    const resolve127 = (): Promise<LookupAddress[]> => Promise.resolve(addresses('127.0.0.1'));
    expect(await ask(url, { resolve: resolve127 })).toMatchObject({ reason: 'forbiddenAddress' });
    expect(plain.seen).toEqual([]);
    const allow = [`rebind.example:${plain.port}`];
    expect(await ask(url, { resolve: resolve127, allow })).toMatchObject({ status: 200 });
  });

  it('refuses a literal address before it connects, however it is written', async () => {
    for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]']) {
      const result = await ask(plain.url('/', host));
      expect(result).toMatchObject({ type: 'failed', reason: 'forbiddenAddress' });
    }
  });

  const toLoopback = (): Promise<LookupAddress[]> => Promise.resolve(addresses('127.0.0.1'));
  const at = (path: string, host = 'secure.example'): string =>
    `https://${host}:${(secure.address() as AddressInfo).port}${path}`;

  it('takes no certificate that nobody it trusts has signed, nor one of another name', async () => {
    const options = { resolve: toLoopback, allow: ['127.0.0.1'] };
    expect(await ask(at('/'), options)).toMatchObject({ reason: 'tls' });
    expect(await ask(at('/'), { ...options, ca: [ca] })).toMatchObject({ status: 200 });
    const other = await ask(at('/', 'other.example'), { ...options, ca: [ca] });
    expect(other).toMatchObject({ reason: 'tls' });
    expect(await ask(plain.url().replace('http:', 'https:'), options)).toMatchObject({
      reason: 'tls',
    });
  });

  it('sends nothing that was for https over http', async () => {
    const options = { resolve: toLoopback, allow: ['127.0.0.1'], ca: [ca] };
    plain.seen.length = 0;
    expect(await ask(at('/plain'), options, { body: 'secret' })).toMatchObject({
      reason: 'badUrl',
      message: expect.stringContaining('from https to http') as string,
    });
    expect(plain.seen).toEqual([]);
    expect(await ask(at('/plain'), options)).toMatchObject({ status: 200 });
  });
});
