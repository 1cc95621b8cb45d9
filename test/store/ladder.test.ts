import { renderLadder } from '../../runtime/store/ladder';
import type { TracedMessage } from '../../runtime/store/sip-trace';

const start = Date.UTC(2026, 0, 5);
const sdp = (host: string, port: number, formats: string, ...lines: string[]): string =>
  [
    '',
    '',
    'v=0',
    `o=- 1 1 IN IP4 ${host}`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${formats}`,
    ...lines,
    '',
  ].join('\r\n');

function message(
  offset: number,
  direction: 'in' | 'out',
  text: string,
  remote = '192.0.2.10:5062',
): TracedMessage {
  return {
    time: start + offset,
    direction,
    protocol: 'UDP',
    local: '127.0.0.1:5060',
    remote,
    callId: 'a',
    text,
  };
}

const invite = `INVITE sip:reception@127.0.0.1 SIP/2.0\r\nCSeq: 1 INVITE${sdp('192.0.2.10', 4000, '0 8 101', 'a=rtpmap:101 telephone-event/8000')}`;
const ok = `SIP/2.0 200 OK\r\ncseq: 1 INVITE${sdp('127.0.0.1', 30000, '0', 'a=sendonly')}`;

describe('a ladder', () => {
  it('shows who sent what, when, and what was agreed', () => {
    const text = renderLadder([
      message(0, 'in', invite),
      message(1, 'out', 'SIP/2.0 100 Trying\r\nCSeq: 1 INVITE\r\n\r\n'),
      message(12, 'out', ok),
      message(512, 'out', ok),
      message(530, 'in', 'ACK sip:c@127.0.0.1 SIP/2.0\r\nCSeq: 1 ACK\r\n\r\n'),
      message(65_000, 'out', 'BYE sip:alice@192.0.2.10 SIP/2.0\r\nCSeq: 2 BYE\r\n\r\n'),
    ]);
    expect(`\n${text}`).toBe(`
              192.0.2.10:5062                                  127.0.0.1:5060
                     │                                                │
    0.000            │──────── INVITE sip:reception@127.0.0.1 ───────>│
                     │ audio 192.0.2.10:4000 PCMU PCMA telephone-eve… │
    0.001            │<──────────── 100 Trying (INVITE) ──────────────│
    0.012            │<────────────── 200 OK (INVITE) ────────────────│
                     │       audio 127.0.0.1:30000 sendonly PCMU      │
    0.512            │<────────── 200 OK (INVITE) (again) ────────────│
    0.530            │───────────── ACK sip:c@127.0.0.1 ─────────────>│
   65.000            │<────────── BYE sip:alice@192.0.2.10 ───────────│
                     │                                                │
`);
  });

  it('has a column for each address', () => {
    const text = renderLadder(
      [message(0, 'in', invite), message(5, 'out', invite, '192.0.2.99:5060')],
      { width: 200 },
    );
    const [heading = '', , first = '', description = '', second = ''] = text.split('\n');
    expect(heading.trim().split(/\s+/)).toEqual([
      '192.0.2.10:5062',
      '127.0.0.1:5060',
      '192.0.2.99:5060',
    ]);
    expect(first.indexOf('>')).toBeLessThan(second.indexOf('>'));
    expect(description).toContain('audio 192.0.2.10:4000 PCMU PCMA telephone-event ');
    expect(
      new Set(
        text
          .split('\n')
          .slice(1, -1)
          .map((line) => line.length),
      ).size,
    ).toBe(1);
  });

  it('survives junk, and does not let it steer the terminal', () => {
    const text = renderLadder([
      message(0, 'in', '\u001b[2Jboo\u0007'),
      message(1, 'in', ''),
      message(2, 'in', 'SIP/2.0 200 OK'),
      message(3, 'in', 'X\r\n\r\nv=0\r\nm=audio\r\n'),
    ]);
    expect(text).toContain('·[2Jboo·');
    // eslint-disable-next-line no-control-regex -- none of these may be there
    expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f]/);
  });

  it('of nothing is nothing', () => {
    expect(renderLadder([])).toBe('');
  });
});
