import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports';

export interface KamailioOptions {
  /** Where it listens, UDP and TCP; a free port when absent. */
  readonly port?: number;
  /** The password of every user, asked for by 401 and 407; without one nobody is asked. */
  readonly password?: string;
  /** Destinations that calls to anybody are spread over: it is a load balancer then. */
  readonly dispatch?: readonly string[];
  /** Worker processes; 2. */
  readonly children?: number;
}

/** A Kamailio that is registrar, proxy and, with `dispatch`, load balancer; all in memory. */
export class Kamailio {
  private output = '';
  private readonly exit: Promise<unknown>;

  private constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly child: ChildProcess,
  ) {
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    this.exit = new Promise((resolve) => child.once('exit', resolve));
  }

  static async start(options: KamailioOptions = {}): Promise<Kamailio> {
    const port = options.port ?? (await freePort());
    const directory = mkdtempSync(join(tmpdir(), 'callchart-kamailio-'));
    writeFileSync(join(directory, 'kamailio.cfg'), configuration(port, directory, options));
    const list = (options.dispatch ?? []).map((uri) => `1 ${uri}`);
    writeFileSync(join(directory, 'dispatcher.list'), `${list.join('\n')}\n`);
    const child = spawn(
      'kamailio',
      [
        ...['-DD', '-E', '-f', join(directory, 'kamailio.cfg')],
        ...['-P', join(directory, 'pid'), '-Y', directory, '-m', '128', '-M', '16'],
      ],
      // A group of its own: what is left of its workers can be ended with it.
      { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    );
    child.once('error', () => undefined);
    const server = new Kamailio(port, directory, child);
    try {
      await server.untilItAnswers();
    } catch (error) {
      server.killGroup();
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
    return server;
  }

  get log(): string {
    return this.output;
  }

  /** The process and its workers. */
  get pids(): readonly number[] {
    const parent = this.child.pid ?? 0;
    return [parent, ...childrenOf(parent)];
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
      await this.exit;
      clearTimeout(timer);
    }
    this.killGroup();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Workers that outlive a parent which was killed keep its output open, and the tests from ending. */
  private killGroup(): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // All have gone, as they should.
    }
  }

  private async untilItAnswers(): Promise<void> {
    const until = Date.now() + 20_000;
    for (;;) {
      if (this.child.exitCode !== null || Date.now() > until) {
        throw new Error(`kamailio does not answer:\n${this.output.slice(-4_000)}`);
      }
      if (await ping(this.port)) return;
    }
  }
}

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.close(() => resolve(answered));
    };
    const timer = setTimeout(() => end(false), 100);
    socket.once('message', () => end(true));
    socket.on('error', () => undefined);
    socket.bind(0, '127.0.0.1', () => {
      const own = socket.address().port;
      const request = [
        `OPTIONS sip:127.0.0.1:${port} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bKping${own}`,
        'Max-Forwards: 70',
        'From: <sip:ping@127.0.0.1>;tag=1',
        `To: <sip:127.0.0.1:${port}>`,
        `Call-ID: ping-${own}`,
        'CSeq: 1 OPTIONS',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n');
      socket.send(request, port, '127.0.0.1', () => undefined);
    });
  });
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        // It ended meanwhile.
        return false;
      }
    });
}

function configuration(port: number, directory: string, options: KamailioOptions): string {
  const { password, dispatch, children = 2 } = options;
  const modules = ['tm', 'sl', 'rr', 'pv', 'maxfwd', 'usrloc', 'registrar', 'siputils', 'textops'];
  if (password !== undefined) modules.push('auth');
  if (dispatch !== undefined) modules.push('dispatcher');
  const challenge = (check: string, ask: string): string =>
    password === undefined
      ? ''
      : `if (!${check}("$td", "${password}", "0")) { ${ask}("$td", "1"); exit; }`;
  return `#!KAMAILIO
debug=1
log_stderror=yes
memdbg=5
memlog=5
children=${children}
auto_aliases=no
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 3600)
modparam("rr", "enable_full_lr", 1)
${dispatch === undefined ? '' : `modparam("dispatcher", "list_file", "${join(directory, 'dispatcher.list')}")`}

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (is_method("ACK")) { if (t_check_trans()) { t_relay(); } exit; }
    sl_send_reply("404", "Not here");
    exit;
  }
  t_check_trans();
  if (is_method("OPTIONS") && $rU == $null) { sl_send_reply("200", "OK"); exit; }
  remove_hf("Route");
  if (is_method("INVITE|SUBSCRIBE")) { record_route(); }
  if (is_method("REGISTER")) {
    ${challenge('pv_www_authenticate', 'www_challenge')}
    save("location");
    exit;
  }
  ${
    dispatch === undefined
      ? `${challenge('pv_proxy_authenticate', 'proxy_challenge')}
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }`
      : 'if (!ds_select_dst("1", "4")) { sl_send_reply("503", "No destination"); exit; }'
  }
  t_relay();
}
`;
}
