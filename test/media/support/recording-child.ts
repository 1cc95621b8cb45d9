/** Records a made sound in real time until it is killed, and writes a line for each frame that was said. */
import { RealClock } from '../../../runtime/core/clock';
import type { RecordingFormat } from '../../../runtime/media/port';
import { Recorder } from '../../../runtime/media/recorder';
import { diskFiles } from '../../../runtime/media/recording-files';

const [, , path = '', format = 'wav'] = process.argv;
const clock = new RealClock();
const recorder = new Recorder(
  {
    ...{ path, format: format as RecordingFormat },
    ...{ maxDuration: 600_000, endSilence: 0, finishOn: '#', beep: false },
  },
  { clock, files: diskFiles },
  { onStopping: () => undefined, onEnded: () => undefined },
);
const frame = Int16Array.from({ length: 160 }, (_, i) => 8_000 * Math.sin((2 * Math.PI * i) / 20));
recorder.start();
const start = clock.now();
let said = 0;
setInterval(() => {
  for (; start + said * 20 <= clock.now(); said += 1) {
    recorder.push('left', frame, start + said * 20);
    process.stdout.write('.\n');
  }
}, 20);
