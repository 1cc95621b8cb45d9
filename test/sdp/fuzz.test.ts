import * as fc from 'fast-check';
import { SdpSession } from '../../runtime/sdp/session';
import { audioOffer, phones } from './offers';

const seeds = [
  ...Object.values(phones),
  audioOffer(['a=rtcp:5005 IN IP4 192.0.2.1', 'a=inactive']),
];

function leg(): SdpSession {
  return new SdpSession(
    { host: '198.51.100.1', port: 30_000, sessionId: '1' },
    { codecs: ['PCMU', 'PCMA'], preference: 'theirs', ptime: 20, telephoneEvent: true },
  );
}

/** A description with a few of its octets replaced, cut out or doubled. */
const mutated = fc
  .record({
    text: fc.constantFrom(...seeds),
    edits: fc.array(
      fc.record({
        at: fc.nat(2000),
        remove: fc.nat(12),
        insert: fc.oneof(
          fc.string({ maxLength: 8 }),
          fc.constantFrom(
            '\r\n',
            '\r',
            '\n',
            'm=',
            'a=rtpmap:0 ',
            '/',
            '99999999999',
            '-1',
            '\0',
            'IP6',
          ),
        ),
      }),
      { minLength: 1, maxLength: 8 },
    ),
  })
  .map(({ text, edits }) =>
    edits.reduce((sdp, { at, remove, insert }) => {
      const place = at % (sdp.length + 1);
      return sdp.slice(0, place) + insert + sdp.slice(place + remove);
    }, text),
  );

/** Whole lines in any order. */
const shuffled = fc
  .constantFrom(...seeds)
  .chain((text) => fc.shuffledSubarray(text.split('\r\n'), { minLength: 1 }))
  .map((lines) => lines.join('\r\n'));

describe('whatever a peer sends as a description', () => {
  it('is answered or rejected, never thrown at', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, shuffled, fc.string({ unit: 'binary' })), (sdp) => {
        const session = leg();
        const result = session.answer(sdp);
        if (result.type === 'reject') {
          expect(result.status).toBe(488);
          expect(session.current).toBeUndefined();
          return;
        }
        const { rtp } = result.audio.remote;
        expect(rtp.port > 0 && rtp.port < 65_536).toBe(true);
        expect([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]).toContain(result.audio.ptime);
        expect(result.sdp.match(/^m=audio 30000 RTP\/AVP \d+/gm)).toHaveLength(1);
        // What we wrote can be answered by the likes of us.
        expect(leg().answer(result.sdp).type).toBe('answer');
      }),
      { numRuns: 4000 },
    );
  });

  it('is accepted or refused as an answer, never thrown at', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, shuffled), (sdp) => {
        const session = leg();
        session.offer();
        const result = session.accept(sdp);
        expect(result.type === 'accepted').toBe(session.current !== undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it('is rejected unread when it is larger than any description', () => {
    const flood = `${phones.sipp}${'m=audio 5004 RTP/AVP 0\r\n'.repeat(100)}`;
    expect(leg().answer(flood)).toMatchObject({ type: 'reject', warning: { code: 399 } });
    const long = `${phones.sipp}${'a=x\r\n'.repeat(20_000)}`;
    expect(leg().answer(long)).toMatchObject({ type: 'reject', warning: { code: 399 } });
  });
});
