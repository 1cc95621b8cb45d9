/** What a project has, by name. */
export interface ProjectNames {
  readonly prompts: readonly string[];
  readonly trunks: readonly string[];
  readonly languages: readonly string[];
  readonly flows: readonly string[];
}

/** The declaration file that fills {@link Register}: equal for equal names, in whatever order. */
export function registerDeclaration({ prompts, trunks, languages, flows }: ProjectNames): string {
  // Where there is German, `de-AT` is German with another name for January.
  const regions = languages.filter((tag) => !tag.includes('-')).map((tag) => `${tag}-\${string}`);
  return `// Written by \`callchart types\` from the prompts, the flows and the configuration. Do not edit it: run that again.
export {};

declare module 'callchart' {
  interface Register {
${member('prompt', prompts)}
${member('trunk', trunks)}
${member('language', languages, regions)}
${member('flow', flows)}
  }
}
`;
}

function member(kind: string, names: readonly string[], patterns: readonly string[] = []): string {
  const types = [
    ...[...new Set(names)].sort().map(quoted),
    ...[...new Set(patterns)].sort().map((pattern) => `\`${pattern}\``),
  ];
  if (types.length === 0) return `    readonly ${kind}: never;`;
  return `    readonly ${kind}:\n${types.map((type) => `      | ${type}`).join('\n')};`;
}

function quoted(name: string): string {
  return /['\\]/.test(name) ? JSON.stringify(name) : `'${name}'`;
}
