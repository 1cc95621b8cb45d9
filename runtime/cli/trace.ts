import { findRecords } from '../store/call-records';
import { renderLadder } from '../store/ladder';
import { findTracedCalls, readTrace } from '../store/sip-trace';
import { loadConfig } from './load-config';

export interface TraceOptions {
  readonly config?: string;
  readonly full?: boolean;
  readonly json?: boolean;
}

/** `callchart trace`: a call's SIP messages as a ladder. Resolves with the exit status. */
export async function trace(id: string, options: TraceOptions): Promise<number> {
  const folder = loadConfig(options.config).records.directory;
  const found = await findCalls(folder, id);
  if (found.length > 1) {
    const ids = found.map((call) => `  ${call.id}  ${call.ended ?? 'no record yet'}`).join('\n');
    process.stderr.write(`callchart: several calls begin with "${id}":\n${ids}\n`);
    return 1;
  }
  const messages = await readTrace(folder, found[0]?.callId ?? id);
  if (messages.length === 0) {
    const why =
      found.length === 0
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

interface FoundCall {
  readonly id: string;
  readonly callId: string;
  /** Undefined while it is in progress. */
  readonly ended?: string;
}

/** What an id, its beginning or a SIP Call-ID names, the record first: a call in progress has none yet. */
async function findCalls(folder: string, id: string): Promise<FoundCall[]> {
  const records: FoundCall[] = await findRecords(folder, id);
  if (records.some((record) => record.id === id || record.callId === id)) return records;
  const traced = await findTracedCalls(folder, id);
  const exact = traced.find((call) => call.id === id);
  if (exact !== undefined) return [exact];
  const ended = new Set(records.map((record) => record.id));
  return [...traced.filter((call) => !ended.has(call.id)), ...records];
}
