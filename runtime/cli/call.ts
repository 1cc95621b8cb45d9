import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '../core/errors';
import { CODEC_NAMES, type PlayItem } from '../core/audio';
import { resample } from '../prompt/resample';
import { readWav } from '../prompt/wav';
import type { DigitForm } from '../media/port';
import { availableCodecs } from '../media/codec/registry';
import type { CodecName, SrtpKeys } from '../sdp/port';
import { LevelMeter } from './phone/meter';
import { checkCaller, readTarget } from './phone/address';
import { Phone, type PhoneResult } from './phone/phone';
import { parsePressScript, type PressStep } from './phone/press-script';
import { createScreen, formatDuration, type Screen } from './phone/screen';
import { packageVersion } from './version';

export interface CallOptions {
  readonly press: readonly string[];
  readonly play?: string;
  readonly record?: string;
  readonly from: string;
  readonly codec?: string;
  readonly srtp?: string | boolean;
  readonly dtmf?: string;
  readonly duration?: string;
  readonly ring: string;
  readonly json?: boolean;
}

/** A recording of the test phone ends with the call. */
const longestRecording = 86_400_000;

/** `callchart call`: the test phone. Resolves with the exit status. */
export async function call(uri: string, options: CallOptions): Promise<number> {
  const screen = createScreen(process.stderr);
  let plan: Plan;
  try {
    plan = readPlan(uri, options);
  } catch (error) {
    screen.line(`callchart: ${describeError(error)}`, 'bad');
    return 2;
  }
  const phone = await dial(uri, options, plan, screen);
  const { meter, state } = plan;
  const timer = setInterval(() => {
    const time = phone.talking === undefined ? '' : ` ${formatDuration(phone.talking)}`;
    screen.status(`${state.text}${time}  |${meter.step()}|  ${state.keys}`);
  }, 100);
  const releaseKeys = readKeys(phone, state);
  const result = await phone.done;
  clearInterval(timer);
  releaseKeys();
  screen.close();
  await phone.close();
  const saved = await plan.saved;
  report(result, saved, options, screen);
  return result.answered && endedNormally(result) ? 0 : 1;
}

/** What the command line asks for, checked before anything is sent. */
interface Plan {
  readonly script: readonly PressStep[];
  readonly speech: readonly PlayItem[] | undefined;
  readonly codecs: readonly CodecName[];
  readonly srtp: SrtpKeys | undefined;
  readonly dtmf: DigitForm | undefined;
  readonly duration: number | undefined;
  readonly ring: number;
  readonly meter: LevelMeter;
  readonly state: { text: string; keys: string };
  saved: Promise<string | undefined>;
}

function readPlan(uri: string, options: CallOptions): Plan {
  readTarget(uri);
  checkCaller(options.from);
  return {
    script: parsePressScript(options.press),
    speech: options.play === undefined ? undefined : readSpeech(options.play),
    codecs: options.codec === undefined ? ['PCMU', 'PCMA'] : [readCodec(options.codec)],
    srtp: readSrtp(options.srtp),
    dtmf: readForm(options.dtmf),
    duration:
      options.duration === undefined ? undefined : milliseconds('duration', options.duration),
    ring: milliseconds('ring', options.ring),
    meter: new LevelMeter(20),
    state: { text: 'calling', keys: '' },
    saved: Promise.resolve(undefined),
  };
}

function readCodec(text: string): CodecName {
  const name = CODEC_NAMES.find((each) => each.toLowerCase() === text.toLowerCase());
  if (name === undefined) throw new Error(`--codec ${text}: must be ${CODEC_NAMES.join(', ')}`);
  if (availableCodecs().includes(name)) return name;
  throw new Error(`--codec ${text}: the ${name} library cannot be loaded on this machine`);
}

function readSrtp(keys: string | boolean | undefined): SrtpKeys | undefined {
  if (keys === undefined || keys === false) return undefined;
  if (keys === true) return 'sdes';
  if (keys === 'sdes' || keys === 'dtls') return keys;
  throw new Error(`--srtp ${keys}: must be sdes or dtls`);
}

function readForm(form: string | undefined): DigitForm | undefined {
  if (form === undefined || form === 'auto' || form === 'event' || form === 'inband') return form;
  throw new Error(`--dtmf ${form}: must be event, inband or auto`);
}

/** Samples a second at which nothing of a codec's sound is lost. */
function recordedRate(codec: CodecName | undefined): 8_000 | 16_000 | 48_000 {
  if (codec === 'opus') return 48_000;
  return codec === 'G722' || codec === 'L16' ? 16_000 : 8_000;
}

function milliseconds(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw new Error(`--${option} ${text}: must be a number of milliseconds, such as 20000`);
}

function readSpeech(file: string): PlayItem[] {
  try {
    const { sampleRate, samples } = readWav(readFileSync(file));
    // What a wideband codec can say is not thrown away.
    const rate = sampleRate <= 8_000 ? 8_000 : sampleRate <= 16_000 ? 16_000 : 48_000;
    const clip = { id: file, sampleRate: rate, samples: resample(samples, sampleRate, rate) };
    return [{ type: 'clip', clip }];
  } catch (error) {
    throw new Error(`--play ${file}: ${describeError(error)}`, { cause: error });
  }
}

