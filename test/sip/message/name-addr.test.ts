import fc from 'fast-check';

import { MessageError } from '../../../runtime/sip/message/message-error';
import {
  formatNameAddr,
  parseNameAddr,
  parseNameAddrs,
} from '../../../runtime/sip/message/name-addr';
import { nameAddrs } from './arbitraries';

test('a quoted display name is unquoted, its pairs resolved', () => {
  const address = parseNameAddr('"A \\"B\\" \\\\ <c>, d" <sip:a@h>;tag=x');
  expect(address.displayName).toBe('A "B" \\ <c>, d');
  expect(address.uriText).toBe('sip:a@h');
  expect(address.tag).toBe('x');
});

test('a display name of tokens needs no quotes and no space before the bracket', () => {
  expect(parseNameAddr('Mr  Watson<sip:a@h>').displayName).toBe('Mr  Watson');
  expect(parseNameAddr('Jürgen <sip:a@h>').displayName).toBe('Jürgen');
});

test('without brackets parameters belong to the header, within them to the URI', () => {
  const bare = parseNameAddr('sip:a@h;x=1');
  expect(bare.params).toEqual(new Map([['x', '1']]));
  expect(bare.uri.params.size).toBe(0);
  const bracketed = parseNameAddr('<sip:a@h;x=1>');
  expect(bracketed.params.size).toBe(0);
  expect(bracketed.uri.params).toEqual(new Map([['x', '1']]));
});

test('white space may stand round everything but the URI', () => {
  const address = parseNameAddr('  "a"  <sip:h>  ;  tag  =  t ; x = "y;,z"  ');
  expect(address.params).toEqual(
    new Map([
      ['tag', 't'],
      ['x', 'y;,z'],
    ]),
  );
});

test('a list is split at its commas, not at those in quotes or brackets', () => {
  const list = parseNameAddrs('"a,b" <sip:c,d@h>;q="1,2" , sip:e@h,<sip:f>');
  expect(list.map(({ uriText }) => uriText)).toEqual(['sip:c,d@h', 'sip:e@h', 'sip:f']);
});

test('an address of another scheme throws 416 when its URI is wanted, and not before', () => {
  const address = parseNameAddr('<http://www.example.com>;tag=1');
  expect(address.tag).toBe('1');
  expect(() => address.uri).toThrow(expect.objectContaining({ status: 416 }) as Error);
});

test('a copy with other members keeps the rest', () => {
  const address = { ...parseNameAddr('"a" <sip:b@h>;tag=1'), displayName: 'c' };
  expect(formatNameAddr(address)).toBe('"c" <sip:b@h>;tag=1');
});

test.each([
  '',
  '<>',
  '<sip:a@h',
  'sip:a@h>',
  '< sip:a@h>',
  '<sip:a@h >',
  '"a <sip:a@h>',
  '"a" sip:a@h',
  'a, b <sip:a@h>',
  '<sip:a@h> x',
  '<sip:a@h>;',
  '<sip:a@h>;;tag=1',
  '<sip:a@h>;tag=',
  '<sip:a@h>;tag="1',
  'sip:a@h?Subject=x',
  '<sip:a@h>, <sip:b@h>',
])('%j is malformed', (text) => {
  expect(() => parseNameAddr(text)).toThrow(MessageError);
});

test('more parameters than the limit are refused', () => {
  const text = `<sip:h>${';a=1'.repeat(65)}`;
  expect(() => parseNameAddr(text)).toThrow('too many parameters');
});

test('any address that is written is read the same', () => {
  fc.assert(
    fc.property(nameAddrs, (address) => {
      const { displayName, uri, params } = parseNameAddr(formatNameAddr(address));
      expect({ displayName, uri, params }).toEqual(address);
    }),
  );
});
