import { withoutSecrets } from '../../runtime/flow/without-secrets';

/** CPU time of a piece of work, milliseconds. */
function cost(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe('what is kept of a flow', () => {
  it.each([
    { url: 'https://name:sesame@app.example/voice' },
    { url: 'wss://sesame@app.example/stream' },
    { url: 'https://app.example/voice?a=1&access_token=sesame&b=2' },
    { url: 'https://app.example/voice?x-vercel-protection-bypass-secret=sesame' },
    { url: 'https://app.example/voice?apiKey=sesame#rc=2' },
    { parties: [{ to: 'sip:a@b.example', password: 'sesame "quoted" \\' }] },
    { headers: { authorization: 'Bearer sesame', Cookie: 'sesame' } },
    { content: '<Redirect>https://u:sesame@a.example/?token=sesame</Redirect>' },
  ])('has no secret of %j, and is JSON all the same', (value) => {
    const text = withoutSecrets(JSON.stringify(value));
    expect(text).not.toContain('sesame');
    expect(Object.keys(JSON.parse(text) as object)).toEqual(Object.keys(value));
  });

  it.each([
    { url: 'https://app.example/voice?CallSid=CA1&Digits=1' },
    { from: 'sip:alice@10.0.0.1', said: 'mail me: a@b.example' },
    { outcome: { type: 'digits', digits: '1' } },
  ])('keeps the rest: %j', (value) => {
    expect(JSON.parse(withoutSecrets(JSON.stringify(value)))).toEqual(value);
  });

  it('costs little, whatever stands in it', () => {
    for (const piece of [
      '?',
      '&a',
      '://',
      '://a',
      '"password":"\\\\',
      '?token',
      'token',
      '@',
      'a',
    ]) {
      const text = piece.repeat(1_000_000 / piece.length);
      expect(cost(() => withoutSecrets(text))).toBeLessThan(1_500);
    }
  });
});
