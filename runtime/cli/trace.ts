import { findRecords } from '../store/call-records';
import { renderLadder } from '../store/ladder';
import { readTrace } from '../store/sip-trace';
import { loadConfig } from './load-config';

export interface TraceOptions {
  readonly config?: string;
  readonly full?: boolean;
  readonly json?: boolean;
}

/** `callchart trace`: a call's SIP messages as a ladder. Resolves with the exit status. */
export async function trace(id: string, options: TraceOptions): Promise<number> {
  const folder = loadConfig(options.config).records.directory;
  const records = await findRecords(folder, id);
  if (records.length > 1) {
    const ids = records.map((record) => `  ${record.id}  ${record.ended}`).join('\n');
    process.stderr.write(`callchart: several calls begin with "${id}":\n${ids}\n`);
    return 1;
  }
  const messages = await readTrace(folder, records[0]?.callId ?? id);
  if (messages.length === 0) {
    const why =
      records.length === 0
        ? `no call "${id}" in ${folder}; callchart calls lists them`
        : `the call is in the records, but its messages were not kept: run callchart serve --trace`;
    process.stderr.write(`callchart: ${why}\n`);
    return 1;
  }
  if (options.json === true) {
    for (const message of messages) process.stdout.write(`${JSON.stringify(message)}\n`);
    return 0;
  }
  process.stdout.write(renderLadder(messages, { width: process.stdout.columns }));
  if (options.full === true) {
    for (const message of messages) {
      const { direction, local, remote, time } = message;
      const way = direction === 'in' ? `${remote} -> ${local}` : `${local} -> ${remote}`;
      process.stdout.write(`\n${new Date(time).toISOString()} ${way}\n${message.text}\n`);
    }
  }
  return 0;
}
