import { join } from 'node:path';
import { resolveConfig } from '../../../runtime/config/resolve';
import type { ResolvedConfig } from '../../../runtime/config/resolved';

const root = join(__dirname, '..', '..', '..');

/** A registrar and proxy that lets whoever calls one of its users through, as `createServer` takes it. */
export function elementConfig(options: {
  readonly listen: string;
  /** Of the database. */
  readonly data: string;
  readonly authentication: 'digest' | 'none';
}): ResolvedConfig {
  const { listen, data, authentication } = options;
  return resolveConfig(
    {
      sip: { listen: [listen] },
      flows: { files: [join(root, 'test', 'bench', 'flows', 'wait.flow.ts')] },
      data: { directory: data },
      registrar: { authentication },
      routes: [
        { when: { method: 'REGISTER' }, register: true },
        { allow: 'anyone', proxy: true },
      ],
      // All requests come from one source.
      security: { maxRequestsPerSecond: 0, maxFailures: 0 },
      prompts: { directory: join(root, 'prompts') },
    },
    { source: 'bench', directory: data, environment: {} },
  );
}
