import { findingKinds } from './findings';
import type { Finding } from './port';

/** Findings as SARIF 2.1.0, which code hosts show beside the lines. */
export function sarifOf(findings: readonly Finding[], version: string): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'callchart',
            version,
            rules: findingKinds.map(({ id, severity, meaning }) => ({
              id,
              shortDescription: { text: `${meaning}.` },
              defaultConfiguration: { level: severity },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(resultOf),
      },
    ],
  };
}

function resultOf(finding: Finding): object {
  const { id, severity, message, remedy, state, call, allowed } = finding;
  const where = state === '' ? '' : `State '${state}': `;
  return {
    ruleId: id,
    ruleIndex: findingKinds.findIndex((kind) => kind.id === id),
    level: severity,
    message: { text: [where + message, remedy].filter(Boolean).join(' ') },
    locations: [locationOf(finding)],
    ...(call === undefined || call.words.length === 0
      ? {}
      : {
          codeFlows: [
            {
              threadFlows: [
                {
                  locations: call.words.map((words) => ({
                    location: { ...locationOf(finding), message: { text: words } },
                  })),
                },
              ],
            },
          ],
        }),
    ...(allowed === undefined
      ? {}
      : { suppressions: [{ kind: 'inSource', justification: allowed }] }),
  };
}

function locationOf({ file, line, state, flow }: Finding): object {
  return {
    physicalLocation: {
      // A URI, also where a path is written with backslashes.
      artifactLocation: { uri: encodeURI(file.replaceAll('\\', '/')) },
      ...(line === undefined ? {} : { region: { startLine: line } }),
    },
    ...(state === ''
      ? {}
      : {
          logicalLocations: [
            { fullyQualifiedName: flow === undefined ? state : `${flow}.${state}` },
          ],
        }),
  };
}
