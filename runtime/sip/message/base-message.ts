import type { HeaderObserver, HeaderTable } from './header-table';
import {
  ALLOW,
  CALL_ID,
  CONTACT,
  CONTENT_TYPE,
  CSEQ,
  EXPIRES,
  FROM,
  MIN_EXPIRES,
  MIN_SE,
  REASON,
  RECORD_ROUTE,
  REQUIRE,
  ROUTE,
  RSEQ,
  SESSION_EXPIRES,
  SUPPORTED,
  TO,
  VIA,
  headerNames,
} from './header-names';
import {
  parseCSeq,
  parseMediaType,
  parseMinSe,
  parseNumber,
  parseReason,
  parseSessionExpires,
  splitList,
  splitTokens,
} from './header-values';
import { MessageError } from './message-error';
import { parseNameAddr, scanNameAddrs } from './name-addr';
import type { CSeq, MediaType, NameAddr, ReasonValue, SessionExpires, Via } from './values';
import { scanVia, scanVias } from './via';

export const emptyBody = new Uint8Array(0);
const none: readonly never[] = [];

/**
 * The part that requests and responses share. What is read for every message has a field of its own;
 * the rest is kept in a map that most messages never make.
 */
export abstract class BaseMessage implements HeaderObserver {
  readonly headers: HeaderTable;
  body: Uint8Array;

  /** Filled by the parser, dropped by {@link headerChanged}. */
  topViaValue: Via | undefined;
  viaValues: readonly Via[] | undefined;
  /** {@link viaValues} are those of the first field, and there are more. */
  viaFieldsLeft: boolean;
  fromValue: NameAddr | undefined;
  toValue: NameAddr | undefined;
  cseqValue: CSeq | undefined;
  contactValues: readonly NameAddr[] | undefined;
  routeValues: readonly NameAddr[] | undefined;
  recordRouteValues: readonly NameAddr[] | undefined;
  /** What a server reads of every INVITE; here rather than in the map, which costs more. */
  private requireValues: readonly string[] | undefined;
  private supportedValues: readonly string[] | undefined;
  private allowValues: readonly string[] | undefined;
  private contentTypeValue: MediaType | undefined;
  private others: Map<number, unknown> | undefined;

  constructor(headers: HeaderTable, body: Uint8Array) {
    this.headers = headers;
    this.body = body;
    this.topViaValue = undefined;
    this.viaValues = undefined;
    this.viaFieldsLeft = false;
    this.fromValue = undefined;
    this.toValue = undefined;
    this.cseqValue = undefined;
    this.contactValues = undefined;
    this.routeValues = undefined;
    this.recordRouteValues = undefined;
    this.requireValues = undefined;
    this.supportedValues = undefined;
    this.allowValues = undefined;
    this.contentTypeValue = undefined;
    this.others = undefined;
    headers.observer = this;
  }

  headerChanged(id: number): void {
    if (id === VIA) this.topViaValue = this.viaValues = undefined;
    else if (id === FROM) this.fromValue = undefined;
    else if (id === TO) this.toValue = undefined;
    else if (id === CSEQ) this.cseqValue = undefined;
    else if (id === CONTACT) this.contactValues = undefined;
    else if (id === ROUTE) this.routeValues = undefined;
    else if (id === RECORD_ROUTE) this.recordRouteValues = undefined;
    else if (id === REQUIRE) this.requireValues = undefined;
    else if (id === SUPPORTED) this.supportedValues = undefined;
    else if (id === ALLOW) this.allowValues = undefined;
    else if (id === CONTENT_TYPE) this.contentTypeValue = undefined;
    else this.others?.delete(id);
  }

  get via(): readonly Via[] {
    if (this.viaValues === undefined || this.viaFieldsLeft) {
      const { headers, viaValues } = this;
      const values = viaValues === undefined ? [] : [...viaValues];
      let index = headers.indexOfId(VIA);
      if (viaValues !== undefined) index = headers.indexOfId(VIA, index + 1);
      for (; index >= 0; index = headers.indexOfId(VIA, index + 1)) {
        const text = headers.values[index] as string;
        scanVias(text, 0, text.length, values);
      }
      this.viaValues = values;
      this.viaFieldsLeft = false;
    }
    return this.viaValues;
  }

  get topVia(): Via {
    if (this.topViaValue === undefined) {
      const text = this.mandatory(VIA);
      this.topViaValue = scanVia(text, 0, text.length);
    }
    return this.topViaValue;
  }

