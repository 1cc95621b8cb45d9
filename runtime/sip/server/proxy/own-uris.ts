import { isIP } from 'node:net';
import type { SipRequest } from '../../message/message';
import { formatUri, sipUri, type Uri } from '../../message/uri';
import type { Channel, Target, TransportLayer } from '../../transport/port';
import { dialogParam } from './route-preprocessing';
import type { FlowToken, Seal } from './seal';

/** One side of a request that we forward: the way it came, or the way it goes. */
export interface Side {
  readonly channel: Channel;
  /** What has to be sent along it when requests come back for that side. */
  readonly flow: FlowToken | undefined;
}

/** The URIs by which others reach us again: Record-Route and Path. */
export class OwnUris {
  constructor(
    private readonly transport: () => TransportLayer,
    private readonly seal: Seal,
  ) {}

  /**
   * Values of Record-Route, the topmost first: one, or the two of RFC 5658 §5 where both sides cannot reach us
   * by the same address and transport, or where a side is reached by its flow alone.
   */
  recordRoutes(callId: string, secure: boolean, from: Side, to: Side): readonly string[] {
    const inner = this.address(from);
    const outer = this.address(to);
    const dialog = this.seal.dialog(callId);
    const single =
      from.flow === undefined &&
      to.flow === undefined &&
      inner.host === outer.host &&
      inner.port === outer.port &&
      inner.protocol === outer.protocol;
    const near = this.uri(inner, from.flow, secure, dialog);
    return single ? [near] : [this.uri(outer, to.flow, secure, dialog), near];
  }

  /** RFC 3327 §5.2, RFC 5626 §5.1: how requests for a phone come back to us, with the flow to it. */
  path(from: Side): string {
    const { channel } = from;
    const flow = channel.flow === undefined ? undefined : { flow: channel.flow, only: true };
    return this.uri(this.address(from), from.flow ?? flow, false, undefined, flow !== undefined);
  }

  private address({ channel }: Side): Target {
    return this.transport().contactAddress(channel);
  }

  private uri(
    { host, port, protocol }: Target,
    flow: FlowToken | undefined,
    secure: boolean,
    dialog: string | undefined,
    outbound = false,
  ): string {
    // RFC 3261 §16.6 step 4: a sips URI where the request is for one, as long as that side speaks TLS at all.
    const sips = secure && (protocol === 'TLS' || protocol === 'WSS');
    const params = new Map<string, string>();
    if (protocol === 'WS' || protocol === 'WSS')
      params.set('transport', sips ? 'ws' : protocol.toLowerCase());
    else if (protocol !== 'UDP' && !sips) params.set('transport', protocol.toLowerCase());
    params.set('lr', '');
    if (outbound) params.set('ob', '');
    if (dialog !== undefined) params.set(dialogParam, dialog);
    const user = flow === undefined ? undefined : this.seal.flow(flow);
    return `<${formatUri(sipUri({ user, host, port, params, secure: sips }))}>`;
  }
}

/**
 * Whether requests for the one who can be found at `uri` must go along a flow: RFC 5626 §5.3, RFC 7118 §5.
 * `flow` is the one by which it can be reached now.
 */
export function flowFor(
  uri: Uri | undefined,
  channel: Channel,
  flow: string | undefined,
): FlowToken | undefined {
  if (flow === undefined) return undefined;
  const { protocol, remote } = channel;
  // A browser takes no connections.
  if (protocol === 'WS' || protocol === 'WSS') return { flow, only: true };
  if (uri === undefined || uri.scheme === 'tel') return { flow, only: true };
  const host = uri.params.get('maddr') ?? uri.host;
  if (isIP(host) === 0) {
    // RFC 2606 §2: a name that never exists.
    if (host === 'invalid' || host.endsWith('.invalid')) return { flow, only: true };
  } else if (host !== remote.host) {
    // There is a NAT between us and the address that it gives.
    return { flow, only: true };
  }
  // Phones have no certificate that they could take a TLS connection with; RFC 5626 §5.3.2: `ob` asks for it.
  if (protocol === 'TLS' || uri.params.has('ob')) return { flow, only: false };
  return undefined;
}

/** The flow back to the sender, if it is a phone (no proxy is between) that needs one. */
export function flowToSender(request: SipRequest, channel: Channel): FlowToken | undefined {
  if (channel.flow === undefined || request.via.length !== 1) return undefined;
  return flowFor(request.contacts[0]?.uri, channel, channel.flow);
}
