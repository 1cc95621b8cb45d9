import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import {
  AUTHORITATIVE_ANSWER,
  type Answer,
  type DecodedPacket,
  TRUNCATED_RESPONSE,
  decode,
  encode,
} from 'dns-packet';

/** How a name is answered, other than by its records. */
export type DnsMisbehaviour = 'silent' | 'garbage' | 'truncated' | 'failure';

/** `NXDOMAIN` and `SERVFAIL` (RFC 1035 §4.1.1). */
const noSuchName = 3;
const serverFailure = 2;

/**
 * An authoritative DNS server on a loopback port of its own, for tests: real packets, and every way in which
 * a server can fail to answer.
 */
export class DnsServer {
  /** Every question that came, as `SRV _sip._udp.example.com`. */
  readonly questions: string[] = [];
  private readonly waiting: { readonly question: string; readonly resolve: () => void }[] = [];

  private constructor(
    private readonly socket: Socket,
    private readonly records: readonly Answer[],
    private readonly misbehaviours: ReadonlyMap<string, DnsMisbehaviour>,
  ) {
    socket.on('message', (bytes, source) => this.onQuery(bytes, source));
  }

  /**
   * @param misbehaviours by `TYPE name`, or by `name` for all types
   */
  static async start(
    records: readonly Answer[],
    misbehaviours: Readonly<Record<string, DnsMisbehaviour>> = {},
  ): Promise<DnsServer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, '127.0.0.1', resolve);
    });
    return new DnsServer(socket, records, new Map(Object.entries(misbehaviours)));
  }

  /** As `setServers` takes it: `127.0.0.1:40123`. */
  get address(): string {
    const { address, port } = this.socket.address();
    return `${address}:${port}`;
  }

  /** Resolves when this question has come, or at once when it came before. */
  async asked(question: string): Promise<void> {
    if (this.questions.includes(question)) return;
    await new Promise<void>((resolve) => this.waiting.push({ question, resolve }));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }

  private onQuery(bytes: Buffer, source: RemoteInfo): void {
    const query = decode(bytes);
    const { type, name } = query.questions?.[0] ?? { type: 'A', name: '' };
    const question = `${type} ${name.toLowerCase()}`;
    this.questions.push(question);
    for (const one of this.waiting) if (one.question === question) one.resolve();
    const reply = this.reply(query, question);
    if (reply !== undefined) this.socket.send(reply, source.port, source.address);
  }

  private reply(query: DecodedPacket, question: string): Buffer | undefined {
    const name = question.slice(question.indexOf(' ') + 1);
    const questions = query.questions ?? [];
    const header = { type: 'response', id: query.id ?? 0, questions } as const;
    switch (this.misbehaviours.get(question) ?? this.misbehaviours.get(name)) {
      case 'silent':
        return undefined;
      case 'garbage': {
        // The right id and then nothing that could be read.
        const bytes = Buffer.alloc(40, 0xff);
        bytes.writeUInt16BE(query.id ?? 0, 0);
        return bytes;
      }
      case 'truncated':
        return encode({ ...header, flags: AUTHORITATIVE_ANSWER | TRUNCATED_RESPONSE });
      case 'failure':
        return encode({ ...header, flags: serverFailure });
      case undefined: {
        const named = this.records.filter((record) => record.name.toLowerCase() === name);
        const answers = named.filter((record) => question.startsWith(`${record.type} `));
        const flags = AUTHORITATIVE_ANSWER | (named.length === 0 ? noSuchName : 0);
        return encode({ ...header, flags, answers });
      }
    }
  }
}

/** `A` or `AAAA`, by the look of the address. */
export function address(name: string, data: string): Answer {
  return { type: data.includes(':') ? 'AAAA' : 'A', name, ttl: 60, data };
}

/** An SRV record (RFC 2782). */
export function srv(name: string, target: string, port = 5060, priority = 0, weight = 0): Answer {
  return { type: 'SRV', name, ttl: 60, data: { target, port, priority, weight } };
}

/** A NAPTR record with the flag `s` (RFC 3403). */
export function naptr(
  name: string,
  services: string,
  replacement: string,
  order = 10,
  preference = 10,
  flags = 's',
): Answer {
  const data = { order, preference, flags, services, regexp: '', replacement };
  return { type: 'NAPTR', name, ttl: 60, data };
}
