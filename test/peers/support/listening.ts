import { readFileSync } from 'node:fs';
import { WaveFile } from 'wavefile';
import { g711DecodeTable } from '../../../runtime/media/codec/g711';
import { compareAudio, readWavFile } from '../../support/audio-compare';
import type { Baresip } from './baresip';

/**
 * What is left of speech after one pass through G.711, in dB. Where it passes twice (recorded, then
 * played) it loses nothing more: G.711 gives its own values back unchanged.
 */
export const leastSnr = 37;

/** What a phone has heard in the call that is now over. */
export async function heardBy(listener: Baresip): Promise<Int16Array> {
  await listener.waitFor('CALL_CLOSED', 30_000);
  const [file] = listener.files('dec');
  if (file === undefined) throw new Error('it kept nothing of what it heard');
  return readWavFile(file).samples;
}

/**
 * The median SNR of half seconds, each aligned with what was said by itself: live sound goes through a
 * jitter buffer, which leaves out or repeats a quiet frame when the machine is busy.
 */
export function snrOfHalfSeconds(heard: Int16Array, said: Int16Array, sampleRate = 8_000): number {
  const found: number[] = [];
  const half = sampleRate / 2;
  const { offset } = compareAudio(heard, said, sampleRate);
  for (let at = 0; at + half <= heard.length; at += half) {
    const part = said.subarray(Math.max(0, offset + at - half / 2), offset + at + 1.5 * half);
    found.push(compareAudio(heard.subarray(at, at + half), part, sampleRate).snr);
  }
  return found.sort((a, b) => a - b)[found.length >> 1] ?? 0;
}

/** Left and right of a stereo file of 16 bits. */
export function readStereo(path: string): { left: Int16Array; right: Int16Array } {
  const wav = new WaveFile();
  wav.fromBuffer(readFileSync(path));
  const both = wav.getSamples(true);
  const channel = (first: number) =>
    Int16Array.from({ length: both.length >> 1 }, (_, index) => both[2 * index + first] ?? 0);
  return { left: channel(0), right: channel(1) };
}

/** The PCMA of a capture of RTP over Ethernet and IPv4 (the format of libpcap), packet after packet. */
export function readCapture(path: string): Int16Array {
  const bytes = readFileSync(path);
  const linear = g711DecodeTable('PCMA');
  const samples: number[] = [];
  // 24 bytes of header; 16 more before each packet, the third word of which is its length here.
  for (let at = 24; at + 16 <= bytes.length;) {
    const end = at + 16 + bytes.readUInt32LE(at + 8);
    // Ethernet 14, IP 20, UDP 8, RTP 12.
    for (const byte of bytes.subarray(at + 16 + 54, end)) samples.push(linear[byte] ?? 0);
    at = end;
  }
  return Int16Array.from(samples);
}
