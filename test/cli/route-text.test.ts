import { explainDecision, listRoutes } from '../../runtime/cli/route-text';
import { resolveConfig } from '../../runtime/config/resolve';

const url = 'http://me:secret@app.example/voice?token=secret';

describe('routes to web apps, as callchart routes shows them', () => {
  it('have their URL without what may be secret', () => {
    const config = resolveConfig(
      { routes: [{ name: 'app', webhook: { url, fallbackUrl: url, format: 'json' } }] },
      { source: 'a test', directory: '/', environment: {} },
    );
    expect(listRoutes(config, true)).toBe(
      JSON.stringify({
        ...{ route: 'app', when: '', allow: 'anyone' },
        action:
          'webhook http://app.example/voice?…, fallbackUrl http://app.example/voice?…, format json',
      }),
    );
  });

  it('say where a request goes without it, too', () => {
    const decision = {
      ...{ type: 'matched' as const, route: 'app', considered: [] },
      action: { type: 'webhook' as const, app: { url } },
    };
    expect(explainDecision(decision, 'INVITE sip:4@a.example')).toBe(
      'INVITE sip:4@a.example: app, web app http://app.example/voice?…',
    );
  });
});
