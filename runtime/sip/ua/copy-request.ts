import { createRequest } from '../message/create';
import { HeaderTable } from '../message/header-table';
import type { SipRequest } from '../message/message';
import { RequestMessage } from '../message/request-message';

/** A request of the same content whose header fields can be changed by themselves; the body is shared. */
export function copyRequest(request: SipRequest): SipRequest {
  const { method, requestUri, headers, body } = request;
  if (!(headers instanceof HeaderTable)) {
    return createRequest({ method, requestUri, headers: [...headers.entries()], body });
  }
  const copy = new HeaderTable();
  copy.octets = headers.octets;
  for (let i = 0; i < headers.keys.length; i += 1) {
    copy.add(headers.keys[i] as number | string, headers.values[i] as string);
  }
  return new RequestMessage(method, requestUri, copy, body);
}
