import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { CallchartError } from '../../../runtime/core/errors';
import {
  contextFor,
  loadTls,
  type TlsOptions,
} from '../../../runtime/sip/transport/tls-credentials';
import { TestAuthority, type TestCertificate } from './certificates';

describe('certificates that cannot be used are refused with one line that names the file and what to do', () => {
  let folder: string;
  let authority: TestAuthority;
  let own: TestCertificate;
  let other: TestCertificate;

  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  async function refusal(options: TlsOptions): Promise<CallchartError> {
    const error: unknown = await loadTls(options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof CallchartError)) throw new Error('was not refused');
    expect(error.message).not.toContain('\n');
    return error;
  }

  beforeAll(async () => {
    authority = await TestAuthority.create();
    own = await authority.issue({ dns: ['sip.example'] });
    other = await authority.issue({ dns: ['other.example'] });
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'callchart-credentials-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  test('a file that is not there', async () => {
    const certificate = join(folder, 'missing.pem');
    const error = await refusal({ certificate, key: file('key.pem', own.key) });
    expect(error.code).toBe('CALLCHART_TLS_FILE');
    expect(error.message).toContain(`certificate ${certificate} cannot be read`);
    expect(error.message).toMatch(/correct its path/);
  });

  test('a file that this user may not read', async () => {
    const key = file('key.pem', own.key);
    chmodSync(key, 0);
    // root may read anything
    if (process.getuid?.() === 0) rmSync(key);
    const error = await refusal({ certificate: own.certificate, key });
    expect(error.code).toBe('CALLCHART_TLS_FILE');
    expect(error.message).toContain(`key ${key} cannot be read`);
  });

  test('a certificate that is none', async () => {
    const certificate = file('cert.pem', 'hello');
    const error = await refusal({ certificate, key: own.key });
    expect(error.code).toBe('CALLCHART_TLS_CERTIFICATE');
    expect(error.message).toContain(`${certificate} is not a certificate`);
    expect(error.message).toMatch(/-----BEGIN CERTIFICATE-----/);
  });

  test('a key that is none, and is not shown', async () => {
    const key = file('key.pem', '-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----');
    const error = await refusal({ certificate: own.certificate, key });
    expect(error.code).toBe('CALLCHART_TLS_KEY');
    expect(error.message).toContain(`${key} is not a private key`);
    expect(error.message).not.toContain('SECRET');
  });

  test('a key with a passphrase', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'a.example' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      passphrase: 'secret',
    });
    const error = await refusal({ certificate: cert, key: file('key.pem', key) });
    expect(error.code).toBe('CALLCHART_TLS_KEY');
    expect(error.message).toMatch(/without a passphrase/);
  });

  test('the key of another certificate', async () => {
    const certificate = file('cert.pem', own.certificate);
    const key = file('key.pem', other.key);
    const error = await refusal({ certificate, key });
    expect(error.code).toBe('CALLCHART_TLS_KEY');
    expect(error.message).toContain(`${key} is not the key of ${certificate}`);
  });

  test('one without the other', async () => {
    expect(await refusal({ certificate: own.certificate })).toMatchObject({
      code: 'CALLCHART_TLS_KEY',
    });
    expect(await refusal({ key: own.key })).toMatchObject({ code: 'CALLCHART_TLS_CERTIFICATE' });
  });

  test('authorities that are none', async () => {
    const ca = file('ca.pem', 'hello');
    const error = await refusal({ ca });
    expect(error.code).toBe('CALLCHART_TLS_CA');
    expect(error.message).toContain(`${ca} holds no certificate`);
  });

  test('those for further names', async () => {
    const certificate = join(folder, 'missing.pem');
    const error = await refusal({ ...own, names: { 'b.example': { certificate, key: own.key } } });
    expect(error.message).toContain(certificate);
  });

  test('but good ones are taken, as texts or paths', async () => {
    const paths = {
      certificate: file('cert.pem', own.certificate),
      key: file('key.pem', own.key),
      ca: file('ca.pem', authority.certificate),
    };
    expect((await loadTls(paths)).own).toEqual({ cert: own.certificate, key: own.key });
    expect((await loadTls(own)).own).toEqual({ cert: own.certificate, key: own.key });
    expect((await loadTls(paths)).ca).toBe(authority.certificate);
  });

  test('and found by name', async () => {
    const loaded = await loadTls({ ...own, names: { 'B.example': other, '*.c.example': other } });
    const found = (name: string): boolean => contextFor(loaded, name) !== undefined;
    expect(['b.example', 'B.EXAMPLE', 'x.c.example'].map(found)).toEqual([true, true, true]);
    expect(['c.example', 'x.y.c.example', 'b', ''].map(found)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
