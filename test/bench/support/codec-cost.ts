import { codecKind } from '../../../runtime/media/codec/registry';
import { FORMATS, streamOf } from '../../support/sound-network';
import { voice } from '../../support/voice';

type Spoken = 'PCMU' | 'opus';

const ROUNDS = 250;
const WARM_UP = 50;

/**
 * Microseconds of CPU for each packet of bridges from `one` to `other` that are the codecs' alone: as many encoders and
 * decoders as so many bridges have, in turn, because a state that was not used for a while is not in the cache.
 */
export function codecCost(one: Spoken, other: Spoken, bridges: number): number {
  return (wayCost(one, other, bridges) + wayCost(other, one, bridges)) / 2;
}

function wayCost(from: Spoken, to: Spoken, bridges: number): number {
  const [source, target] = [codecKind(from), codecKind(to)];
  const [heard, said] = [FORMATS[from], FORMATS[to]];
  // As bridges do: at the rate of the narrower one.
  const sampleRate = Math.min(source.sampleRate(heard), target.sampleRate(said));
  const { packets } = streamOf(heard, voice(source.sampleRate(heard), 10_000, 9));
  const ways = Array.from({ length: bridges }, (_, index) => ({
    decoder: source.decoder(heard, sampleRate),
    encoder: target.encoder({ ...said }, sampleRate),
    offset: 37 * index,
  }));
  const frame = new Int16Array(sampleRate / 50);
  const out = new Uint8Array(1_500);
  const round = (number: number): void => {
    for (const { decoder, encoder, offset } of ways) {
      const packet = packets[(number + offset) % packets.length]?.bytes;
      if (packet === undefined) throw new Error('no packet was made');
      decoder.decode(packet, 12, packet.length - 12, frame, 0);
      encoder.encode(frame, 0, frame.length, out, 0);
    }
  };
  for (let number = 0; number < WARM_UP; number += 1) round(number);
  const before = process.cpuUsage();
  for (let number = 0; number < ROUNDS; number += 1) round(WARM_UP + number);
  const { user, system } = process.cpuUsage(before);
  for (const { decoder, encoder } of ways) {
    decoder.close();
    encoder.close();
  }
  return (user + system) / (ROUNDS * bridges);
}
