import { join } from 'node:path';
import type { PromptCatalog } from '../prompt/port';
import type { HeardIn, InventoryEntry, SaidText } from './prompt-inventory';

/** One line of a sheet for whoever speaks the prompts. */
export interface SheetLine {
  readonly name: string;
  /** What is to be said; '' where nobody has written it. */
  readonly text: string;
  /** The language that the text is in, where it has to be translated first. */
  readonly translateFrom: string | undefined;
  /** Where the recording goes. */
  readonly file: string;
  /** `reception: menu, hours`. */
  readonly heardIn: string;
}

export interface RecordingSheet {
  readonly language: string;
  readonly lines: readonly SheetLine[];
  /** Texts in flows, which need a name before they can be recorded. */
  readonly unnamed: readonly SaidText[];
}

export const sheetFormats = ['md', 'html', 'csv'] as const;
export type SheetFormat = (typeof sheetFormats)[number];

const guidance = [
  'Save each text as a WAV file of its own, under the name that stands beside it: 16 bit, one channel, 48,000 samples a second (16,000 or 8,000 will do).',
  'Speak at about -20 dBFS (RMS), with no peak above -3 dBFS. Leave a tenth of a second of silence before, two tenths after.',
  'One voice, one room, one distance to the microphone, if you can one day. No effects, no noise gate, no music beneath.',
  'Say it as if to one caller. Where a text ends in a colon or names a key, stay up with the voice.',
  'Then run `callchart prompts check`, and `callchart prompts normalise` if levels differ.',
];

/** What has to be recorded in a language: all that is used and has no recording. */
export function recordingSheet(
  catalog: PromptCatalog,
  inventory: readonly InventoryEntry[],
  language: string,
  { directory, unnamed }: { readonly directory: string; readonly unnamed: readonly SaidText[] },
): RecordingSheet {
  const lines = inventory.flatMap(({ name, usedBy, unused, languages }): SheetLine[] => {
    const state = languages[language]?.state;
    if (state === undefined || state === 'recorded' || unused) return [];
    const found = catalog.find(name, language);
    return [
      {
        name,
        text: found?.text ?? '',
        translateFrom: state === 'missing' ? found?.language : undefined,
        file: join(directory, language, `${name}.wav`),
        heardIn: whereHeard(usedBy),
      },
    ];
  });
  return { language, lines, unnamed };
}

/** `reception: menu, hours; survey: asking`. */
export function whereHeard(usedBy: readonly HeardIn[], most = Infinity): string {
  const flows = new Map<string, string[]>();
  for (const { flow, state, certain } of usedBy) {
    const states = flows.get(flow) ?? [];
    flows.set(flow, states);
    const shown = `${state}${certain ? '' : '?'}`;
    if (shown !== '?' && !states.includes(shown)) states.push(shown);
  }
  return Array.from(flows, ([flow, states]) => {
    const more = states.length > most ? `, … ${states.length - most} more` : '';
    return states.length === 0 ? `${flow}?` : `${flow}: ${states.slice(0, most).join(', ')}${more}`;
  }).join('; ');
}

/** The sheet as a file: Markdown, a page to print, or a table for other programs. */
export function sheetText(sheet: RecordingSheet, format: SheetFormat): string {
  const heading = ['file', 'text', 'heard in'];
  const rows = sheet.lines.map((line) => [line.file, textOf(line), line.heardIn]);
  const extra = sheet.unnamed.map(({ text, flow, state }) => ['', text, `${flow}: ${state}`]);
  if (format === 'csv') return table([heading, ...rows, ...extra], csvRow);
  const title = `What to record: ${sheet.language}`;
  const none = `Everything that is used is recorded in ${sheet.language}.`;
  const later =
    'These stand in the flows as text, and are spoken by the voice. To record one, give it a name in the manifest, and name that in the flow.';
  if (format === 'md') {
    return [
      `# ${title}`,
      guidance.map((line) => `- ${line}`).join('\n'),
      rows.length === 0 ? none : mdTable(heading, rows),
      ...(extra.length === 0
        ? []
        : [
            later,
            mdTable(
              heading.slice(1),
              extra.map(([, ...r]) => r),
            ),
          ]),
      '',
    ].join('\n\n');
  }
  const body = [
    `<h1>${html(title)}</h1>`,
    `<ul>${guidance.map((line) => `<li>${html(line)}</li>`).join('')}</ul>`,
    rows.length === 0 ? `<p>${none}</p>` : htmlTable(heading, rows),
    ...(extra.length === 0
      ? []
      : [
          `<p>${later}</p>`,
          htmlTable(
            heading.slice(1),
            extra.map(([, ...r]) => r),
          ),
        ]),
  ].join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${html(title)}</title>
<style>body { font: 16px sans-serif; margin: 2em } td, th { border: 1px solid; padding: .4em; text-align: left; vertical-align: top } table { border-collapse: collapse }</style>
${body}
</html>
`;
}

function textOf({ text, translateFrom }: SheetLine): string {
  if (text === '') return '(nobody has written the text)';
  return translateFrom === undefined ? text : `(translate from ${translateFrom}) ${text}`;
}

type Row = readonly string[];

function table(rows: readonly Row[], line: (row: Row) => string): string {
  return `${rows.map(line).join('\n')}\n`;
}

// A cell that begins like a formula would be one in a spreadsheet.
function csvRow(row: Row): string {
  return row
    .map((cell) => `"${(/^[=+@\t-]/.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`)
    .join(',');
}

function mdTable(heading: Row, rows: readonly Row[]): string {
  const line = (row: Row): string =>
    `| ${row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return table([heading, heading.map(() => '---'), ...rows], line).trimEnd();
}

function htmlTable(heading: Row, rows: readonly Row[]): string {
  const line = (row: Row, tag: string): string =>
    `<tr>${row.map((cell) => `<${tag}>${html(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>\n${[line(heading, 'th'), ...rows.map((row) => line(row, 'td'))].join('\n')}\n</table>`;
}

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
