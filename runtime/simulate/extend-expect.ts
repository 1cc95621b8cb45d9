/**
 * Teaches Jest's `expect` what calls may be asked after, and to write a call into a snapshot as its transcript:
 * `import 'callchart/testing/matchers'` in a test, or in `setupFilesAfterEnv`.
 */
import { callMatchers, type CallMatchers } from './matchers';

/* eslint-disable @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type -- declarations that are
   merged have the same parameters, and here nothing to add but what they extend */
declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- Jest's global types are one
  namespace jest {
    interface Matchers<R, T> extends CallMatchers<R> {}
  }
}

// eslint-disable-next-line @typescript-eslint/ban-ts-comment -- an error only in a project without @jest/globals
/** @ts-ignore: a project without `@jest/globals` has no such module, and needs none. */
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends CallMatchers<R> {}
}
/* eslint-enable @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type */

interface Expect {
  extend(matchers: typeof callMatchers): void;
  addSnapshotSerializer(serializer: {
    test(value: unknown): boolean;
    print(value: unknown, serialize: (value: unknown) => string): string;
  }): void;
}

const { expect } = globalThis as { readonly expect?: Expect };
if (expect === undefined) {
  throw new Error(
    "callchart/testing/matchers needs Jest's global expect: import it in a test or in setupFilesAfterEnv; without globals, use expect.extend(callMatchers)",
  );
}
expect.extend(callMatchers);
expect.addSnapshotSerializer({
  test: isCall,
  print: (value, serialize) => serialize(isCall(value) ? value.transcript : undefined),
});

function isCall(value: unknown): value is { readonly transcript: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'transcript' in value &&
    'heardPrompts' in value &&
    typeof value.transcript === 'string'
  );
}
