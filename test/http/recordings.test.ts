import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestApi } from './support/test-api';

let api: TestApi;
let folder: string;
const bytes = 'RIFF0123456789';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'callchart-api-'));
  api = await TestApi.open();
  const path = join(folder, 'call-9-1.wav');
  writeFileSync(path, bytes);
  api.history.addRecording('call-9-1', path, { size: bytes.length, format: 'wav' });
  api.history.addRecording('call-9-2', join(folder, 'gone.ogg'), { call: 'call-8' });
});

afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

const audio = (range?: string) =>
  api.get(
    '/v1/recordings/call-9-1/audio',
    range === undefined ? {} : { headers: { Range: range } },
  );

it('lists recordings, of all calls or of one, without saying where they are', async () => {
  const all = await api.get('/v1/recordings?limit=1');
  expect(all).toMatchObject({ status: 200, body: { items: [{ id: 'call-9-2' }], next: '1' } });
  const one = await api.get('/v1/recordings?call=call-9');
  expect(one.body).toEqual({
    items: [
      {
        id: 'call-9-1',
        call: 'call-9',
        created: '1970-01-01T00:00:01.000Z',
        duration: 1_500,
        format: 'wav',
        channels: null,
        size: bytes.length,
      },
    ],
    next: null,
  });
  expect(all.text + one.text).not.toContain(folder);
});

it('gives the sound with its content type, whole or a range of it', async () => {
  const whole = await audio();
  expect(whole).toMatchObject({ status: 200, text: bytes });
  expect(whole.headers.get('content-type')).toMatch(/^audio\/(x-)?wav/);
  expect(whole.headers.get('accept-ranges')).toBe('bytes');
  const part = await audio('bytes=4-7');
  expect(part).toMatchObject({ status: 206, text: '0123' });
  expect(part.headers.get('content-range')).toBe(`bytes 4-7/${bytes.length}`);
  expect((await audio('bytes=-2')).text).toBe('89');
});

it('416 for a range that there is not', async () => {
  const answer = await audio('bytes=100-200');
  expect(answer).toMatchObject({ status: 416 });
  expect(answer.headers.get('content-type')).toContain('problem+json');
});

it('404 for a recording that there is not, or whose file is gone, without naming the file', async () => {
  expect((await api.get('/v1/recordings/none')).status).toBe(404);
  const gone = await api.get('/v1/recordings/call-9-2/audio');
  expect(gone).toMatchObject({ status: 404 });
  expect(gone.text).not.toContain(folder);
});

it.each(['..%2F..%2Fetc%2Fpasswd', '%00', 'a%2Fb'])('never leaves its folder by %s', async (id) => {
  expect([400, 404]).toContain((await api.get(`/v1/recordings/${id}/audio`)).status);
});

it('deletes one, which needs an admin', async () => {
  const remove = (key: string) => api.ask('DELETE', '/v1/recordings/call-9-2', { key });
  expect((await remove('call-key')).status).toBe(403);
  expect((await remove('admin-key')).status).toBe(204);
  expect((await remove('admin-key')).status).toBe(404);
});
