/** What a phone behind one proxy sends; the padding makes it 1,072 octets as in the aims. */
const offer = [
  'v=0',
  'o=alice 2890844526 2890844526 IN IP4 192.0.2.101',
  's=-',
  'c=IN IP4 192.0.2.101',
  't=0 0',
  'm=audio 49172 RTP/AVP 0 8 9 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n');

const head = [
  'INVITE sip:reception@pbx.example.com:5060 SIP/2.0',
  'Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK2d4790.1;rport',
  'Via: SIP/2.0/UDP 192.0.2.101:5060;branch=z9hG4bK74bf9;received=192.0.2.101;rport=5060',
  'Record-Route: <sip:198.51.100.7:5060;lr>',
  'Max-Forwards: 69',
  'From: "Alice Liddell" <sip:alice@example.com>;tag=9fxced76sl',
  'To: <sip:reception@pbx.example.com>',
  'Call-ID: 3848276298220188511@client.example.com',
  'CSeq: 2 INVITE',
  'Contact: <sip:alice@192.0.2.101:5060;transport=udp>',
  'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY',
  'Supported: replaces, timer, 100rel',
  'User-Agent: Phone/1.4.2',
  'Content-Type: application/sdp',
  `Content-Length: ${Buffer.byteLength(offer)}`,
];

const SIZE = 1_072;

/** Its length is 1,072. */
export const inviteOctets: Buffer = sized();

function sized(): Buffer {
  const bare = Buffer.byteLength(`${head.join('\r\n')}\r\n\r\n${offer}`);
  const lines = [...head];
  const agent = lines.findIndex((line) => line.startsWith('User-Agent'));
  lines[agent] = `${lines[agent] ?? ''} (${'x'.repeat(Math.max(SIZE - bare - 3, 0))})`;
  const octets = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${offer}`);
  if (octets.length !== SIZE) throw new Error(`the sample has ${octets.length} octets`);
  return octets;
}

/** The body of its 200. */
export const answerSdp = [
  'v=0',
  'o=callchart 1 1 IN IP4 192.0.2.10',
  's=-',
  'c=IN IP4 192.0.2.10',
  't=0 0',
  'm=audio 40000 RTP/AVP 0 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n');
