import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { below, type Random } from '../../../runtime/core/random';

/** The messages of RFC 4475. */
export function tortureMessages(): Buffer[] {
  const folder = join(__dirname, '..', '..', 'vectors', 'rfc4475');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.dat'))
    .map((name) => readFileSync(join(folder, name)));
}

/** What hurts parsers most: what opens and does not close, what separates, what folds. */
const spices = [
  '"',
  '\\',
  '<',
  '>',
  ';',
  ',',
  ':',
  '\r\n ',
  '\r\n',
  '\0',
  '%',
  '[',
  '@',
  '=',
  '((',
  'ÿ',
];

function spice(random: Random): string {
  return spices[below(random, spices.length)] as string;
}

/** One to four changes of the octets: bits, ends, insertions, doubled lines, holes. */
export function mutate(original: Uint8Array, random: Random): Buffer {
  let octets: Buffer = Buffer.from(original);
  for (let times = 1 + below(random, 4); times > 0; times -= 1) {
    const at = below(random, octets.length + 1);
    const [before, after] = [octets.subarray(0, at), octets.subarray(at)];
    switch (below(random, 7)) {
      case 0:
        if (at < octets.length) octets[at] = (octets[at] as number) ^ (1 << below(random, 8));
        break;
      case 1:
        octets = Buffer.from(before);
        break;
      case 2:
        octets = Buffer.concat([before, Buffer.from(spice(random)), after]);
        break;
      case 3: {
        const one = spice(random);
        octets = Buffer.concat([before, Buffer.from(one.repeat(below(random, 2_000))), after]);
        break;
      }
      case 4: {
        const lines = octets.toString('latin1').split('\r\n');
        const line = below(random, lines.length);
        lines.splice(below(random, lines.length), 0, lines[line] as string);
        octets = Buffer.from(lines.join('\r\n'), 'latin1');
        break;
      }
      case 5: {
        const noise = Array.from({ length: below(random, 40) }, () => below(random, 256));
        octets = Buffer.concat([before, Buffer.from(noise), after]);
        break;
      }
      default:
        octets = Buffer.concat([before, after.subarray(below(random, 20))]);
    }
  }
  return octets;
}

/** Values that a header may have when its writer is careless, old, or ill-disposed. */
const values = [
  '',
  '0',
  '-1',
  '4294967296',
  '99999999999999999999',
  '1 1 INVITE',
  '<>',
  '<sip:>',
  '<sip:@>;tag=',
  '"<sip:a@10.9.9.9>',
  '*',
  'application/sdp;boundary=""',
  'multipart/mixed;boundary=x',
  'refer;id=0',
  'refresher=both',
  ';;;',
  ',,,',
  'no-such-thing',
  '%00%ff',
  'x'.repeat(3_000),
];

/**
 * A change that leaves most of the grammar whole, so that it gets past the parser: a header's value, a
 * header lost or doubled, another method, a Content-Length that lies, a body cut or spoilt.
 */
export function mutateHeaders(original: Uint8Array, random: Random): Buffer {
  const text = Buffer.from(original).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [start = '', ...headers] = text.slice(0, end).split('\r\n');
  let body = text.slice(end + 4);
  const at = below(random, headers.length);
  const header = headers[at] ?? '';
  const name = header.slice(0, header.indexOf(':'));
  let first = start;
  let keepLength = false;
  switch (below(random, 7)) {
    case 0:
      headers[at] = `${name}: ${values[below(random, values.length)] ?? ''}`;
      break;
    case 1:
      headers.splice(at, 1);
      break;
    case 2:
      headers.splice(below(random, headers.length), 0, header);
      break;
    case 3: {
      const methods = ['INVITE', 'ACK', 'BYE', 'CANCEL', 'UPDATE', 'PRACK', 'REFER', 'WHATEVER'];
      first = start.replace(/^\S+/, methods[below(random, methods.length)] ?? '');
      break;
    }
    case 4: {
      keepLength = true;
      const length = body.length + below(random, 40) - 20;
      headers[headers.findIndex((line) => line.startsWith('Content-Length'))] =
        `Content-Length: ${Math.max(0, length)}`;
      break;
    }
    case 5:
      headers[at] = mutate(Buffer.from(header, 'latin1'), random).toString('latin1');
      break;
    default:
      if (body === '') headers.splice(at, 1);
      else body = mutate(Buffer.from(body, 'latin1'), random).toString('latin1');
  }
  if (!keepLength) {
    const lines = headers.findIndex((line) => line.startsWith('Content-Length'));
    if (lines >= 0) headers[lines] = `Content-Length: ${body.length}`;
  }
  return Buffer.from(`${[first, ...headers].join('\r\n')}\r\n\r\n${body}`, 'latin1');
}
