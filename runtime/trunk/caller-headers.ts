import type { NumberFormat } from '../core/network-config';
import { rewriteNumber } from '../routing/numbers';
import { formatNameAddr } from '../sip/message/name-addr';
import { formatUri, parseUri, sipUri, type Uri } from '../sip/message/uri';
import type { ExtraHeader } from '../sip/ua/port';
import type { CallerIdentity } from './port';
import type { CallerIdSettings } from '../core/network-settings';

/** Who a call says it is from: From, and the headers that go with it. */
export interface CallerHeaders {
  /** The From URI, as text. */
  readonly from: string;
  readonly displayName: string | undefined;
  readonly headers: readonly ExtraHeader[];
}

export interface CallerHeadersInput {
  readonly settings: CallerIdSettings;
  readonly caller: CallerIdentity;
  /** The trunk's account: who calls when nobody else is named. */
  readonly account: string | undefined;
  /** Of From, unless the settings or the number itself say otherwise. */
  readonly domain: string;
  readonly format: NumberFormat;
  /** The URI that the call goes to: the last entry of a History-Info. */
  readonly target: string;
}

/** RFC 3323 §4.1.1.3: a From that says nothing. */
const anonymousUri = 'sip:anonymous@anonymous.invalid';

/**
 * The caller identity of an INVITE through a trunk. What callers may have written is parsed or escaped here: no
 * line end of theirs reaches a header.
 */
export function callerHeaders(input: CallerHeadersInput): CallerHeaders {
  const { settings, caller, account } = input;
  const number = settings.number ?? caller.number;
  const identity = number === undefined ? undefined : uriOf(number, input);
  const own = account === undefined ? undefined : uriOf(account, input);
  const name = cleanName(settings.displayName ?? caller.displayName);
  const headers: ExtraHeader[] = [];
  const asserted = identity ?? own;
  const hidden = caller.anonymous === true;
  if (asserted !== undefined && (hidden || settings.in !== 'from')) {
    headers.push(['P-Asserted-Identity', formatNameAddr({ displayName: name, uri: asserted })]);
  }
  // RFC 3325 §9.3: those whom we trust keep the asserted identity to themselves.
  if (hidden) headers.push(['Privacy', 'id']);
  headers.push(...diversionHeaders(input, hidden));
  if (hidden) return { from: anonymousUri, displayName: 'Anonymous', headers };
  const shown = settings.in === 'p-asserted-identity' ? (own ?? identity) : asserted;
  return {
    from: shown === undefined ? anonymousUri : formatUri(shown),
    displayName: name,
    headers,
  };
}

function diversionHeaders(
  { settings, caller, target, ...rest }: CallerHeadersInput,
  hidden: boolean,
): ExtraHeader[] {
  const { divertedFrom } = caller;
  if (divertedFrom === undefined || settings.diversion === 'none') return [];
  const uri = uriOf(divertedFrom, { settings, ...rest });
  if (settings.diversion === 'diversion') {
    // RFC 5806 §4: the newest diversion stands first; why it was diverted is not known here.
    const params = new Map([
      ['reason', 'unknown'],
      ['counter', '1'],
      ...(hidden ? [['privacy', 'full'] as const] : []),
    ]);
    return [['Diversion', formatNameAddr({ uri, params })]];
  }
  // RFC 7044 §10: whom it was for, and, mapped from that to somebody else (`mp`), whom it is for now.
  const before =
    hidden && uri.scheme !== 'tel' ? { ...uri, headers: [['Privacy', 'history']] as const } : uri;
  const entries = [
    formatNameAddr({ uri: before, params: new Map([['index', '1']]) }),
    formatNameAddr({
      uri: target,
      params: new Map([
        ['index', '1.1'],
        ['mp', '1'],
      ]),
    }),
  ];
  return [['History-Info', entries.join(', ')]];
}

/** A URI as it is, and a number or name as a SIP URI, as the trunk writes them. */
function uriOf(
  text: string,
  { settings, domain, format }: Pick<CallerHeadersInput, 'settings' | 'domain' | 'format'>,
): Uri {
  if (/^(?:sips?|tel):/i.test(text)) {
    try {
      return parseUri(text);
    } catch {
      // No URI: then it is a strange name, which the escapes make harmless.
    }
  }
  const at = text.lastIndexOf('@');
  const user = rewriteNumber(at > 0 ? text.slice(0, at) : text, format);
  return sipUri({ user, host: settings.domain ?? domain });
}

/** Without control characters, line ends above all; undefined when nothing is left. */
function cleanName(name: string | undefined): string | undefined {
  // eslint-disable-next-line no-control-regex -- these are what must not reach a header
  const clean = name?.replace(/[\0-\x1f\x7f]+/g, ' ').trim();
  return clean === '' ? undefined : clean;
}
