import { counts } from './findings';
import type { Finding, Severity } from './port';

/** How a piece of a report is coloured, on a terminal. */
export type Paint = (text: string, as: Severity | 'dim' | 'bold') => string;

const plain: Paint = (text) => text;

/** Findings as a person reads them, a file after the other; those that are allowed are left out. */
export function reportText(findings: readonly Finding[], paint: Paint = plain): string {
  const shown = findings.filter(({ allowed }) => allowed === undefined);
  const files = [...new Set(shown.map(({ file }) => file))];
  return files
    .map((file) => {
      const here = shown
        .filter((finding) => finding.file === file)
        .sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
      return here.map((finding) => block(finding, paint)).join('\n\n');
    })
    .join('\n\n');
}

function block(
  { severity, id, message, remedy, state, file, line, call }: Finding,
  paint: Paint,
): string {
  const place = line === undefined ? file : `${file}:${line}`;
  const where = state === '' ? '' : ` state '${state}'`;
  return [
    `${paint(place, 'bold')}${where}: ${paint(severity, severity)} ${paint(id, 'dim')}`,
    `  ${message}`,
    ...(call === undefined || call.words.length === 0
      ? []
      : [`  ${paint('The call:', 'dim')} ${call.words.join('; ')}.`]),
    ...(remedy === '' ? [] : [`  ${paint('Remedy:', 'dim')} ${remedy}`]),
  ].join('\n');
}

/** The last line of a report: `4 flows checked: nothing is wrong`. */
export function summary(flows: number, findings: readonly Finding[]): string {
  const number = findings.filter(counts).length;
  const notes = findings.filter(({ severity }) => severity === 'note').length;
  const allowed = findings.filter((one) => one.allowed !== undefined).length;
  const parts = [
    number === 0 ? 'nothing is wrong' : many(number, 'finding'),
    ...(notes === 0 ? [] : [many(notes, 'note')]),
    ...(allowed === 0 ? [] : [`${allowed} allowed`]),
  ];
  return `${many(flows, 'flow')} checked: ${parts.join(', ')}`;
}

function many(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
