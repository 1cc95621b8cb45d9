import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fc from 'fast-check';
import {
  getExpectedTwilioSignature,
  validateExpressRequest,
  validateRequest,
  validateRequestWithBody,
} from 'twilio';
import { twilioSignature, twilioSigner, urlWithBodyDigest } from '../../runtime/twiml/signature';

const token = '12345';

function headerOf(sent: { url: string; method: string; body?: string }): string {
  const { url, method, body } = sent;
  return twilioSigner(token)({ url, method, body })['X-Twilio-Signature'] ?? '';
}

describe('X-Twilio-Signature', () => {
  it('is that of the published example', () => {
    const signature = twilioSignature(token, 'https://mycompany.com/myapp.php?foo=1&bar=2', {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675309',
      Digits: '1234',
      From: '+14158675309',
      To: '+18005551212',
    });
    expect(signature).toBe('RSOYDt4T1cUTdK1PDd93/VVr8B8=');
  });

  it('is what the twilio package expects for whatever parameters there are, lists among them', () => {
    const value = fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 1, maxLength: 4 }));
    const name = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.webUrl(), (parameters, url) => {
        expect(twilioSignature(token, url, parameters)).toBe(
          getExpectedTwilioSignature(token, url, parameters),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('covers the fields of a form that is sent', () => {
    const body = new URLSearchParams([
      ['Digits', '1 2+3&ä'],
      ['From', '+49301234'],
      ['Tag', 'b'],
      ['Tag', 'a'],
      ['Tag', 'b'],
    ]).toString();
    const url = 'https://app.example/voice?x=1';
    const parameters = { Digits: '1 2+3&ä', From: '+49301234', Tag: ['b', 'a', 'b'] };
    const header = headerOf({ url, method: 'POST', body });
    expect(validateRequest(token, header, url, parameters)).toBe(true);
    expect(validateRequest(token, header, url, { ...parameters, Digits: '2' })).toBe(false);
    expect(validateRequest('other', header, url, parameters)).toBe(false);
  });

  it('covers the query of a GET', () => {
    const url = 'https://app.example/voice?Digits=1&From=%2B49';
    expect(validateRequest(token, headerOf({ url, method: 'GET' }), url, {})).toBe(true);
  });

  it.each([
    ['https://app.example/voice', 'https://app.example:443/voice'],
    ['https://app.example:443/voice', 'https://app.example/voice'],
    ['http://app.example:80/voice', 'http://app.example/voice'],
    ['https://app.example:8443/voice', 'https://app.example:8443/voice'],
    ['https://name:secret@app.example/voice#rc=2', 'https://app.example/voice'],
  ])('of %s is valid for an app that sees %s', (asked, seen) => {
    const header = headerOf({ url: asked, method: 'POST', body: 'a=1' });
    expect(validateRequest(token, header, seen, { a: '1' })).toBe(true);
  });

  it.each(['https://app.example/voice', 'https://app.example/voice?a=1#x'])(
    'covers a JSON body through the digest in the URL of %s',
    (asked) => {
      const body = '{"call":"ä"}';
      const url = urlWithBodyDigest(asked, body);
      const header = headerOf({ url, method: 'POST', body });
      const seen = url.replace(/#.*/, '');
      expect(validateRequestWithBody(token, header, seen, body)).toBe(true);
      expect(validateRequestWithBody(token, header, seen, `${body} `)).toBe(false);
    },
  );

  describe('at an express app', () => {
    let server: Server;
    let base: string;

    beforeAll(async () => {
      const app = express();
      app.use(express.urlencoded({ extended: false }));
      app.all(/.*/, (request, response) => {
        response.send(validateExpressRequest(request, token) ? 'valid' : 'forged');
      });
      server = createServer(app);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });

    afterAll(() => new Promise((resolve) => server.close(resolve)));

    it.each(['/voice', '/voice?step=2&name=J%C3%BCrgen', "/a%20b/it's?q=it's"])(
      'is valid for %s',
      async (path) => {
        const url = new URL(path, base).href;
        const body = 'Digits=12%2B&From=%2B49';
        const type = 'application/x-www-form-urlencoded';
        const headers = {
          'Content-Type': type,
          'X-Twilio-Signature': headerOf({ url, method: 'POST', body }),
        };
        const answer = await fetch(url, { method: 'POST', body, headers });
        expect(await answer.text()).toBe('valid');
        const forged = await fetch(url, { method: 'POST', body: `${body}1`, headers });
        expect(await forged.text()).toBe('forged');
      },
    );
  });
});
