import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectSuccess, runSipp } from './sipp';

/** What a caller does: keys, pauses in milliseconds, and who hangs up at last. */
export interface DeskCaller {
  /** The user of its From. */
  readonly name: string;
  readonly does: readonly (string | number)[];
  readonly hangsUp: 'caller' | 'flow';
}

const template = readFileSync(join(__dirname, '..', 'sipp', 'desk.xml'), 'utf8');

const pause = (duration: number): string => `<pause milliseconds="${duration}" />`;
const capture = (key: string): string =>
  `<nop><action><exec play_pcap_audio="/usr/share/sip-tester/dtmf_2833_${key === '#' ? 'pound' : key}.pcap" /></action></nop>`;
const message = (text: string): string => `<send><![CDATA[${text}]]></send>`;

const bye = `${message(`
BYE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Peer" <sip:NAME@[local_ip]:[local_port]>;tag=[pid]p[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

`).replace('<send>', '<send retrans="500">')}<recv response="200" />`;

const byeFromFlow = `<recv request="BYE" />${message(`
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

`)}`;

/** Has sipp make calls of one kind at once; resolves when all went as they should, and fails otherwise. */
export async function callDesk(
  { name, does, hangsUp }: DeskCaller,
  options: { readonly server: number; readonly calls: number; readonly folder: string },
): Promise<void> {
  const steps = does.map((each) => (typeof each === 'number' ? pause(each) : capture(each)));
  const file = join(options.folder, `${name}.xml`);
  writeFileSync(
    file,
    template
      .replace('<!-- keys -->', steps.join('\n'))
      .replace('<!-- end -->', hangsUp === 'caller' ? bye : byeFromFlow)
      .replaceAll('NAME', name),
  );
  const args = ['-r', String(options.calls), '-timeout', '110'];
  expectSuccess(await runSipp(file, { ...options, service: 'desk', args }));
}
