import { methodOf, statusOf, type Flow, type FlowMessage, type Party } from './support/collection';

/** A message of ours in its flow. */
export interface Place {
  readonly section: string;
  readonly role: Party;
  readonly message: FlowMessage;
  /** Ours, not passed on from somebody else. */
  readonly made: boolean;
}

interface Deviation {
  readonly differences: readonly string[];
  readonly reason: string;
  /** Just there the difference has to be. */
  readonly where: (place: Place) => boolean;
}

const isRequest = ({ message }: Place): boolean => statusOf(message) === undefined;
const isAgent = ({ role }: Place): boolean => role === 'Alice' || role === 'Bob';
const method = ({ message }: Place): string => methodOf(message);
const status = ({ message }: Place): number => statusOf(message) ?? 0;

/** `3.2 Alice F3`. */
function at(...places: readonly string[]): (place: Place) => boolean {
  const all = new Set(places);
  return ({ section, role, message }) => all.has(`${section} ${role} ${message.id}`);
}

/** A request of a user agent that begins something: its To has no tag. */
const begins = (place: Place): boolean =>
  place.made &&
  isRequest(place) &&
  isAgent(place) &&
  place.message.fields.some(([name, value]) => name === 'To' && !value.includes(';tag='));

/** ACKs of Alice's for refusals of an INVITE that went through proxy 1. */
const refusedAcks = [
  ...['3.2 Alice F3', '3.3 Alice F3', '3.3 Alice F10', '3.8 Alice F20', '3.9 Alice F11'],
  ...['3.10 Alice F15', '3.11 Alice F14'],
];

/**
 * All that our messages have other than those of the RFC, and why that is right. What is not here must not differ, and
 * what is here must.
 */
