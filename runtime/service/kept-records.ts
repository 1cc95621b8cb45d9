import type { ResolvedConfig } from '../config/resolved';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import { writeFlowLog } from '../flow/flow-log';
import { CallRecords } from '../store/call-records';
import { FlowLogs } from '../store/flow-logs';
import type { ServerParts } from './port';

/** Where a server puts what it keeps of its calls: the files in `records.directory`. */
export function keepRecords(
  { records }: Pick<ResolvedConfig, 'records'>,
  clock: Clock,
  logger: Logger,
): Required<Pick<ServerParts, 'onRecord' | 'onClosed'>> & Pick<ServerParts, 'onFlowLog'> {
  const to = { folder: records.directory, clock, logger };
  const calls = new CallRecords(to);
  const flows = records.flowLog ? new FlowLogs(to) : undefined;
  return {
    onRecord: (record) => calls.append(record),
    ...(flows === undefined
      ? {}
      : { onFlowLog: (log) => flows.append(log.ended, writeFlowLog(log)) }),
    onClosed: async () => {
      await Promise.all([calls.close(), flows?.close()]);
    },
  };
}
