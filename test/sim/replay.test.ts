import { loadFlows } from '../../runtime/flow/load';
import { writeFlowLog } from '../../runtime/flow/flow-log';
import { replay } from '../../runtime/replay/replay';
import { asFlowLog } from '../../runtime/replay/stored-log';
import { simulate } from './support/simulation';

const seed = Number(process.env['CALLCHART_SIM_SEED'] ?? 20_260_106);

test('each of three hundred calls of every kind, replayed from its log, equals the call event for event', async () => {
  const { flowLogs } = await simulate({ seed, calls: 300, keepFlowLogs: true });
  const { flows } = loadFlows(['flows/reception.flow.ts']);
  const machine = flows[0]?.machine;
  if (machine === undefined) throw new Error('no flow');
  const ends = new Set<string>();
  for (const line of flowLogs) {
    const log = asFlowLog(JSON.parse(line));
    if (log === undefined) throw new Error(`not a log: ${line}`);
    const again = replay(machine, log);
    expect({ call: log.call, parting: again.parting }).toEqual({
      call: log.call,
      parting: undefined,
    });
    const { entries, result } = JSON.parse(writeFlowLog(again.log)) as typeof log;
    expect(entries).toEqual(log.entries);
    expect(result).toEqual(log.result);
    for (const { what } of again.steps) ends.add(what);
  }
  expect(flowLogs.length).toBeGreaterThan(200);
  // Calls of every kind have come by.
  expect([...ends]).toEqual(
    expect.arrayContaining(['gather: 1', 'gather: noInput', 'the caller hung up', 'play: played']),
  );
}, 300_000);
