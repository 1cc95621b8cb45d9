import { HeaderTable } from '../../../runtime/sip/message/header-table';

function table(...fields: (readonly [string, string])[]): HeaderTable {
  const headers = new HeaderTable();
  for (const [name, value] of fields) headers.append(name, value);
  return headers;
}

const fieldsOf = (headers: HeaderTable): string[] =>
  [...headers.entries()].map(([name, value]) => `${name}: ${value}`);

test('names match without case and by compact form, and are given in their usual spelling', () => {
  const headers = table(['v', '1'], ['VIA', '2'], ['call-id', '3'], ['X-Own', '4'], ['x-own', '5']);
  expect(headers.getAll('Via')).toEqual(['1', '2']);
  expect(headers.get('i')).toBe('3');
  expect(headers.getAll('X-OWN')).toEqual(['4', '5']);
  expect(fieldsOf(headers)).toEqual(['Via: 1', 'Via: 2', 'Call-ID: 3', 'X-Own: 4', 'x-own: 5']);
});

test.each([
  ['a', 'Accept-Contact'],
  ['b', 'Referred-By'],
  ['c', 'Content-Type'],
  ['d', 'Request-Disposition'],
  ['e', 'Content-Encoding'],
  ['f', 'From'],
  ['i', 'Call-ID'],
  ['j', 'Reject-Contact'],
  ['k', 'Supported'],
  ['l', 'Content-Length'],
  ['m', 'Contact'],
  ['n', 'Identity-Info'],
  ['o', 'Event'],
  ['r', 'Refer-To'],
  ['s', 'Subject'],
  ['t', 'To'],
  ['u', 'Allow-Events'],
  ['v', 'Via'],
  ['x', 'Session-Expires'],
  ['y', 'Identity'],
])('%s is %s', (compact, name) => {
  expect(table([compact, '1']).get(name)).toBe('1');
  expect(table([name, '1']).get(compact.toUpperCase())).toBe('1');
});

test('set replaces all at the place of the first, or appends', () => {
  const headers = table(['X-A', '1'], ['X-B', '2'], ['x-a', '3']);
  headers.set('x-a', '4');
  headers.set('X-C', '5');
  expect(fieldsOf(headers)).toEqual(['X-A: 4', 'X-B: 2', 'X-C: 5']);
});

test('prepend puts before the first of the name, or first of all', () => {
  const headers = table(['X-A', '1'], ['Via', '2']);
  headers.prepend('Via', '3');
  headers.prepend('Route', '4');
  expect(fieldsOf(headers)).toEqual(['Route: 4', 'X-A: 1', 'Via: 3', 'Via: 2']);
});

test('removeFirst takes one value, splitting at its comma if need be', () => {
  const headers = table(['Route', '"a,b" <sip:c,d>;x , <sip:e>'], ['Route', '<sip:f>']);
  headers.removeFirst('Route');
  expect(headers.getAll('Route')).toEqual(['<sip:e>', '<sip:f>']);
  headers.removeFirst('Route');
  expect(headers.getAll('Route')).toEqual(['<sip:f>']);
  headers.removeFirst('Route');
  headers.removeFirst('Route');
  expect(headers.has('Route')).toBe(false);
});

test('remove takes all of the name', () => {
  const headers = table(['X-A', '1'], ['X-B', '2'], ['x-a', '3']);
  headers.remove('x-a');
  expect(fieldsOf(headers)).toEqual(['X-B: 2']);
  expect(headers.get('X-A')).toBeUndefined();
});

test.each(['a\r\nB: c', 'a\n', '\r'])('a value with a line end (%j) is refused', (value) => {
  const refusal = expect.objectContaining({ code: 'CALLCHART_SIP_HEADER' }) as Error;
  const headers = table(['Subject', 'x']);
  expect(() => headers.set('Subject', value)).toThrow(refusal);
  expect(() => headers.append('Subject', value)).toThrow(refusal);
  expect(() => headers.prepend('Subject', value)).toThrow(refusal);
  expect(headers.getAll('Subject')).toEqual(['x']);
});

test.each(['', 'a b', 'a:', 'ü', 'a\r\nb'])('a name that is no token (%j) is refused', (name) => {
  expect(() => table([name, '1'])).toThrow(
    expect.objectContaining({ code: 'CALLCHART_SIP_HEADER' }) as Error,
  );
});
