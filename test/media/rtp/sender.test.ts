import { SeededRandom, type Random } from '../../../runtime/core/random';
import { RtpPacket } from '../../../runtime/media/rtp/packet';
import { RtpSender } from '../../../runtime/media/rtp/sender';

const PAYLOAD = new Uint8Array(160).fill(7);

function fixed(...numbers: number[]): Random {
  let next = 0;
  return { uint32: () => numbers[next++] ?? 0 };
}

function send(sender: RtpSender): RtpPacket {
  const target = new Uint8Array(172);
  expect(sender.writeAudio(target, 0, PAYLOAD, 0, 160)).toBe(172);
  const packet = new RtpPacket();
  expect(packet.parse(target)).toBe('ok');
  return packet;
}

describe('RtpSender', () => {
  it('begins at an unpredictable identifier, sequence number and timestamp', () => {
    const sender = new RtpSender(fixed(0xaaaa_aaaa, 0x1234_5678, 0xbbbb_bbbb));
    expect(sender.ssrc).toBe(0xaaaa_aaaa);
    expect(sender.nextSequence).toBe(0x5678);
    expect(sender.timestamp).toBe(0xbbbb_bbbb);
  });

  it('begins in the first half of the sequence numbers (RFC 4568 §6.4)', () => {
    expect(new RtpSender(fixed(1, 0xffff_ffff, 1)).firstSequence).toBe(0x7fff);
    expect(new RtpSender(fixed(1, 0x8000, 1)).firstSequence).toBe(0);
  });

  it('numbers packets by one and timestamps by samples, and both wrap', () => {
    const sender = new RtpSender(fixed(1, 0x7fff, 0xffff_ffa0));
    for (let number = 0x7fff; number < 0xffff; number += 1) send(sender);
    const first = send(sender);
    sender.advance(160);
    const second = send(sender);
    expect([first.sequence, second.sequence]).toEqual([0xffff, 0]);
    expect([first.timestamp, second.timestamp]).toEqual([0xffff_ffa0, 0x40]);
    expect(second.ssrc).toBe(1);
    expect(second.payloadLength).toBe(160);
  });

  it('marks the first packet of each talkspurt and lets the timestamp run through silence', () => {
    const sender = new RtpSender(new SeededRandom(1));
    const sent: RtpPacket[] = [];
    for (const speaks of [true, true, false, false, true, true]) {
      if (speaks) sent.push(send(sender));
      sender.advance(160);
    }
    expect(sent.map((packet) => packet.marker)).toEqual([true, false, true, false]);
    const start = sent[0]?.timestamp ?? 0;
    expect(sent.map((packet) => (packet.timestamp - start) >>> 0)).toEqual([0, 160, 640, 800]);
    expect(sent.map((packet) => (packet.sequence - (sent[0]?.sequence ?? 0)) & 0xffff)).toEqual([
      0, 1, 2, 3,
    ]);
  });

  it('copies from the middle of a prompt', () => {
    const sender = new RtpSender(new SeededRandom(1));
    const prompt = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff);
    const target = new Uint8Array(172);
    sender.writeAudio(target, 8, prompt, 320, 160);
    expect(target.subarray(12)).toEqual(prompt.subarray(320, 480));
  });

  it('counts packets and payload bytes for sender reports', () => {
    const sender = new RtpSender(new SeededRandom(1));
    for (let i = 0; i < 5; i += 1) send(sender);
    sender.writeHeader(new Uint8Array(16), 101, true, 0, 4);
    expect(sender.packets).toBe(6);
    expect(sender.octets).toBe(5 * 160 + 4);
  });

  it('says what the timestamp would be between two ticks', () => {
    const sender = new RtpSender(fixed(1, 2, 1000));
    expect(sender.timestampAt(5000, 8)).toBe(1000);
    sender.advance(160, 5000);
    expect(sender.timestampAt(5010, 8)).toBe(1240);
  });
});
