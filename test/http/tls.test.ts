import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { TestApi } from './support/test-api';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'callchart-https-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tls = () => ({ certificate: join(folder, 'c.pem'), key: join(folder, 'k.pem') });

async function renew(name: string): Promise<void> {
  const made = await generate([{ name: 'commonName', value: name }], { keySize: 2_048 });
  writeFileSync(tls().certificate, made.cert);
  writeFileSync(tls().key, made.private);
}

/** Whose certificate is shown, and whether browsers are told to stay with https. */
function ask(url: string): Promise<readonly [name: unknown, strict: string | undefined]> {
  return new Promise((resolve, reject) => {
    get(`${url}/health/live`, { rejectUnauthorized: false, agent: false }, (response) => {
      const socket = response.socket as unknown as {
        getPeerCertificate(): { subject: { CN: unknown } };
      };
      const name = socket.getPeerCertificate().subject.CN;
      response.resume();
      resolve([name, response.headers['strict-transport-security']]);
    }).on('error', reject);
  });
}

it('speaks https, and takes a renewed certificate within a minute, but none that is broken', async () => {
  await renew('one.test');
  const clock = new VirtualClock();
  const api = await TestApi.open({ clock, config: { tls: tls() } });
  try {
    expect(api.api.url).toMatch(/^https:/);
    expect(await ask(api.api.url)).toEqual(['one.test', 'max-age=31536000']);
    await renew('two.test');
    clock.advance(60_000);
    expect((await ask(api.api.url))[0]).toBe('two.test');
    writeFileSync(tls().certificate, 'no certificate');
    clock.advance(60_000);
    expect((await ask(api.api.url))[0]).toBe('two.test');
  } finally {
    await api.close();
  }
  expect(clock.pending).toBe(0);
});

it('says which address and file cannot be used', async () => {
  writeFileSync(tls().certificate, 'no certificate');
  await expect(TestApi.open({ config: { tls: tls() } })).rejects.toMatchObject({
    code: 'CALLCHART_HTTP_LISTEN',
    message: expect.stringMatching(/^http\.listen: 127\.0\.0\.1:0 cannot be opened: /) as string,
  });
});
