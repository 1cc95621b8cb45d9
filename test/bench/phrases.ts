/**
 * What a phrase costs in words: µs of CPU by kind and language, beside `Intl.NumberFormat` writing a number in digits,
 * in turns in the same run; and the milliseconds of CPU until the first phrase of a language, each in a process of its
 * own. `--quick` for a look.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { phraseText } from '../../runtime/prompt/phrases/phrase-text';
import type { Phrase } from '../../runtime/prompt/phrases/port';

const LANGUAGES = ['de', 'en', 'es', 'fr', 'it', 'nl', 'pl', 'pt'];
const ROUNDS = 5;

/** A phrase of each kind, another one each time. */
const kinds: Readonly<Record<string, (index: number) => Phrase>> = {
  number: (index) => ({ number: (index * 7_919) % 1_000_000 }),
  ordinal: (index) => ({ ordinal: 1 + (index % 1_000) }),
  digits: (index) => ({ digits: String(10_000 + (index % 90_000)) }),
  money: (index) => ({ money: (index % 100_000) / 100, currency: 'EUR' }),
  date: (index) => ({ date: 1_800_000_000_000 + index * 86_400_000, zone: 'Europe/Berlin' }),
  time: (index) => ({ time: `${10 + (index % 14)}:${10 + (index % 50)}` }),
  duration: (index) => ({ duration: (index % 1_000_000) * 1_000 }),
  phone: (index) => ({ phone: `+49 30 ${1_000_000 + (index % 9_000_000)}` }),
  list: (index) => ({ list: ['a', { number: index % 100 }, 'b'] }),
};

/** Kept so that no result can be optimised away. */
let sink = 0;

/** CPU µs for one call of `work`. */
function cost(times: number, work: (index: number) => string): number {
  const before = process.cpuUsage();
  for (let index = 0; index < times; index += 1) sink = (sink + work(index).length) | 0;
  const used = process.cpuUsage(before);
  return (used.user + used.system) / times;
}

function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** CPU milliseconds until the first phrase, in a process that said nothing before. */
function firstCost(language: string): number {
  const file = join(__dirname, '..', '..', 'runtime', 'prompt', 'phrases', 'phrase-text.ts');
  const program = `
    const { phraseText } = require(${JSON.stringify(file)});
    const before = process.cpuUsage();
    phraseText({ money: 12.5, currency: 'EUR' }, '${language}');
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);`;
  const { stdout } = spawnSync(process.execPath, ['-r', 'ts-node/register', '-e', program], {
    encoding: 'utf8',
  });
  return Number(stdout);
}

/** Measures all in turns and prints the medians. */
export function run(times = 20_000): void {
  const digits = new Intl.NumberFormat('en');
  const floor: number[] = [];
  const figures = new Map<string, number[]>();
  for (let round = -1; round < ROUNDS; round += 1) {
    const write = cost(times, (index) => digits.format(index * 7_919));
    if (round >= 0) floor.push(write);
    for (const [kind, phrase] of Object.entries(kinds)) {
      for (const language of LANGUAGES) {
        const figure = cost(times, (index) => phraseText(phrase(index), language));
        const key = `${kind} ${language}`;
        // The first round compiles the code and loads the words.
        if (round >= 0) figures.set(key, [...(figures.get(key) ?? []), figure]);
      }
    }
  }
  console.log(`a phrase in words, µs of CPU, median of ${ROUNDS} rounds of ${times}`);
  console.log(`  Intl.NumberFormat in digits ${median(floor).toFixed(2)}`);
  console.log(`  ${''.padEnd(10)}${LANGUAGES.map((name) => name.padStart(7)).join('')}`);
  for (const kind of Object.keys(kinds)) {
    const row = LANGUAGES.map((name) => median(figures.get(`${kind} ${name}`) ?? []).toFixed(1));
    console.log(`  ${kind.padEnd(10)}${row.map((figure) => figure.padStart(7)).join('')}`);
  }
  const first = LANGUAGES.map((name) => firstCost(name).toFixed(0));
  console.log('the first phrase of a process, with the words of its language loaded, ms of CPU');
  console.log(`  ${'money'.padEnd(10)}${first.map((figure) => figure.padStart(7)).join('')}`);
  if (sink === Number.MIN_SAFE_INTEGER) console.log(sink);
}

if (require.main === module) run(process.argv.includes('--quick') ? 2_000 : undefined);
