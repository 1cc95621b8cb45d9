let known: ReadonlySet<string> | undefined;
const amounts = new Map<string, Intl.NumberFormat>();
const names = new Map<string, Intl.NumberFormat>();

/** Whether a text is a code of ISO 4217, in capital letters. */
export function isCurrency(code: string): boolean {
  known ??= new Set(Intl.supportedValuesOf('currency'));
  return known.has(code);
}

/** An amount, rounded to what the currency is counted in: `12.5` EUR is `['12', '50']`, `12` JPY `['12', '']`. */
export function splitAmount(amount: number, currency: string): readonly [string, string] {
  const format = formatOf(amounts, currency, 'en', { currency, currencyDisplay: 'code' });
  let [whole, part] = ['', ''];
  for (const { type, value } of format.formatToParts(Math.abs(amount))) {
    if (type === 'integer') whole = value;
    if (type === 'fraction') part = value;
  }
  return [whole, part];
}

/** The name in a language, in the number that the amount wants: "US dollars"; `whole` where no decimals are said. */
export function currencyName(
  amount: number,
  currency: string,
  language: string,
  whole: boolean,
): string {
  const format = formatOf(names, `${language} ${currency} ${whole}`, language, {
    ...{ currency, currencyDisplay: 'name' },
    // To Intl it is "one rupee", but "1.00 rupees".
    ...(whole ? { maximumFractionDigits: 0 } : {}),
  });
  const name = format.formatToParts(amount).find(({ type }) => type === 'currency');
  return name?.value ?? currency;
}

function formatOf(
  cache: Map<string, Intl.NumberFormat>,
  key: string,
  language: string,
  options: Intl.NumberFormatOptions,
): Intl.NumberFormat {
  let format = cache.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(language, { ...options, style: 'currency', useGrouping: false });
    cache.set(key, format);
  }
  return format;
}
