import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports';

/** Where Debian's package has its modules. */
const modulePath = '/usr/lib/baresip/modules';

/** Codecs, its ends of the sound, and the keeper of what it hears and says. */
const modules = ['g711', 'g722', 'opus', 'aufile', 'aubridge', 'sndfile'];

/** An event of baresip's control channel. */
export interface BaresipEvent {
  readonly event: true;
  readonly type: string;
  readonly param?: string;
  readonly [key: string]: unknown;
}

export interface BaresipOptions {
  readonly user: string;
  /** A mono WAV file of `rate` that it speaks in calls. */
  readonly speaks: string;
  /** Samples a second of what it speaks and plays: 8 000. */
  readonly rate?: 8_000 | 16_000 | 48_000;
  /** As baresip names them: `PCMU/8000/1`, `G722/16000/1`, `opus/48000/2`. */
  readonly codecs?: string;
  /** How it encrypts its calls: keys in SDP, the same or nothing, or by DTLS. */
  readonly encryption?: 'srtp' | 'srtp-mand' | 'dtls_srtp';
  /** `manual` rings until told to accept. */
  readonly answer?: 'auto' | 'manual';
  /** Where it listens for SIP, UDP and TCP; a free port when absent. TLS is on the next one. */
  readonly port?: number;
  /** Registers there, as `user` with this password, and sends its calls there. */
  readonly registrar?: {
    readonly port: number;
    readonly password: string;
    readonly transport?: 'udp' | 'tcp' | 'tls';
    /** The domain of its address; `127.0.0.1` with the port when absent. */
    readonly domain?: string;
  };
  /** A PEM file of the authorities that it trusts, for TLS. */
  readonly ca?: string;
  /** Its output has every SIP message. */
  readonly trace?: boolean;
  /** Seconds to stay: a safety net. */
  readonly limit?: number;
}

/** A baresip without screen or sound card: speaks a file, keeps what it hears as WAV. */
export class Baresip {
  readonly events: BaresipEvent[] = [];
  private buffer = Buffer.alloc(0);
  private token = 0;
  private readonly waiting = new Map<string, (ok: boolean, data: string) => void>();
  private stopped = false;
  output = '';

  private constructor(
    readonly port: number,
    readonly directory: string,
    private readonly child: ChildProcess,
    private readonly control: Socket,
  ) {
    control.on('data', (chunk: Buffer) => this.read(chunk));
    control.on('error', () => undefined);
    control.once('close', () => {
      for (const answer of this.waiting.values()) answer(false, 'it has ended');
      this.waiting.clear();
    });
  }

