import type { Finding } from './port';

/** Findings as a person reads them, by flow; without colours. */
export function reportText(findings: readonly Finding[]): string {
  const blocks: string[] = [];
  for (const finding of findings) {
    const { severity, id, message, remedy, state, call } = finding;
    const at = finding.line === undefined ? finding.file : `${finding.file}:${finding.line}`;
    const where = state === '' ? at : `${at}  state '${state}'`;
    const lines = [where, `  ${severity} ${id}: ${message}`];
    if (call !== undefined && call.words.length > 0) lines.push(`  call: ${call.words.join('; ')}`);
    if (remedy !== '') lines.push(`  remedy: ${remedy}`);
    blocks.push(lines.join('\n'));
  }
  return blocks.join('\n\n');
}
