import { banner, type BannerFacts } from '../../runtime/cli/banner';

const server: BannerFacts['server'] = {
  flows: [],
  listeners: [{ protocol: 'UDP', host: '0.0.0.0', port: 5070 }],
  api: 'http://127.0.0.1:8080',
};
const config: BannerFacts['config'] = {
  routes: [
    {
      when: { dialled: '4*' },
      webhook: { url: 'http://me:secret@app.example/voice?token=secret' },
    },
    { when: { dialled: '5*' }, webhook: 'https://app.example/other' },
    { register: true },
  ],
  events: {
    retention: 1,
    subscribers: [
      {
        ...{ name: 'billing', url: 'https://billing.example/calls?t=secret', types: undefined },
        ...{ states: false, headers: {}, missing: [] },
      },
    ],
  },
  web: { signingKeys: [] } as unknown as BannerFacts['config']['web'],
  twilio: { accountSid: 'AC', authToken: undefined },
};
const shown = (facts: Partial<BannerFacts> = {}): string =>
  banner({ version: '1.2.3', server, config, tracing: false, ...facts });

describe('what serve says at its start', () => {
  it('names the API, the web apps that answer calls and the subscribers, without what may be secret', () => {
    expect(shown()).toBe(
      [
        'Callchart 1.2.3',
        '  listens on  udp:0.0.0.0:5070',
        '  HTTP API    http://127.0.0.1:8080',
        '  flows       none: the routes alone say what happens',
        '  web apps    http://app.example/voice?…',
        '              https://app.example/other',
        '  events to   https://billing.example/calls?…',
        '  not signed  requests to apps: set CALLCHART_WEBHOOK_KEYS, so that they know who asks',
        '',
        '',
      ].join('\n'),
    );
  });

  it('does not speak of signatures where there are keys, or nobody is asked', () => {
    const keys = { ...config.web, signingKeys: ['k'] };
    expect(shown({ config: { ...config, web: keys } })).not.toContain('not signed');
    const nobody = { ...config, routes: undefined, events: undefined };
    expect(shown({ config: nobody })).not.toContain('not signed');
  });

  it("takes Twilio's token for enough where only documents are asked for", () => {
    const twilio = { ...config.twilio, authToken: 'token' };
    expect(shown({ config: { ...config, twilio, events: undefined } })).not.toContain('not signed');
    expect(shown({ config: { ...config, twilio } })).toContain('not signed');
  });
});
