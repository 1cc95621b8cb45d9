import { parseOverrides, requestOverrides } from '../../runtime/twiml/overrides';

describe('the connection overrides of a URL', () => {
  it('are taken out of its fragment', () => {
    const url = 'https://app.example/voice?a=1#rc=3&rt=5000&ct=200&tt=9000&rp=5xx,rt&e=dublin';
    expect(parseOverrides(url)).toEqual({
      url: 'https://app.example/voice?a=1',
      overrides: {
        retries: 3,
        readTimeout: 5000,
        connectTimeout: 200,
        totalTimeout: 9000,
        retryOn: new Set(['5xx', 'read']),
      },
      warnings: [],
    });
  });

  it('has all kinds of failures for rp=all', () => {
    expect(parseOverrides('/x#rp=all').overrides.retryOn).toEqual(
      new Set(['connect', 'read', '4xx', '5xx']),
    );
  });

  it.each(['https://app.example/voice', 'https://app.example/voice#top', '/voice', ''])(
    'are none in %s, which stays as it is',
    (url) => {
      expect(parseOverrides(url)).toEqual({ url, overrides: {}, warnings: [] });
    },
  );

  it.each([
    ['rc=6', "#rc of a URL must be 0 to 5, not '6'."],
    ['rt=20000', "#rt of a URL must be 100 to 15000, not '20000'."],
    ['ct=abc', "#ct of a URL must be 100 to 10000, not 'abc'."],
    ['tt=', "#tt of a URL must be 100 to 15000, not ''."],
    ['rp=3xx', "#rp of a URL must be of ct, rt, 4xx, 5xx, all, not '3xx'."],
    ['rc=1&__proto__=1', '#__proto__ of a URL is unknown.'],
  ])('that are wrong (%s) are warned of', (fragment, warning) => {
    const found = parseOverrides(`/x#${fragment}`);
    expect(found.warnings).toEqual([warning]);
    expect(found.url).toBe('/x');
  });

  it('are given to a request, which has one time for all of it', () => {
    expect(requestOverrides('/x#ct=200&rt=5000&rc=2')).toEqual({
      connectTimeout: 200,
      timeout: 5000,
      retries: 2,
    });
    expect(requestOverrides('/x#rt=5000&tt=9000')).toEqual({ timeout: 9000 });
    expect(requestOverrides('/x')).toEqual({});
  });
});
