import { SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import type { MediaParameters, MediaSockets } from '../../runtime/media/port';
import { RtcpLink } from '../../runtime/media/rtcp-link';
import { isRtcp } from '../../runtime/media/rtp/packet';
import { ReceiverStatistics } from '../../runtime/media/rtp/receiver-statistics';
import { MAX_RTCP_SIZE, ReportBlock, writeCname, writeReport } from '../../runtime/media/rtp/rtcp';
import { RtpSender } from '../../runtime/media/rtp/sender';
import { SourceLatch } from '../../runtime/media/source-latch';

const PEER = { host: '10.0.0.1', port: 4_000 };

type Sent = { readonly way: 'rtp' | 'rtcp'; readonly port: number; readonly bytes: Uint8Array };

function linkOf(parameters: Partial<MediaParameters>): {
  link: RtcpLink;
  sent: Sent[];
  clock: VirtualClock;
  sender: RtpSender;
} {
  const clock = new VirtualClock();
  const random = new SeededRandom(6);
  const latch = new SourceLatch(true);
  latch.expect(PEER);
  const sent: Sent[] = [];
  const sockets: MediaSockets = {
    local: { host: '10.0.0.2', port: 5_000 },
    receiver: undefined,
    sendRtp: (bytes, _host, port) => sent.push({ way: 'rtp', port, bytes: bytes.slice() }),
    sendRtcp: (bytes, _host, port) => sent.push({ way: 'rtcp', port, bytes: bytes.slice() }),
    release: () => undefined,
  };
  const sender = new RtpSender(random);
  const receiver = new ReceiverStatistics();
  const link = new RtcpLink({ clock, random, sockets, latch, sender, receiver, cname: 'us' });
  link.configure({
    remote: { rtp: PEER },
    codec: { name: 'PCMU', clockRate: 8_000, payloadType: 0 },
    direction: 'sendrecv',
    ptime: 20,
    ...parameters,
  });
  return { link, sent, clock, sender };
}

/** A report of the peer on what we sent. */
function reportOn(sender: RtpSender, lost: number, jitter: number): Uint8Array {
  const block = Object.assign(new ReportBlock(), {
    ssrc: sender.ssrc,
    cumulativeLost: lost,
    extendedHighestSequence: sender.firstSequence + 99,
    jitter,
  });
  const target = new Uint8Array(MAX_RTCP_SIZE);
  const end = writeReport(target, 0, 9, undefined, block);
  return target.slice(0, writeCname(target, end, 9, new TextEncoder().encode('them')));
}

describe('RTCP', () => {
  it('goes to the port above that of RTP, from a port of its own', () => {
    const { link, sent, clock } = linkOf({});
    link.poll(clock.now() + 10_000);
    expect(sent.map(({ way, port }) => [way, port])).toEqual([['rtcp', 4_001]]);
  });

  it('goes from and to the port of RTP where that was agreed, and can be told from it', () => {
    const { link, sent, clock, sender } = linkOf({ rtcpMux: true });
    link.poll(clock.now() + 10_000);
    sender.packets = 1;
    link.close();
    expect(sent.map(({ way, port }) => [way, port])).toEqual([
      ['rtp', 4_000],
      ['rtp', 4_000],
    ]);
    for (const { bytes } of sent) expect(isRtcp(bytes)).toBe(true);
  });

  it('tells how we are heard: MOS by what the peer reports', () => {
    const { link, sender } = linkOf({});
    expect(link.remoteMos('PCMU')).toBeUndefined();
    expect(link.receive(reportOn(sender, 0, 16), PEER.host, 4_001)).toBe('ok');
    expect(link.remoteMos('PCMU')).toBeCloseTo(4.41, 2);
    link.receive(reportOn(sender, 5, 16), PEER.host, 4_001);
    // Five percent of G.711 with concealment.
    expect(link.remoteMos('PCMU')).toBeCloseTo(3.93, 1);
    link.receive(reportOn(sender, 60, 16), PEER.host, 4_001);
    expect(link.remoteMos('PCMU')).toBeLessThan(1.8);
    expect(link.remoteMos(undefined)).toBeUndefined();
  });

  it('counts the jitter that the peer reports by the clock of what we send', () => {
    const codec = { name: 'opus', clockRate: 48_000, payloadType: 111 } as const;
    const { link, sender } = linkOf({ codec });
    // 80 ms by a clock of 48 kHz, which would be half a second by one of 8.
    link.receive(reportOn(sender, 0, 3_840), PEER.host, 4_001);
    expect(link.remoteMos('opus')).toBeGreaterThan(4);
  });
});
