import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../runtime/core/logger';
import { trace } from '../../runtime/core/trace';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { CallRecords, findRecords, latestRecords } from '../../runtime/store/call-records';
import { findTracedCalls, readTrace, SipTrace } from '../../runtime/store/sip-trace';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callchart-store-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function options() {
  return { folder, clock: new VirtualClock(), logger: silentLogger };
}

function record(id: string, day = '05', callId = `${id}@192.0.2.1`) {
  return { id, callId, ended: `2026-01-${day}T10:00:00.000Z`, answered: true };
}

describe('call records', () => {
  async function written(): Promise<void> {
    const records = new CallRecords(options());
    records.append(record('aa11', '04'));
    records.append(record('aa22', '05'));
    records.append(record('bb33', '05', 'with "quotes"\\and umlaut ä@x'));
    await records.close();
  }

  it('are listed newest first, over the days', async () => {
    await written();
    expect((await latestRecords(folder, 2)).map(({ id }) => id)).toEqual(['bb33', 'aa22']);
    expect((await latestRecords(folder, 99)).map(({ id }) => id)).toEqual(['bb33', 'aa22', 'aa11']);
    expect(await latestRecords(folder, 0)).toEqual([]);
  });

  it('are found by id, by its beginning, and by SIP Call-ID', async () => {
    await written();
    expect(await findRecords(folder, 'aa22')).toEqual([record('aa22')]);
    expect((await findRecords(folder, 'aa')).map(({ id }) => id)).toEqual(['aa22', 'aa11']);
    expect((await findRecords(folder, 'aa', 1)).map(({ id }) => id)).toEqual(['aa22']);
    expect(await findRecords(folder, 'with "quotes"\\and umlaut ä@x')).toHaveLength(1);
    expect(await findRecords(folder, '10:00')).toEqual([]);
    expect(await findRecords(folder, '')).toEqual([]);
  });

  it('are read past lines that are damaged', async () => {
    await written();
    await appendFile(join(folder, 'calls-2026-01-05.jsonl'), '{"id":"cut of\n[1]\n"x"\n{"id":7}\n');
    expect(await latestRecords(folder, 99)).toHaveLength(3);
  });

  it('are none where nothing was written', async () => {
    expect(await latestRecords(join(folder, 'none'), 5)).toEqual([]);
    expect(await findRecords(join(folder, 'none'), 'x')).toEqual([]);
  });
});

describe('a SIP trace', () => {
  const midnight = Date.UTC(2026, 0, 6);

  function publish(
    time: number,
    callId: string,
    text: string,
    direction: 'in' | 'out' = 'in',
  ): void {
    trace.sipMessage.publish({
      time,
      direction,
      protocol: 'UDP',
      local: { host: '::1', port: 5060 },
      remote: { host: '192.0.2.1', port: 5062 },
      callId,
      bytes: Buffer.from(text),
    });
  }

  it('is found by Call-ID, in its order, over midnight, without the messages of other calls', async () => {
    const sip = new SipTrace(options());
    publish(midnight - 2000, 'a', 'INVITE');
    publish(midnight - 1500, 'b', 'INVITE "a"');
    publish(midnight - 1000, 'a', 'SIP/2.0 200 OK\r\nX: "ä"', 'out');
    publish(midnight + 1000, 'a', 'BYE');
    publish(midnight + 1000, '', 'junk');
    await sip.close();
    publish(midnight + 2000, 'a', 'after the end');
    expect(await readTrace(folder, 'a')).toEqual([
      {
        time: midnight - 2000,
        direction: 'in',
        protocol: 'UDP',
        local: '[::1]:5060',
        remote: '192.0.2.1:5062',
        callId: 'a',
        text: 'INVITE',
      },
      expect.objectContaining({ direction: 'out', text: 'SIP/2.0 200 OK\r\nX: "ä"' }),
      expect.objectContaining({ time: midnight + 1000, text: 'BYE' }),
    ]);
    expect(await readTrace(folder, 'none')).toEqual([]);
    expect(await readTrace(folder, '')).toEqual([]);
  });

  it('is found by Callchart’s own id, from when the call began', async () => {
    const sip = new SipTrace(options());
    publish(midnight, 'a@b', 'INVITE');
    trace.call.publish({ time: midnight + 1, id: 'own', callId: 'a@b' });
    publish(midnight + 2, 'a@b', 'BYE');
    await sip.close();
    expect((await readTrace(folder, 'own')).map(({ text }) => text)).toEqual(['INVITE', 'BYE']);
  });

  it('names its calls by the beginning of their ids, newest first, the one that matches alone', async () => {
    const sip = new SipTrace(options());
    publish(midnight, 'a', 'INVITE {"call":"cafe"}');
    trace.call.publish({ time: midnight - 1, id: 'cafe1', callId: 'a' });
    trace.call.publish({ time: midnight + 1, id: 'cafe', callId: 'b' });
    trace.call.publish({ time: midnight + 2, id: 'cafe2', callId: 'c' });
    await sip.close();
    expect(await findTracedCalls(folder, 'caf')).toEqual([
      { id: 'cafe2', callId: 'c' },
      { id: 'cafe', callId: 'b' },
      { id: 'cafe1', callId: 'a' },
    ]);
    expect(await findTracedCalls(folder, 'caf', 2)).toHaveLength(2);
    expect(await findTracedCalls(folder, 'cafe')).toEqual([{ id: 'cafe', callId: 'b' }]);
    expect(await findTracedCalls(folder, 'afe')).toEqual([]);
    expect(await findTracedCalls(folder, '')).toEqual([]);
  });

  it('costs nothing when it is closed: nobody listens any more', async () => {
    const sip = new SipTrace(options());
    expect(trace.sipMessage.active).toBe(true);
    await sip.close();
    expect(trace.sipMessage.active).toBe(false);
    expect(trace.call.active).toBe(false);
  });
});
