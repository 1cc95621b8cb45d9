import { createResponse } from '../../runtime/sip/message/create';
import { parseMessage } from '../../runtime/sip/message/parse';
import { serialize } from '../../runtime/sip/message/serialize';
import type { SipRequest } from '../../runtime/sip/message/message';
import { loadNpmSip, type NpmSipRequest } from './support/npm-sip';
import { answerSdp, inviteOctets } from './support/message-sample';

/** What `run` measures, each in µs of CPU for one message. */
export interface MessageCosts {
  readonly parseAndRead: number;
  readonly parse: number;
  readonly write: number;
}

const ITERATIONS = 200_000;
const ROUNDS = 5;

/** Kept so that no result can be optimised away. */
let sink = 0;

/** CPU µs for one call of `work`. */
function cost(work: () => number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < ITERATIONS; i += 1) sink = (sink + work()) | 0;
  const used = process.cpuUsage(before);
  return (used.user + used.system) / ITERATIONS;
}

function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Reads what a user agent server reads of an INVITE before it answers. */
function readAsServer(request: SipRequest): number {
  const { topVia, from, to, cseq, contacts, recordRoutes, callId } = request;
  return (
    topVia.host.length +
    (topVia.branch?.length ?? 0) +
    request.via.length +
    from.uriText.length +
    (from.tag?.length ?? 0) +
    (to.tag?.length ?? 0) +
    cseq.sequence +
    callId.length +
    (contacts[0]?.uriText.length ?? 0) +
    recordRoutes.length +
    request.require.length +
    request.allow.length +
    request.supported.length +
    (request.contentType?.value.length ?? 0)
  );
}

const contact = '<sip:reception@192.0.2.10:5060>';
const allow = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK';

/** The cases side by side: ours, then npm sip's. */
function cases(): Record<'ours' | 'npm sip', Record<keyof MessageCosts, () => number>> {
  const sip = loadNpmSip();
  const request = parseMessage(inviteOctets);
  if (request.kind !== 'request') throw new Error('the sample is no request');
  const theirs = sip.parse(inviteOctets) as NpmSipRequest;
  const sdp = Buffer.from(answerSdp);
  return {
    ours: {
      parseAndRead: () => {
        const message = parseMessage(inviteOctets);
        return message.kind === 'request' ? readAsServer(message) : 0;
      },
      parse: () => parseMessage(inviteOctets).body.length,
      write: () =>
        serialize(
          createResponse(request, 200, {
            toTag: 'a6c85cf',
            headers: [
              ['Contact', contact],
              ['Allow', allow],
              ['Content-Type', 'application/sdp'],
            ],
            body: sdp,
          }),
        ).length,
    },
    'npm sip': {
      parseAndRead: () => {
        const message = sip.parse(inviteOctets) as NpmSipRequest;
        const { headers } = message;
        // It leaves the lists of tokens to its users.
        const allowed = headers.allow?.split(/\s*,\s*/).length ?? 0;
        const supported = headers.supported?.split(/\s*,\s*/).length ?? 0;
        return headers.via.length + headers.contact.length + allowed + supported;
      },
      parse: () => (sip.parse(inviteOctets) as NpmSipRequest).content.length,
      write: () => {
        const response = sip.makeResponse(theirs, 200, 'OK', {
          headers: {
            to: { ...theirs.headers.to, params: { tag: 'a6c85cf' } },
            'record-route': theirs.headers['record-route'],
            contact: [{ uri: 'sip:reception@192.0.2.10:5060' }],
            allow,
            'content-type': 'application/sdp',
          },
          content: answerSdp,
        });
        return Buffer.from(sip.stringify(response), 'latin1').length;
      },
    },
  };
}

/** Measures both in turns and prints the medians. */
export async function run(): Promise<void> {
  const titles: Record<keyof MessageCosts, string> = {
    parseAndRead: 'parse and read as a server',
    parse: 'parse and check',
    write: 'make and write its 200',
  };
  const all = cases();
  console.log(`one INVITE of ${inviteOctets.length} octets, µs of CPU, median of ${ROUNDS} rounds`);
  for (const name of ['parseAndRead', 'parse', 'write'] as const) {
    const ours: number[] = [];
    const theirs: number[] = [];
    cost(all.ours[name]);
    cost(all['npm sip'][name]);
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(cost(all.ours[name]));
      theirs.push(cost(all['npm sip'][name]));
    }
    const [mine, other] = [median(ours).toFixed(2), median(theirs).toFixed(2)];
    console.log(`  ${titles[name].padEnd(28)} ${mine.padStart(6)}   npm sip ${other.padStart(6)}`);
  }
  if (sink === Number.MIN_SAFE_INTEGER) console.log(sink);
  return Promise.resolve();
}

if (require.main === module) void run();
