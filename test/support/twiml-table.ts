import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttributeRule, AttributeType, ElementRule } from '../../runtime/twiml/element-rules';
import { ELEMENTS } from '../../runtime/twiml/elements';

/** The page, and where its tables stand. */
export const TWIML_PAGE = join(__dirname, '../../docs/twiml.md');
const MARKS = /(<!-- tables -->\n)[\s\S]*(<!-- end of the tables -->)/;

/** The page with the tables as they should be. */
export function withTables(page: string): string {
  return page.replace(
    MARKS,
    (_whole, start: string, end: string) => `${start}\n${tables()}\n${end}`,
  );
}

function tables(): string {
  const entries = Object.entries(ELEMENTS);
  const verbs = ELEMENTS['VoiceResponse']?.children ?? [];
  const isSpoken = (key: string): boolean => key.startsWith('Ssml');
  const able = entries.filter(([, rule]) => rule.support !== 'no');
  const sorted = (chosen: typeof entries): typeof entries =>
    chosen.sort(([, a], [, b]) => a.name.localeCompare(b.name, 'en'));
  return [
    '### Verbs',
    '',
    ...full(sorted(able.filter(([key]) => verbs.includes(key) && key !== 'Queue'))),
    '### Nouns',
    '',
    ...full(
      sorted(
        able.filter(
          ([key]) =>
            (!verbs.includes(key) || key === 'Queue') && !isSpoken(key) && key !== 'VoiceResponse',
        ),
      ),
    ),
    '### Within `<Say>`',
    '',
    ...full(sorted(able.filter(([key]) => isSpoken(key)))),
    '### Not available',
    '',
    ...absent(sorted(entries.filter(([, rule]) => rule.support === 'no'))),
  ].join('\n');
}

function full(entries: readonly (readonly [string, ElementRule])[]): string[] {
  return entries.flatMap(([key, rule]) => [
    `#### \`<${rule.name}>\`${parents(key)}`,
    '',
    `${rule.support === 'yes' ? 'Yes' : sentence(rule.support, rule.how)}.`,
    '',
    ...attributeTable(Object.entries(rule.attributes)),
  ]);
}

function attributeTable(attributes: readonly (readonly [string, AttributeRule])[]): string[] {
  if (attributes.length === 0) return [];
  const rows = attributes.map(([name, rule]) => [
    `\`${name}\``,
    valueText(rule.type),
    rule.default === undefined ? '' : rule.default === '' ? 'the document' : `\`${rule.default}\``,
    `${rule.support}${rule.how === undefined ? '' : `: ${rule.how}`}`,
  ]);
  return [...markdown(['Attribute', 'Value', 'Default', ''], rows), ''];
}

function absent(entries: readonly (readonly [string, ElementRule])[]): string[] {
  const rows = entries.map(([, rule]) => [
    `\`<${rule.name}>\``,
    `no${rule.how === undefined ? '' : `: ${rule.how}`}`,
    Object.keys(rule.attributes)
      .map((name) => `\`${name}\``)
      .join(', '),
  ]);
  return [...markdown(['Element', '', 'Attributes, none of which has an effect'], rows), ''];
}

function parents(key: string): string {
  const names = Object.entries(ELEMENTS)
    .filter(([other, { children }]) => children.includes(key) && !other.startsWith('Ssml'))
    .map(([, { name }]) => `\`<${name}>\``);
  return names.length === 0 || names.includes('`<Response>`') ? '' : ` in ${names.join(', ')}`;
}

function sentence(support: string, how: string | undefined): string {
  const text = `${support}${how === undefined ? '' : `: ${how}`}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function valueText(type: AttributeType): string {
  switch (type.kind) {
    case 'boolean':
      return '`true`, `false`';
    case 'url':
      return 'URL';
    case 'method':
      return '`GET`, `POST`';
    case 'keys':
      return 'keys, or empty';
    case 'choice':
      return type.values.map((value) => `\`${value}\``).join(', ');
    case 'list':
      return `any of ${type.values.map((value) => `\`${value}\``).join(', ')}`;
    case 'integer': {
      const unit = type.unit === undefined ? '' : ` ${type.unit}`;
      const range =
        type.most === undefined ? `${type.least} or more` : `${type.least} to ${type.most}`;
      return [...(type.words ?? []).map((word) => `\`${word}\``), `${range}${unit}`].join(' or ');
    }
    case 'text':
      return 'text';
  }
}

/** Aligned as the formatter of the project has it. */
function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(3, ...all.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [
    line(head),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map((row) => line(row)),
  ];
}

// npx ts-node test/support/twiml-table.ts: writes the tables into the page.
if (require.main === module)
  writeFileSync(TWIML_PAGE, withTables(readFileSync(TWIML_PAGE, 'utf8')));
