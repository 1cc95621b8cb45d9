import { below, token, type Random } from '../../../runtime/core/random';
import type { SipRequest, SipResponse } from '../../../runtime/sip/message/message';

/** Where messages come from and go to. */
export interface Ends {
  readonly protocol: 'UDP' | 'TCP';
  /** The sender's host, and the port in its Via. */
  readonly host: string;
  readonly port: number;
  /** `host:port` of the server. */
  readonly server: string;
}

/** A dialog that the sender has with the server. */
export interface Dialog {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly target: string;
  sequence: number;
}

export function newDialog({ host, server }: Ends, flow: string, random: Random): Dialog {
  const target = `sip:${flow}@${server}`;
  return {
    callId: `${token(random, 64)}@${host}`,
    from: `<sip:storm@${host}>;tag=${token(random, 32)}`,
    to: `<${target}>`,
    target,
    sequence: 0,
  };
}

/** The dialog as the response that accepts the call has made it. */
export function establish(dialog: Dialog, accepted: SipResponse): Dialog {
  return {
    ...dialog,
    to: accepted.headers.get('To') ?? '',
    target: accepted.contacts[0]?.uriText ?? dialog.target,
  };
}

export function offer(host: string, attributes: readonly string[] = []): string {
  return [
    ...['v=0', `o=storm 1 1 IN IP4 ${host}`, 's=-', `c=IN IP4 ${host}`, 't=0 0'],
    'm=audio 40000 RTP/AVP 0 8 101',
    ...['a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'],
    ...[...attributes, ''],
  ].join('\r\n');
}

export interface RequestParts {
  readonly headers?: readonly string[];
  readonly type?: string;
  readonly body?: string;
  /** The number of an earlier request, for ACK and CANCEL. */
  readonly sequence?: number;
  readonly branch?: string;
}

/** A request that is right in every way. */
export function request(
  ends: Ends,
  dialog: Dialog,
  method: string,
  random: Random,
  parts: RequestParts = {},
): Buffer {
  const { protocol, host, port } = ends;
  if (parts.sequence === undefined) dialog.sequence += 1;
  const { body = '', branch = `z9hG4bK${token(random, 64)}` } = parts;
  const lines = [
    `${method} ${dialog.target} SIP/2.0`,
    `Via: SIP/2.0/${protocol} ${host}:${port};branch=${branch}`,
    'Max-Forwards: 70',
    `From: ${dialog.from}`,
    `To: ${dialog.to}`,
    `Call-ID: ${dialog.callId}`,
    `CSeq: ${parts.sequence ?? dialog.sequence} ${method}`,
    `Contact: <sip:storm@${host}:${port}>`,
    ...(parts.headers ?? []),
    ...(parts.type === undefined ? [] : [`Content-Type: ${parts.type}`]),
    `Content-Length: ${body.length}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

/** What peers send, each with what it needs to be taken seriously. */
const kinds: readonly [method: string, parts: (host: string) => RequestParts][] = [
  ['INVITE', (host) => ({ type: 'application/sdp', body: offer(host) })],
  ['INVITE', (host) => ({ type: 'application/sdp', body: offer(host, ['a=sendonly']) })],
  ['INVITE', () => ({})],
  [
    'INVITE',
    (host) => ({
      headers: ['Supported: timer, 100rel', 'Session-Expires: 1800;refresher=uac', 'Min-SE: 90'],
      type: 'application/sdp',
      body: offer(host),
    }),
  ],
  ['UPDATE', (host) => ({ type: 'application/sdp', body: offer(host, ['a=inactive']) })],
  ['ACK', () => ({})],
  ['OPTIONS', () => ({ headers: ['Accept: application/sdp'] })],
  ['INFO', () => ({ type: 'application/dtmf-relay', body: 'Signal=5\r\nDuration=160\r\n' })],
  ['INFO', () => ({ type: 'application/dtmf', body: '5' })],
  ['PRACK', () => ({ headers: ['RAck: 1 1 INVITE'] })],
  [
    'NOTIFY',
    () => ({
      headers: ['Event: refer', 'Subscription-State: terminated;reason=noresource'],
      type: 'message/sipfrag',
      body: 'SIP/2.0 200 OK\r\n',
    }),
  ],
  ['REFER', () => ({ headers: ['Refer-To: <sip:elsewhere@10.9.9.9>', 'Referred-By: <sip:a@b>'] })],
  ['SUBSCRIBE', () => ({ headers: ['Event: refer', 'Expires: 60'] })],
  ['REGISTER', () => ({ headers: ['Expires: 60'] })],
  ['MESSAGE', () => ({ type: 'text/plain', body: 'hello' })],
  ['CANCEL', () => ({})],
  ['BYE', () => ({})],
];

/** One of the requests above, in a dialog. */
export function anyRequest(ends: Ends, dialog: Dialog, random: Random): Buffer {
  const [method, parts] = kinds[below(random, kinds.length)] ?? (['OPTIONS', () => ({})] as const);
  return request(ends, dialog, method, random, parts(ends.host));
}

/** A response that is right in every way. */
export function response(to: SipRequest, status: string, headers: readonly string[] = []): Buffer {
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
    to.headers.getAll(name).map((value) => `${name}: ${value}`),
  );
  const lines = [`SIP/2.0 ${status}`, ...copied, ...headers, 'Content-Length: 0'];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
