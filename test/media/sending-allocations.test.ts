import type { PlayItem } from '../../runtime/core/audio';
import { codecKind } from '../../runtime/media/codec/registry';
import { EncodedClips } from '../../runtime/media/encoded-clips';
import { PacketCoder } from '../../runtime/media/packet-coder';
import { Player } from '../../runtime/media/player';
import type { CodecName } from '../../runtime/media/port';
import { allocations, type Node } from '../bench/support/allocations';
import { CODECS, noiseClip } from '../support/media-pair';

const PACKETS = 20_000;
const WARM_UP = 100_000;

/** Bytes that our own code allocated. */
function ours(node: Node): number {
  const own = node.callFrame.url.includes('/runtime/media/') ? node.selfSize : 0;
  return node.children.reduce((sum, child) => sum + ours(child), own);
}

describe('the next packet of a playing prompt', () => {
  it.each<CodecName>(['PCMU', 'PCMA', 'G722', 'opus', 'L16'])(
    'is found without allocating anything in %s',
    async (codec) => {
      const store = new EncodedClips();
      const item: PlayItem = { type: 'clip', clip: noiseClip(4_000) };
      const coder = new PacketCoder(CODECS[codec], 20);
      const player = new Player([item], { loop: Infinity }, store);
      const kind = codecKind(codec);
      const run = (packets: number): Promise<void> => {
        for (let i = 0; i < packets; i += 1) player.next(coder);
        return Promise.resolve();
      };
      // Until the compiler has made the best of the code for this codec, numbers are boxed: it works beside us.
      await run(WARM_UP);
      const rounds: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        rounds.push(ours(await allocations(() => run(PACKETS))) / PACKETS);
      }
      // The sampler sees one allocation in 4 KB: a byte or two a packet are its noise, and the lists of those that Opus
      // encodes where a round begins anew.
      expect(Math.min(...rounds)).toBeLessThan(4);
      // Not even an encoder is needed where each sample stands for itself.
      if (kind.stateless) expect(coder.encoded).toBe(0);
      coder.close();
      store.close();
    },
  );
});
