/** A process with nothing but bridged legs of our media engine in it. */
import type { MediaParameters, MediaSession } from '../../../runtime/media/port';
import { FORMATS } from '../../support/sound-network';
import { callsEngine, pcmu, type CallsEngine } from './calls-engine';
import { beMeasured } from './measured';
import { OPUS_TYPE, type StartBridging } from './media-protocol';

const legs: MediaSession[] = [];
let calls: CallsEngine | undefined;

function agreed(codec: StartBridging['second'], sink: StartBridging['sink']): MediaParameters {
  const parameters = pcmu(sink);
  switch (codec) {
    case 'PCMU':
      return parameters;
    case 'PCMA':
      // The sink sends PCMU to all: here it counts as what the leg has agreed on.
      return {
        ...parameters,
        codec: { name: 'PCMA', payloadType: 8, receivePayloadType: 0, clockRate: 8_000 },
      };
    case 'opus':
      return {
        ...parameters,
        codec: { ...FORMATS.opus, payloadType: OPUS_TYPE },
      };
  }
}

beMeasured<StartBridging>({
  async start({ calls: number, second: codec, worker, sink }) {
    calls = callsEngine(worker);
    for (let call = 0; call < number; call += 1) {
      const first = await calls.session(agreed('PCMU', sink));
      const second = await calls.session(agreed(codec, sink), first);
      calls.engine.bridge(first, second);
      legs.push(first, second);
    }
    return legs.map(({ local }) => local.port);
  },
  counted: () => 0,
  stop: async () => (await calls?.stop()) ?? 0,
});
