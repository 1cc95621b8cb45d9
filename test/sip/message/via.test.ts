import fc from 'fast-check';

import { MessageError } from '../../../runtime/sip/message/message-error';
import { formatVia, parseVia, scanVias } from '../../../runtime/sip/message/via';
import { vias } from './arbitraries';

test('every part is found, with white space wherever the grammar has it', () => {
  expect(parseVia('SIP / 2.0 / udp  [2001:db8::1] : 5061 ;branch = z9hG4bKa;RPort;ttl=1')).toEqual({
    protocol: 'UDP',
    host: '2001:db8::1',
    port: 5061,
    branch: 'z9hG4bKa',
    received: undefined,
    rport: '',
    params: new Map([
      ['branch', 'z9hG4bKa'],
      ['rport', ''],
      ['ttl', '1'],
    ]),
  });
});

test('received may be an IPv6 address without brackets', () => {
  expect(parseVia('SIP/2.0/UDP h;received=2001:db8::9;rport=5071').received).toBe('2001:db8::9');
});

test('a list is split at its commas', () => {
  const text = 'SIP/2.0/UDP a;x="1,2" , SIP/2.0/TCP b';
  expect(scanVias(text, 0, text.length, []).map(({ host }) => host)).toEqual(['a', 'b']);
});

test.each([
  '',
  'SIP/2.0/UDP',
  'SIP/2.0/UDP ',
  'SIP/2.0 h',
  'SIP/2.0/UDP h:',
  'SIP/2.0/UDP h:70000',
  'SIP/2.0/UDP [::1',
  'SIP/2.0/UDP h;;',
  'SIP/2.0/UDP h x',
  'SIP/2.0/UDP h,',
])('%j is malformed', (text) => {
  expect(() => parseVia(text)).toThrow(MessageError);
});

test('received and rport are added to what is there, and replace what was', () => {
  const via = parseVia('SIP/2.0/UDP h:5060;branch=z9hG4bKa;rport;received=1.1.1.1;x=1');
  expect(formatVia({ ...via, received: '192.0.2.1', rport: '5070' })).toBe(
    'SIP/2.0/UDP h:5060;branch=z9hG4bKa;rport=5070;received=192.0.2.1;x=1',
  );
});

test('any value that is written is read the same', () => {
  fc.assert(
    fc.property(vias, (via) => {
      const { protocol, host, port, branch, received, rport } = parseVia(formatVia(via));
      expect({ protocol, host, port, branch, received, rport }).toEqual(via);
    }),
  );
});
