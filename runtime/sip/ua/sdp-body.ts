import type { SipMessage } from '../message/message';
import { accept, acceptEncoding } from './capabilities';
import { partOf } from './multipart';
import type { ExtraHeader } from './port';
import { readable } from './readable';

export type SdpBody =
  | { readonly type: 'none' }
  | { readonly type: 'sdp'; readonly sdp: string }
  /** 415 with this header (RFC 3261 §8.2.3). */
  | { readonly type: 'unsupported'; readonly header: ExtraHeader };

const none: SdpBody = { type: 'none' };
const wrongType: SdpBody = { type: 'unsupported', header: accept };
const wrongEncoding: SdpBody = { type: 'unsupported', header: acceptEncoding };

const sdpMediaType = 'application/sdp';

/**
 * The session description that a message carries, alone or as a part of a multipart body (RFC 5621
 * §3.1). A body that we do not understand is ignored where its sender allows that (RFC 3261 §20.11).
 */
export function readSdp(message: SipMessage): SdpBody {
  const { body, headers } = message;
  if (body.length === 0) return none;
  const disposition = dispositionOf(headers.get('Content-Disposition'));
  const otherwise = disposition.optional ? none : undefined;
  const encoding = headers.get('Content-Encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return otherwise ?? wrongEncoding;
  }
  const type = message.contentType;
  if (type?.value === sdpMediaType) {
    return disposition.type === 'session'
      ? { type: 'sdp', sdp: text(body) }
      : (otherwise ?? wrongType);
  }
  const boundary = type?.params.get('boundary');
  if (type?.value.startsWith('multipart/') === true && boundary !== undefined) {
    const part = partOf(body, boundary, sdpMediaType);
    if (part !== undefined) return { type: 'sdp', sdp: text(part) };
  }
  return otherwise ?? wrongType;
}

/** The SDP of a response, or undefined: there is nobody to tell about a body that is anything else. */
export function sdpOf(message: SipMessage): string | undefined {
  const body = readable(() => readSdp(message));
  return body?.type === 'sdp' ? body.sdp : undefined;
}

/** SDP is UTF-8 (RFC 8866 §5); octets that are not become replacement characters. */
function text(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');
}

interface Disposition {
  readonly type: string;
  readonly optional: boolean;
}

const session: Disposition = { type: 'session', optional: false };

/** RFC 3261 §20.11: SDP without a Content-Disposition describes the session. */
function dispositionOf(value: string | undefined): Disposition {
  if (value === undefined) return session;
  const [type = '', ...params] = value.split(';').map((part) => part.trim().toLowerCase());
  return { type, optional: params.some((each) => /^handling\s*=\s*"?optional"?$/.test(each)) };
}
