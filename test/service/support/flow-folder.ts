import { transformSync } from '@swc/core';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as xstate from 'xstate';
import * as callchart from '../../../runtime';

const packages: Readonly<Record<string, unknown>> = { xstate, callchart };

/** A folder of flows that change while a server runs. */
export class FlowFolder {
  readonly directory = mkdtempSync(join(tmpdir(), 'flows-'));

  /** A flow whose machine has these states, and whose first is the first of them. */
  write(name: string, states: string, id = name): void {
    const initial = /\w+/.exec(states)?.[0];
    this.file(
      `${name}.flow.ts`,
      `import { callActors, choices } from 'callchart';
import { setup } from 'xstate';
export default setup({ actors: callActors }).createMachine({
  id: '${id}',
  initial: '${initial}',
  states: { ${states}, done: { type: 'final' } },
});
void choices;`,
    );
  }

  file(name: string, text: string): void {
    mkdirSync(this.directory, { recursive: true });
    writeFileSync(join(this.directory, name), text);
  }

  delete(name: string): void {
    rmSync(join(this.directory, name), { recursive: true });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Evaluates a flow's file anew each time, which Jest's own `require` does not. */
  readonly require = (file: string): unknown => {
    const { code } = transformSync(readFileSync(file, 'utf8'), {
      filename: file,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    const exports: Record<string, unknown> = {};
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the loader of a test
    const run = new Function('require', 'exports', code) as (
      require: (name: string) => unknown,
      exports: Record<string, unknown>,
    ) => void;
    run((name) => packages[name], exports);
    return exports;
  };
}