export const deviations: readonly Deviation[] = [
  {
    differences: ['+Via rport'],
    reason:
      'RFC 3581 section 3: answers find their way back through a NAT. RFC 3665 does not use it',
    where: isRequest,
  },
  {
    differences: ['+Max-Breadth'],
    reason:
      'RFC 5393 section 5.3.3 makes it a MUST for whoever forwards; it is younger than RFC 3665',
    where: (place) => isRequest(place) && !place.made,
  },
  {
    differences: ['+Server'],
    reason: 'RFC 3261 section 20.35: optional, and it helps to find out who refuses a call',
    where: (place) => !isRequest(place) && place.made && status(place) > 100,
  },
  {
    differences: ['+User-Agent'],
    reason: 'RFC 3261 section 20.41: optional',
    where: (place) => isAgent(place) && isRequest(place) && !/ACK|CANCEL/.test(method(place)),
  },
  {
    differences: ['+Allow', '+Supported', '+Session-Expires'],
    reason:
      'RFC 3261 section 13.2.1 recommends the first two; RFC 4028: calls end when a peer is gone',
    where: (place) =>
      isAgent(place) && method(place) === 'INVITE' && (isRequest(place) || status(place) === 200),
  },
  {
    differences: ['+Accept'],
    reason: 'RFC 3261 section 13.2.1: the bodies that are understood',
    where: (place) => begins(place) && method(place) === 'INVITE',
  },
  {
    differences: ['+Allow'],
    reason:
      'RFC 3261 section 20.5: the caller learns from it whether we take an UPDATE before the answer',
    where: (place) => isAgent(place) && status(place) === 180,
  },
  {
    differences: ['-To display name'],
    reason:
      'calls and registrations are placed to a URI; RFC 3261 section 8.1.1.2 leaves the name to the user',
    where: begins,
  },
  {
    differences: ['+To tag'],
    reason:
      'RFC 3261 section 8.2.6.2: every final response has one. The 200 of the RFC for a CANCEL has none',
    where: (place) => place.made && method(place) === 'CANCEL' && status(place) === 200,
  },
  {
    differences: ['+Route'],
    reason: 'RFC 3261 section 17.1.1.3: the ACK for a refusal MUST have the Route of its INVITE',
    where: at(...refusedAcks),
  },
  {
    differences: ['-Proxy-Authorization'],
    reason:
      'RFC 3261 section 17.1.1.3 builds the ACK for a refusal without it: nobody may ask for it',
    where: at(
      '3.3 Alice F10',
      '3.8 Alice F20',
      '3.9 Alice F11',
      '3.10 Alice F15',
      '3.11 Alice F14',
    ),
  },
  {
    differences: ['+Proxy-Authorization'],
    reason: 'RFC 3261 section 13.2.2.4: the ACK for a 2xx MUST have the credentials of its INVITE',
    where: at('3.2 Alice F15', '3.4 Alice F18'),
  },
  {
    differences: ['-Proxy-Authorization'],
    reason:
      'a challenge is remembered for the call that met it: the flow begins after one that it does not show',
    where: at('3.5 Alice F1', '3.8 Alice F1', '3.9 Alice F1', '3.10 Alice F1', '3.11 Alice F1'),
  },
  {
    differences: ['-Authorization'],
    reason: 'as above, for the registrar',
    where: at('2.2 Bob F1', '2.3 Bob F1', '2.4 Bob F1'),
  },
  {
    differences: ['Max-Forwards: 69, not 70'],
    reason:
      'the ACK for a refusal has the fields of the INVITE that it acknowledges; any value is allowed',
    where: at(
      '3.3 Proxy 1 F8',
      '3.8 Proxy 1 F18',
      '3.9 Proxy 1 F9',
      '3.10 Proxy 1 F13',
      '3.11 Proxy 1 F12',
    ),
  },
  {
    differences: ['Max-Forwards: 68, not 70'],
    reason: 'as above',
    where: at('3.8 Proxy 2 F16', '3.9 Proxy 2 F7', '3.11 Proxy 2 F10'),
  },
  {
    differences: ['+P-Asserted-Identity'],
    reason: 'RFC 3325 section 5: who has proven who he is is named to the next hop',
    where: (place) =>
      method(place) === 'INVITE' &&
      isRequest(place) &&
      !place.made &&
      (place.role === 'Proxy 1' || (place.role === 'Proxy 2' && /^3\.[345]$/.test(place.section))),
  },
  {
    differences: ['start: 407 Proxy Authentication Required, not 407 Proxy Authorization Required'],
    reason: 'the phrase of RFC 3261 section 21.4.8',
    where: (place) => place.made && status(place) === 407,
  },
  {
    differences: ['-Proxy-Authenticate opaque', '-Proxy-Authenticate stale'],
    reason: 'RFC 7616 section 3.3: both optional; an empty opaque and stale=FALSE say nothing',
    where: (place) => place.made && status(place) === 407,
  },
  {
    differences: ['-WWW-Authenticate opaque', '-WWW-Authenticate stale'],
    reason: 'as above',
    where: (place) => place.made && status(place) === 401,
  },
  {
    differences: ['+Date', '+Supported'],
    reason: 'RFC 3261 section 10.3 step 8 recommends Date; RFC 5626 section 6 needs Supported',
    where: (place) => place.role === 'SIP Server' && status(place) === 200,
  },
  {
    differences: [
      'Contact: <mailto:bob@biloxi.example.com>;expires=3600 | ' +
        '<sip:bob@client.biloxi.example.com>;expires=3600, not ' +
        '<mailto:bob@biloxi.example.com>;expires=4294967295 | ' +
        '<sip:bob@client.biloxi.example.com>;expires=3600',
    ],
    reason:
      'nothing is bound for ever: RFC 3261 section 10.3 step 7 lets the registrar choose a shorter time',
    where: at('2.2 SIP Server F2', '2.3 SIP Server F2'),
  },
  {
    differences: ['+Supported', '+Expires'],
    reason:
      'RFC 3261 section 10.2: the time is asked for; RFC 3327 section 5.1: the way back may be recorded',
    where: at('2.1 Bob F1', '2.1 Bob F3', '2.5 Bob F1', '2.5 Bob F3'),
  },
  {
    differences: ['+Max-Forwards'],
    reason: 'RFC 3261 section 8.1.1.6 makes it a MUST; the RFC has forgotten it here',
    where: at('2.5 Bob F1'),
  },
  {
    differences: ['Content-Length: 151, not 150', 'body'],
    reason: 'our proxy is no ALG: it does not touch the body (RFC 3261 section 16.6 step 1)',
    where: at('3.5 SIP ALG F2'),
  },
  {
    differences: ['body'],
    reason: 'as above',
    where: at('3.5 SIP ALG F11'),
  },
  {
    differences: ['+Content-Type', 'Content-Length: 151, not 0', 'body'],
    reason: 'a call of ours always has its offer in the INVITE',
    where: at('3.6 Alice F1', '3.6 Alice F4'),
  },
  {
    differences: ['-Content-Type', 'Content-Length: 0, not 151', 'body'],
    reason: 'as above: so there is nothing to answer in the ACK',
    where: at('3.6 Alice F11'),
  },
  {
    differences: ['CSeq: 1 INVITE, not 14 INVITE'],
    reason: 'RFC 3261 section 8.1.1.5: any first number may be chosen',
    where: at('3.7 Bob F9'),
  },
  {
    differences: ['CSeq: 1 ACK, not 14 ACK'],
    reason: 'as above',
    where: at('3.7 Bob F11'),
  },
  {
    differences: ['start: 408 Request Timeout, not 480 No Response'],
    reason: 'RFC 3261 section 16.8: a branch that timed out counts as one that got 408',
    where: at('3.10 Proxy 2 F12'),
  },
];

/** What a message of ours has to differ in. */
export function expectedDifferences(place: Place): readonly string[] {
  return deviations.filter(({ where }) => where(place)).flatMap(({ differences }) => differences);
}

/**
 * RFC 3261 §8.2.6.1 lets a user agent server send 100, and §17.2.1 wants one where it will take more than 200 ms to
 * answer: ours sends it to each INVITE that begins a call. The RFC does not show it.
 */
export function expectedAdditional({ messages }: Flow, role: Party): readonly string[] {
  if (role !== 'Bob') return [];
  return messages
    .filter((message) => message.to === 'Bob' && message.start.startsWith('INVITE '))
    .map(({ from }) => `100 to ${from}`);
}
