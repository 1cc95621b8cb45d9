'use strict';

/*
 * Speaks the texts of prompts/en.yaml with the built-in voice into prompts/en:
 *
 *   node scripts/make-prompts.js            all of them
 *   node scripts/make-prompts.js menu …     only these
 *
 * The same text gives the same file. A recording of your own under one of the names is overwritten.
 */
require('ts-node/register');
const { mkdirSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { RealClock } = require('../runtime/core/clock');
const { readManifest } = require('../runtime/prompt/manifest');
const { resample } = require('../runtime/prompt/resample');
const { FliteVoice } = require('../runtime/prompt/tts/flite');
const { writeWav } = require('../runtime/prompt/wav');

const folder = join(__dirname, '..', 'prompts');
const sampleRate = 8000;
/** Root mean square and highest peak, as fractions of full scale: -20 dBFS, and a little below -3 dBFS. */
const targetLevel = 0.1;
const highestPeak = 0.68;

/** Without the silence before and after, but for a few milliseconds that are faded in and out. */
function trimmed(samples, before, after) {
  const loudest = samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  const audible = (sample) => Math.abs(sample) > loudest * 0.02;
  const ms = sampleRate / 1000;
  const first = Math.max(0, samples.findIndex(audible) - before * ms);
  const last = Math.min(samples.length, samples.findLastIndex(audible) + after * ms);
  const part = Float64Array.from(samples.subarray(first, last));
  const fade = 5 * ms;
  for (let i = 0; i < Math.min(fade, part.length); i += 1) {
    part[i] *= i / fade;
    part[part.length - 1 - i] *= i / fade;
  }
  return part;
}

function levelled(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  const gain = Math.min((targetLevel * 32768) / Math.sqrt(power), (highestPeak * 32768) / peak);
  return Int16Array.from(samples, (sample) => Math.round(sample * gain));
}

async function main() {
  const wanted = process.argv.slice(2);
  const { texts, problems } = readManifest(join(folder, 'en.yaml'));
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const voice = new FliteVoice({ clock: new RealClock(), voice: 'slt' });
  let bytes = 0;
  try {
    for (const [name, { text }] of texts) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      const spoken = [];
      for await (const part of voice.speak({ text })) {
        spoken.push(...resample(part.samples, part.sampleRate, sampleRate));
      }
      const samples = Int16Array.from(spoken);
      const after = name.startsWith('digits/') ? 30 : 60;
      const file = writeWav({ sampleRate, samples: levelled(trimmed(samples, 20, after)) });
      const path = join(folder, 'en', `${name}.wav`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, file);
      bytes += file.length;
      console.log(`${name}.wav  ${((file.length - 44) / 16000).toFixed(1)} s`);
    }
  } finally {
    await voice.close();
  }
  console.log(`${(bytes / 1e6).toFixed(2)} MB`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
