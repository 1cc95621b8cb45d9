import * as fc from 'fast-check';
import { SeededRandom } from '../../runtime/core/random';
import type { SrtpPolicy } from '../../runtime/sdp/port';
import { SdpSession } from '../../runtime/sdp/session';
import { audioOffer, phones } from './offers';

const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');

const seeds = [
  ...Object.values(phones),
  audioOffer(['a=rtcp:5005 IN IP4 192.0.2.1', 'a=inactive']),
  audioOffer(
    [
      `a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:${Buffer.alloc(46, 1).toString('base64')}|2^48`,
      `a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:${Buffer.alloc(30, 2).toString('base64')} WSH=64`,
      'a=rtcp-mux',
    ],
    { m: 'm=audio 5004 RTP/SAVPF 0 13' },
  ),
  audioOffer([`a=fingerprint:sha-256 ${fingerprint}`, 'a=setup:actpass'], {
    m: 'm=audio 5004 UDP/TLS/RTP/SAVP 8',
  }),
];

function leg(policy: SrtpPolicy = 'allowed'): SdpSession {
  return new SdpSession(
    { host: '198.51.100.1', port: 30_000, sessionId: '1' },
    {
      codecs: ['opus', 'G722', 'PCMU', 'PCMA', 'L16'],
      preference: 'theirs',
      ptime: 20,
      telephoneEvent: true,
      comfortNoise: true,
      security: {
        policy,
        keys: 'dtls',
        opportunistic: false,
        fingerprint: { algorithm: 'sha-256', value: fingerprint },
        random: new SeededRandom(3),
      },
    },
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
            'a=fmtp:96 ',
            'a=crypto:1 ',
            'a=setup:',
            'inline:',
            '|2^',
            'SAVP',
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
  it('is answered or rejected, never thrown at; what is answered is good', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, shuffled, fc.string({ unit: 'binary' })), (sdp) => {
        const session = leg();
        const result = session.answer(sdp);
        if (result.type === 'reject') {
          expect(result.status).toBe(488);
          expect(session.current).toBeUndefined();
          return;
        }
        const { codec, remote, security, ptime } = result.audio;
        expect(remote.rtp.port > 0 && remote.rtp.port < 65_536).toBe(true);
        expect([10, 20, 30, 40, 50, 60]).toContain(ptime);
        const [line, ...more] = result.sdp.match(/^m=audio 30000 .*$/gm) ?? [];
        expect(more).toEqual([]);
        // RFC 3264 §6.1: the formats of the answer are of the offer, under the same numbers and by the same protocol.
        const [, , protocol = '', ...formats] = (line ?? '').split(' ');
        expect(formats[0]).toBe(String(codec.payloadType));
        const offered = (sdp.match(/^m=audio .*$/gm) ?? []).map((each) => each.trim().split(/\s+/));
        expect(
          offered.some(
            ([, , theirs, ...all]) =>
              theirs === protocol &&
              formats.every((format) => all.map(Number).includes(Number(format))),
          ),
        ).toBe(true);
        // RFC 3264 §6: as many lines as were offered.
        expect(result.sdp.match(/^m=/gm)).toHaveLength((sdp.match(/^m=/gm) ?? []).length);
        if (protocol.includes('SAVP')) expect(security).toBeDefined();
        expect(/^a=crypto/m.test(result.sdp)).toBe(security?.type === 'sdes');
        expect(/^a=fingerprint/m.test(result.sdp)).toBe(security?.type === 'dtls');
        // What we wrote can be answered by the likes of us.
        expect(leg().answer(result.sdp).type).toBe('answer');
      }),
      { numRuns: 4000 },
    );
  });

  it('never comes to plain RTP where encryption is required, nor to any other where it is off', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, shuffled), (sdp) => {
        const strict = leg('required');
        if (strict.answer(sdp).type === 'answer') expect(strict.current?.security).toBeDefined();
        const off = leg('off');
        if (off.answer(sdp).type === 'answer') expect(off.current?.security).toBeUndefined();
        const offering = leg('required');
        offering.offer();
        if (offering.accept(sdp).type === 'accepted') {
          expect(offering.current?.security).toBeDefined();
        }
      }),
      { numRuns: 2000 },
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
