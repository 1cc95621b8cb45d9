import { SeededRandom } from '../../../runtime/core/random';
import { MAX_RTCP_SIZE } from '../../../runtime/media/rtp/rtcp';
import { RtcpInterval } from '../../../runtime/media/rtp/rtcp-interval';
import { ReceiverStatistics } from '../../../runtime/media/rtp/receiver-statistics';
import { RtcpSession } from '../../../runtime/media/rtp/rtcp-session';
import { RtpPacket } from '../../../runtime/media/rtp/packet';
import { RtpSender } from '../../../runtime/media/rtp/sender';

const NOON = Date.UTC(2026, 0, 5, 12);
const PAYLOAD = new Uint8Array(160);

class Party {
  readonly sender: RtpSender;
  readonly receiver = new ReceiverStatistics();
  readonly rtcp: RtcpSession;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    this.sender = new RtpSender(random);
    const { sender, receiver } = this;
    this.rtcp = new RtcpSession({ random, sender, receiver, cname: `party-${seed}` });
  }

  /** Sends packets to the other, of which those that `lost` names do not arrive. */
  talk(other: Party, count: number, lost: (index: number) => boolean = () => false): void {
    const packet = new RtpPacket();
    for (let i = 0; i < count; i += 1) {
      const target = new Uint8Array(172);
      this.sender.writeAudio(target, 0, PAYLOAD, 0, 160);
      this.sender.advance(160);
      packet.parse(target);
      if (lost(i)) continue;
      other.receiver.update(packet.ssrc, packet.sequence, packet.timestamp, NOON + i * 20);
    }
  }

  report(now: number): Uint8Array {
    const target = new Uint8Array(MAX_RTCP_SIZE);
    return target.subarray(0, this.rtcp.writeReport(target, now));
  }
}

function pair(): [Party, Party] {
  return [new Party(1), new Party(2)];
}

describe('RtcpSession', () => {
  it('sends an SR while it has sent packets lately, and an RR otherwise', () => {
    const [us, peer] = pair();
    const type = (now: number): number | undefined => us.report(now)[1];
    expect(type(NOON)).toBe(201);
    us.talk(peer, 10);
    expect(type(NOON + 5000)).toBe(200);
    expect(type(NOON + 10_000)).toBe(200);
    expect(type(NOON + 15_000)).toBe(201);
  });

  it('measures the round trip by what the peer says of our report', () => {
    const [us, peer] = pair();
    us.talk(peer, 10);
    expect(us.rtcp.roundTrip).toBeUndefined();
    // 30 ms there, 2,345 ms until the peer reports, 50 ms back.
    expect(peer.rtcp.receive(us.report(NOON), NOON + 30)).toBe('ok');
    expect(us.rtcp.receive(peer.report(NOON + 2375), NOON + 2425)).toBe('ok');
    expect(us.rtcp.roundTrip).toBeCloseTo(80, 0);
  });

  it('takes a round trip of nothing for nothing, and a stale one for none', () => {
    const [us, peer] = pair();
    us.talk(peer, 1);
    peer.rtcp.receive(us.report(NOON), NOON);
    const answer = Uint8Array.from(peer.report(NOON + 1000));
    us.rtcp.receive(answer, NOON + 1000);
    expect(us.rtcp.roundTrip).toBeCloseTo(0, 0);
    us.rtcp.receive(answer, NOON + 200_000);
    expect(us.rtcp.roundTrip).toBeCloseTo(0, 0);
  });

  it('knows the part of our packets that the peer has lost', () => {
    const [us, peer] = pair();
    us.talk(peer, 200, (i) => i % 10 === 5);
    us.rtcp.receive(peer.report(NOON), NOON);
    expect(us.rtcp.remoteLoss).toBeCloseTo(0.1, 2);
    expect(us.rtcp.remoteJitter).toBeDefined();
  });

  it('does not care for a report on somebody else', () => {
    const [us, peer] = pair();
    const stranger = new Party(3);
    stranger.talk(peer, 10, (i) => i === 5);
    us.rtcp.receive(peer.report(NOON), NOON);
    expect(us.rtcp.remoteLoss).toBeUndefined();
  });

  it('says goodbye, and hears it', () => {
    const [us, peer] = pair();
    us.talk(peer, 2);
    const target = new Uint8Array(MAX_RTCP_SIZE);
    const size = us.rtcp.writeBye(target, NOON, 'session ended');
    expect(peer.rtcp.ended).toBe(false);
    expect(peer.rtcp.receive(target.subarray(0, size), NOON)).toBe('ok');
    expect(peer.rtcp.ended).toBe(true);
  });

  it('does not take the goodbye of another source for the peer’s', () => {
    const [us, peer] = pair();
    us.talk(peer, 2);
    const target = new Uint8Array(MAX_RTCP_SIZE);
    const size = new Party(3).rtcp.writeBye(target, NOON);
    peer.rtcp.receive(target.subarray(0, size), NOON);
    expect(peer.rtcp.ended).toBe(false);
  });

  it('answers rubbish with a verdict', () => {
    expect(new Party(1).rtcp.receive(Uint8Array.of(1, 2, 3), NOON)).toBe('rtcp-too-short');
  });
});

describe('RtcpInterval', () => {
  it('spreads reports round five seconds, the first one round half of that', () => {
    const delays: number[] = [];
    for (let seed = 0; seed < 500; seed += 1) {
      const interval = new RtcpInterval(new SeededRandom(seed));
      const first = interval.next();
      expect(first).toBeGreaterThanOrEqual(1250 / 1.21829);
      expect(first).toBeLessThan(3750 / 1.21828);
      delays.push(interval.next());
    }
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(2500 / 1.21829);
    expect(Math.max(...delays)).toBeLessThan(7500 / 1.21828);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(3800);
  });
});
