import {
  hasCredentials,
  removeConsumedCredentials,
} from '../../runtime/service/consumed-credentials';
import type { SipRequest } from '../../runtime/sip/message/message';
import { parseMessage } from '../../runtime/sip/message/parse';

const ours = 'Digest username="a", realm="ours", nonce="n", uri="sip:b@h", response="r"';
const theirs = 'Digest username="a", realm="theirs", nonce="n", uri="sip:b@h", response="r"';

function invite(...lines: string[]): SipRequest {
  const text = [
    'INVITE sip:b@h.example SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx',
    ...['From: <sip:a@h.example>;tag=1', 'To: <sip:b@h.example>', 'Call-ID: c', 'CSeq: 1 INVITE'],
    ...[...lines, 'Content-Length: 0', '', ''],
  ].join('\r\n');
  const message = parseMessage(Buffer.from(text));
  if (message.kind !== 'request') throw new Error('no request');
  return message;
}

describe('credentials that were for us', () => {
  it('are taken out of a request that goes on, and those for others stay in their order', () => {
    const request = invite(
      `Proxy-Authorization: ${theirs}`,
      `Proxy-Authorization: ${ours}`,
      `Proxy-Authorization: ${theirs.replace('"a"', '"second"')}`,
      `Authorization: ${ours}`,
    );
    removeConsumedCredentials(request, 'ours');
    expect(request.headers.getAll('Proxy-Authorization')).toEqual([
      theirs,
      theirs.replace('"a"', '"second"'),
    ]);
    expect(request.headers.has('Authorization')).toBe(false);
  });

  it.each([
    ['of another realm', theirs],
    ['that cannot be read', 'Digest'],
    ['of another scheme', 'Bearer 0123456789'],
  ])('are none %s', (_what, value) => {
    const request = invite(`Authorization: ${value}`);
    removeConsumedCredentials(request, 'ours');
    expect(request.headers.getAll('Authorization')).toEqual([value]);
    expect(hasCredentials(request, 'ours')).toBe(false);
  });

  it('are known to be there', () => {
    expect(hasCredentials(invite(`Proxy-Authorization: ${ours}`), 'ours')).toBe(true);
    expect(hasCredentials(invite(), 'ours')).toBe(false);
  });
});