  get from(): NameAddr {
    return (this.fromValue ??= parseNameAddr(this.mandatory(FROM)));
  }

  get to(): NameAddr {
    return (this.toValue ??= parseNameAddr(this.mandatory(TO)));
  }

  get callId(): string {
    return this.mandatory(CALL_ID);
  }

  get cseq(): CSeq {
    return (this.cseqValue ??= parseCSeq(this.mandatory(CSEQ)));
  }

  get contacts(): readonly NameAddr[] {
    return (this.contactValues ??= this.contactIsStar ? [] : this.addresses(CONTACT));
  }

  get contactIsStar(): boolean {
    return this.headers.valueOf(CONTACT) === '*';
  }

  get routes(): readonly NameAddr[] {
    return (this.routeValues ??= this.addresses(ROUTE));
  }

  get recordRoutes(): readonly NameAddr[] {
    return (this.recordRouteValues ??= this.addresses(RECORD_ROUTE));
  }

  get require(): readonly string[] {
    return (this.requireValues ??= this.splitTokens(REQUIRE));
  }

  get supported(): readonly string[] {
    return (this.supportedValues ??= this.splitTokens(SUPPORTED));
  }

  get allow(): readonly string[] {
    return (this.allowValues ??= this.splitTokens(ALLOW));
  }

  get contentType(): MediaType | undefined {
    if (this.contentTypeValue === undefined) {
      const text = this.headers.valueOf(CONTENT_TYPE);
      if (text !== undefined) this.contentTypeValue = parseMediaType(text);
    }
    return this.contentTypeValue;
  }

  get expires(): number | undefined {
    return this.number(EXPIRES);
  }

  get minExpires(): number | undefined {
    return this.number(MIN_EXPIRES);
  }

  get sessionExpires(): SessionExpires | undefined {
    return this.single(SESSION_EXPIRES, parseSessionExpires);
  }

  get minSe(): number | undefined {
    return this.single(MIN_SE, parseMinSe);
  }

  get rseq(): number | undefined {
    return this.number(RSEQ);
  }

  get reasons(): readonly ReasonValue[] {
    return this.list(REASON, parseReason);
  }

  /** The first value of a header, parsed once. */
  protected single<T>(id: number, parse: (text: string, id: number) => T): T | undefined {
    const text = this.headers.valueOf(id);
    // Nothing is kept for what is not there: a server asks an INVITE for much that it mostly lacks.
    return text === undefined ? undefined : this.kept(id, () => parse(text, id));
  }

  protected number(id: number): number | undefined {
    return this.single(id, numberOf);
  }

  /** Every element of a comma-separated header, parsed once. */
  protected list<T>(id: number, parse: (text: string) => T): readonly T[] {
    return this.kept(id, () => {
      const elements: string[] = [];
      for (const text of this.fields(id)) splitList(text, elements);
      return elements.map(parse);
    });
  }

  protected tokens(id: number): readonly string[] {
    return this.kept(id, () => this.splitTokens(id));
  }

  private splitTokens(id: number): readonly string[] {
    const { headers } = this;
    let index = headers.indexOfId(id);
    if (index < 0) return none;
    const tokens: string[] = [];
    for (; index >= 0; index = headers.indexOfId(id, index + 1)) {
      splitTokens(headers.values[index] as string, tokens);
    }
    return tokens;
  }

  private kept<T>(id: number, make: () => T): T {
    this.others ??= new Map();
    // Each id has one type: that of the one getter that names it.
    if (this.others.has(id)) return this.others.get(id) as T;
    const value = make();
    this.others.set(id, value);
    return value;
  }

  private addresses(id: number): readonly NameAddr[] {
    const { headers } = this;
    let index = headers.indexOfId(id);
    if (index < 0) return none;
    const addresses: NameAddr[] = [];
    for (; index >= 0; index = headers.indexOfId(id, index + 1)) {
      const text = headers.values[index] as string;
      scanNameAddrs(text, 0, text.length, addresses);
    }
    return addresses;
  }

  private *fields(id: number): IterableIterator<string> {
    const headers = this.headers;
    for (let i = headers.indexOfId(id); i >= 0; i = headers.indexOfId(id, i + 1)) {
      yield headers.values[i] as string;
    }
  }

  private mandatory(id: number): string {
    const text = this.headers.valueOf(id);
    if (text === undefined) throw new MessageError(`no ${headerNames[id] ?? ''}`);
    return text;
  }
}

function numberOf(text: string, id: number): number {
  return parseNumber(text, headerNames[id] as string);
}
