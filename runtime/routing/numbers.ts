import type { NumberFormat } from '../core/network-config';

/**
 * Numbers as a trunk writes them, and as we do. Digits are taken from the front first, the number is rewritten, and
 * the prefix is put before it; what is no number (a user name) passes whole.
 */
export interface NumberRules {
  /** A number of ours, as the trunk wants it. */
  outward(number: string): string;
  /** A number of the trunk's, as we write it. */
  inward(number: string): string;
}

/** @param formats how numbers are written on the way out, and how they are to be on the way in */
export function numberRules(formats: {
  readonly outbound: NumberFormat;
  readonly inbound: NumberFormat;
}): NumberRules {
  return {
    outward: (number) => rewriteNumber(number, formats.outbound),
    inward: (number) => rewriteNumber(number, formats.inbound),
  };
}

/** A number as a format writes it. Visual separators go (RFC 3966 §5.1.1). */
export function rewriteNumber(number: string, format: NumberFormat): string {
  const plain = number.replace(/[\s\-.()/]/g, '');
  if (!/^\+?[0-9*#]+$/.test(plain)) return number;
  const stripped = strip(plain, format.strip ?? 0);
  return (format.prefix ?? '') + convert(stripped, format);
}

/** Digits are counted without the `+`, which goes with the first of them. */
function strip(number: string, count: number): string {
  if (count === 0) return number;
  return (number.startsWith('+') ? number.slice(1) : number).slice(count);
}

function convert(number: string, format: NumberFormat): string {
  if (format.format === undefined || format.format === 'plain') return number;
  const { country = '', nationalPrefix = '0', internationalPrefix = '00' } = format;
  const international = toInternational(number, { country, nationalPrefix, internationalPrefix });
  // An extension or a service number has no international form, and is dialled as it is everywhere.
  if (international === undefined) return number;
  if (format.format === 'e164') return international;
  const domestic = `+${country}`;
  return country !== '' && international.startsWith(domestic)
    ? nationalPrefix + international.slice(domestic.length)
    : internationalPrefix + international.slice(1);
}

/** `+` and digits; undefined for what was dialled without any prefix. */
function toInternational(
  number: string,
  format: {
    readonly country: string;
    readonly nationalPrefix: string;
    readonly internationalPrefix: string;
  },
): string | undefined {
  const { country, nationalPrefix, internationalPrefix } = format;
  if (/[*#]/.test(number)) return undefined;
  if (number.startsWith('+')) return number;
  if (internationalPrefix !== '' && number.startsWith(internationalPrefix)) {
    return `+${number.slice(internationalPrefix.length)}`;
  }
  if (nationalPrefix !== '' && number.startsWith(nationalPrefix)) {
    return `+${country}${number.slice(nationalPrefix.length)}`;
  }
  // Where nothing is dialled before national numbers, a number is one (North America's ten digits, or eleven with the 1).
  if (nationalPrefix !== '' || number.length < minNational) return undefined;
  const withCountry =
    country !== '' && number.startsWith(country) && number.length > minNational + 3;
  return withCountry ? `+${number}` : `+${country}${number}`;
}

/** Fewer digits are an extension or a service number. */
const minNational = 7;