async function dial(uri: string, options: CallOptions, plan: Plan, screen: Screen): Promise<Phone> {
  const { state, meter } = plan;
  const phone: Phone = await Phone.dial({
    to: uri,
    from: options.from,
    ...{ codecs: plan.codecs, srtp: plan.srtp, dtmf: plan.dtmf },
    ringTimeout: plan.ring,
    version: packageVersion(),
    onRinging: (status) => {
      state.text = status === 183 ? 'early media' : 'ringing';
      screen.line(`${state.text} (${status})`, 'quiet');
    },
    onAnswered: () => {
      state.text = 'answered';
      screen.line(`answered (${phone.codec ?? 'no codec'})`, 'good');
      answered(phone, options, plan, screen);
    },
    onKey: (digit) => screen.line(`heard the key ${digit}`, 'quiet'),
    onHold: (held) => {
      state.text = held ? 'on hold' : 'answered';
      screen.line(held ? 'put on hold' : 'taken back from hold', 'quiet');
    },
    onTransferAsked: (to) => screen.line(`asked to call ${to} (a test phone stays)`, 'quiet'),
    onFrame: (frame) => meter.add(frame),
  });
  screen.line(`calling ${uri}`, 'quiet');
  return phone;
}

function answered(phone: Phone, options: CallOptions, plan: Plan, screen: Screen): void {
  if (options.record !== undefined) {
    const recording = phone.media.record({
      path: resolve(options.record),
      sampleRate: recordedRate(phone.codec),
      maxDuration: longestRecording,
      endSilence: 0,
      finishOn: '',
      beep: false,
    });
    plan.saved = recording.done.then(({ path, duration, error }) => {
      if (error !== undefined) screen.line(`recording: ${error.message}`, 'bad');
      return path === undefined ? undefined : `${path} (${formatDuration(duration)})`;
    });
  }
  if (plan.speech !== undefined) phone.speak(plan.speech);
  const left = new AbortController();
  void phone.done.then(() => left.abort());
  const { duration } = plan;
  if (duration !== undefined) {
    delay(duration, undefined, { signal: left.signal }).then(
      () => phone.hangUp(),
      () => undefined,
    );
  }
  press(phone, plan, screen, left.signal).catch((error: unknown) => {
    if (!left.signal.aborted) screen.line(`keys: ${describeError(error)}`, 'bad');
  });
}

async function press(phone: Phone, plan: Plan, screen: Screen, signal: AbortSignal): Promise<void> {
  for (const step of plan.script) {
    if (step.type === 'wait') {
      await delay(step.duration, undefined, { signal });
    } else {
      screen.line(`pressed ${step.digits}`, 'quiet');
      plan.state.keys += step.digits;
      await phone.press(step.digits);
    }
  }
}

/** Keys of a terminal become keys of the phone; q and Ctrl-C hang up. */
function readKeys(phone: Phone, state: { keys: string }): () => void {
  const { stdin } = process;
  const hangUp = (): void => phone.hangUp();
  process.on('SIGINT', hangUp);
  process.on('SIGTERM', hangUp);
  const onData = (data: Buffer): void => {
    for (const key of data.toString().toUpperCase()) {
      if (key === 'Q' || key === '\x03') hangUp();
      else if (/[0-9*#ABCD]/.test(key)) {
        state.keys += key;
        phone.press(key).catch(() => undefined);
      }
    }
  };
  if (stdin.isTTY) {
    stdin.setRawMode(true);
    stdin.on('data', onData);
  }
  return () => {
    process.off('SIGINT', hangUp);
    process.off('SIGTERM', hangUp);
    if (!stdin.isTTY) return;
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

function endedNormally({ end }: PhoneResult): boolean {
  return end.cause === 'bye';
}

function report(
  result: PhoneResult,
  saved: string | undefined,
  options: CallOptions,
  screen: Screen,
): void {
  const { callId, answered, end, talked, media } = result;
  if (options.json === true) {
    // Not the response: the exact words of the other end are in a trace.
    const { by, cause, status, reason } = end;
    const outcome = {
      ...{ callId, answered, end: { by, cause, status, reason }, talked: Math.round(talked) },
      ...{ media, recording: saved },
    };
    process.stdout.write(`${JSON.stringify(outcome)}\n`);
    return;
  }
  const who = end.by === 'remote' ? 'the other end' : 'this phone';
  const how = `${end.cause} ${end.status} ${end.reason}`.trim();
  const text = answered
    ? `ended by ${who} after ${formatDuration(talked)} (${how})`
    : `not answered (${how})`;
  screen.line(text, answered && endedNormally(result) ? 'good' : 'bad');
  const { packetsReceived, packetsLost, packetsSent, jitter, mos, security, codec } = media;
  screen.line(
    `heard ${packetsReceived} packets (${packetsLost} lost, jitter ${jitter.toFixed(1)} ms), sent ${packetsSent}`,
    'quiet',
  );
  const quality = mos === undefined ? '' : `, MOS ${mos.toFixed(1)}`;
  const protection = security === 'none' ? 'not encrypted' : `encrypted: ${security}`;
  screen.line(`${codec ?? 'nothing agreed'}, ${protection}${quality}`, 'quiet');
  if (saved !== undefined) screen.line(`saved ${saved}`, 'quiet');
}