  static async start(options: BaresipOptions): Promise<Baresip> {
    const directory = mkdtempSync(join(tmpdir(), 'callchart-baresip-'));
    const port = options.port ?? (await freePort());
    const controlPort = await freePort();
    mkdirSync(join(directory, 'heard'));
    writeFileSync(
      join(directory, 'config'),
      [
        `module_path ${modulePath}`,
        `sip_listen 127.0.0.1:${port}`,
        'net_interface 127.0.0.1',
        `audio_source aufile,${options.speaks}`,
        'audio_player aubridge,nil',
        `ausrc_srate ${options.rate ?? 8_000}`,
        `auplay_srate ${options.rate ?? 8_000}`,
        'ausrc_channels 1',
        'auplay_channels 1',
        'rtp_timeout 60',
        ...modules.map((name) => `module ${name}.so`),
        ...(options.encryption === undefined ? [] : ['module srtp.so', 'module dtls_srtp.so']),
        `snd_path ${join(directory, 'heard')}`,
        'module_tmp account.so',
        'module_app menu.so',
        'module_app ctrl_tcp.so',
        `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
        ...(options.ca === undefined ? [] : [`sip_cafile ${options.ca}`]),
        '',
      ].join('\n'),
    );
    writeFileSync(
      join(directory, 'accounts'),
      `${account(options, port)};answermode=${options.answer ?? 'auto'};audio_codecs=${options.codecs ?? 'PCMU/8000/1'}${encryption(options)}\n`,
    );
    const more = options.trace === true ? ['-s'] : [];
    const child = spawn('baresip', ['-f', directory, '-t', String(options.limit ?? 120), ...more], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.once('error', () => undefined);
    const control = await open(controlPort, child).catch((error: unknown) => {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
      throw error;
    });
    const phone = new Baresip(port, directory, child, control);
    const take = (chunk: Buffer): void => {
      phone.output += chunk.toString();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    return phone;
  }

  get uri(): string {
    return `sip:phone@127.0.0.1:${this.port}`;
  }

  /** Sends a command of baresip's menu and resolves with what it answers. */
  command(command: string, params = ''): Promise<string> {
    this.token += 1;
    const token = String(this.token);
    const text = JSON.stringify({ command, params, token });
    return new Promise((resolve, reject) => {
      this.waiting.set(token, (ok, data) => {
        if (ok) resolve(data);
        else reject(new Error(`baresip refused ${command} ${params}: ${data}`));
      });
      this.control.write(`${Buffer.byteLength(text)}:${text},`);
    });
  }

  dial(uri: string): Promise<string> {
    return this.command('dial', uri);
  }

  /** Presses keys, with a pause after each that a person would make. */
  async press(keys: string, pause = 200): Promise<void> {
    for (const key of keys) {
      await this.command('sndcode', key);
      await delay(pause);
    }
  }

  async waitFor(type: string, timeout = 20_000): Promise<BaresipEvent> {
    const until = Date.now() + timeout;
    for (;;) {
      const found = this.events.find((event) => event.type === type);
      if (found) return found;
      if (Date.now() > until) {
        const seen = this.events.map((event) => event.type).join(', ');
        throw new Error(`baresip saw no ${type}, only: ${seen}\n${this.output.slice(-3_000)}`);
      }
      await delay(20);
    }
  }

  /** The WAV files of what it heard (`dec`) or spoke (`enc`); whole once the call is over. */
  files(kind: 'dec' | 'enc'): string[] {
    const folder = join(this.directory, 'heard');
    return readdirSync(folder)
      .filter((file) => file.endsWith(`-${kind}.wav`))
      .sort()
      .map((file) => join(folder, file));
  }

  /** Ends it, whatever it is doing. May be called again. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    if (this.child.exitCode === null && this.child.signalCode === null) await this.end();
    this.control.destroy();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Ends it as a crash would: it says goodbye to nobody. */
  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await gone;
  }

  private async end(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 3_000);
    await gone;
    clearTimeout(timer);
  }

  /** Netstrings: `LENGTH:JSON,`. */
  private read(chunk: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, chunk]);
    for (;;) {
      const colon = this.buffer.indexOf(':');
      if (colon < 0) return;
      const end = colon + 1 + Number(this.buffer.subarray(0, colon).toString());
      if (this.buffer.length <= end) return;
      const message = JSON.parse(this.buffer.subarray(colon + 1, end).toString()) as
        BaresipEvent | { response: true; ok: boolean; data?: string; token?: string };
      this.buffer = this.buffer.subarray(end + 1);
      if ('event' in message) this.events.push(message);
      else this.answered(message.token ?? '', message.ok, message.data ?? '');
    }
  }

  private answered(token: string, ok: boolean, data: string): void {
    this.waiting.get(token)?.(ok, data);
    this.waiting.delete(token);
  }
}

export function delay(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

function encryption({ encryption: kind }: BaresipOptions): string {
  return kind === undefined ? '' : `;mediaenc=${kind}`;
}

function account({ user, registrar }: BaresipOptions, port: number): string {
  if (registrar === undefined) return `<sip:${user}@127.0.0.1:${port};transport=udp>;regint=0`;
  const { password, transport = 'udp', domain = `127.0.0.1:${registrar.port}` } = registrar;
  return [
    `<sip:${user}@${domain};transport=${transport}>`,
    `auth_user=${user}`,
    `auth_pass=${password}`,
    `outbound="sip:127.0.0.1:${registrar.port};transport=${transport}"`,
    'regint=60',
  ].join(';');
}

async function open(port: number, child: ChildProcess): Promise<Socket> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (child.pid === undefined) throw new Error('baresip is not installed');
    if (child.exitCode !== null) throw new Error(`baresip ended with ${child.exitCode}`);
    const socket = await new Promise<Socket | undefined>((resolve) => {
      const attempt = connect(port, '127.0.0.1', () => resolve(attempt));
      attempt.once('error', () => resolve(undefined));
    });
    if (socket) return socket;
    await delay(25);
  }
  throw new Error('baresip opened no control port');
}
