import { parse } from 'sdp-transform';
import type { AnswerResult, AudioCapabilities } from '../../runtime/sdp/port';
import { SdpSession } from '../../runtime/sdp/session';
import { audioOffer, phones } from './offers';

const all: AudioCapabilities = {
  codecs: ['PCMU', 'PCMA', 'G722', 'opus', 'L16'],
  preference: 'theirs',
  ptime: 20,
  telephoneEvent: true,
  comfortNoise: true,
};

function session(changes: Partial<AudioCapabilities> = {}): SdpSession {
  return new SdpSession(
    { host: '198.51.100.1', port: 30_000, sessionId: '4242' },
    { ...all, ...changes },
  );
}

function answered(result: AnswerResult) {
  if (result.type !== 'answer') throw new Error(`rejected: ${result.warning.text}`);
  return result;
}

/** What an answer says of its audio, from the m= line on. */
function audioOf(sdp: string): readonly string[] {
  return sdp.slice(sdp.indexOf('m=audio 30000')).trim().split('\r\n');
}

describe('an answer', () => {
  it.each([
    ['baresip', 'opus', 96, 48_000],
    ['linphone', 'opus', 96, 48_000],
    ['asterisk', 'PCMA', 8, 8_000],
    ['freeswitch', 'opus', 102, 48_000],
    ['asteriskOpus', 'opus', 107, 48_000],
  ] as const)('to %s takes what stands first there: %s', (phone, name, payloadType, clockRate) => {
    const { audio } = answered(session().answer(phones[phone]));
    expect(audio.codec).toMatchObject({ name, payloadType, clockRate });
  });

  it('writes Opus as opus/48000/2, under the number of the offer (RFC 7587 §7)', () => {
    expect(audioOf(answered(session().answer(phones.linphone)).sdp)).toEqual([
      'm=audio 30000 RTP/AVP 96 101',
      'a=rtpmap:96 opus/48000/2',
      'a=fmtp:96 useinbandfec=1',
      'a=rtpmap:101 telephone-event/48000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      'a=maxptime:60',
      'a=sendrecv',
      'm=video 0 RTP/AVP 96',
    ]);
  });

  it.each(['opus/48000', 'opus/48000/1', 'opus/16000/2', 'opus/8000/2'])(
    'does not take %s for Opus',
    (map) => {
      const offer = audioOffer([`a=rtpmap:96 ${map}`], { m: 'm=audio 5004 RTP/AVP 96' });
      expect(session().answer(offer)).toMatchObject({ type: 'reject', warning: { code: 305 } });
    },
  );

  it('hands on what the peer asks of Opus, and leaves out what is not allowed', () => {
    const ask = (fmtp: string) =>
      answered(
        session().answer(
          audioOffer(['a=rtpmap:96 OPUS/48000/2', `a=fmtp:96 ${fmtp}`], {
            m: 'm=audio 5004 RTP/AVP 96',
          }),
        ),
      ).audio.codec.opus;
    expect(
      ask(
        'maxplaybackrate=16000; sprop-maxcapturerate=16000; maxaveragebitrate=20000; stereo=1; useinbandfec=1; usedtx=0; cbr=1',
      ),
    ).toEqual({
      maxPlaybackRate: 16_000,
      maxAverageBitrate: 20_000,
      stereo: true,
      useInbandFec: true,
      useDtx: false,
      cbr: true,
    });
    expect(ask('minptime=10;useinbandfec=1')).toEqual({ useInbandFec: true });
    expect(ask('maxplaybackrate=4000;maxaveragebitrate=5999;usedtx=yes')).toBeUndefined();
    expect(ask('maxaveragebitrate=510001;maxplaybackrate=96000;stereo')).toBeUndefined();
  });

  it('writes G.722 with a clock of 8000 Hz (RFC 3551 §4.5.2), and knows it without rtpmap', () => {
    const { audio, sdp } = answered(
      session().answer(audioOffer([], { m: 'm=audio 5004 RTP/AVP 9' })),
    );
    expect(audio.codec).toEqual({ name: 'G722', payloadType: 9, clockRate: 8_000 });
    expect(sdp).toContain('a=rtpmap:9 G722/8000\r\n');
    const wrong = audioOffer(['a=rtpmap:96 G722/16000'], { m: 'm=audio 5004 RTP/AVP 96' });
    expect(session().answer(wrong).type).toBe('reject');
  });

  it.each([
    ['L16/8000', 8_000],
    ['L16/16000/1', 16_000],
  ])('takes %s', (map, clockRate) => {
    const offer = audioOffer([`a=rtpmap:98 ${map}`], { m: 'm=audio 5004 RTP/AVP 98' });
    const { audio, sdp } = answered(session().answer(offer));
    expect(audio.codec).toEqual({ name: 'L16', payloadType: 98, clockRate });
    expect(sdp).toContain(`a=rtpmap:98 L16/${clockRate}\r\n`);
  });

  it.each([
    ['the static numbers of L16, which are 44 100 Hz', 'm=audio 5004 RTP/AVP 10 11', []],
    ['L16 in stereo', 'm=audio 5004 RTP/AVP 98', ['a=rtpmap:98 L16/16000/2']],
    ['L16 at 48 000 Hz', 'm=audio 5004 RTP/AVP 98', ['a=rtpmap:98 L16/48000']],
  ])('does not take %s', (_, m, media) => {
    expect(session().answer(audioOffer(media, { m }))).toMatchObject({
      type: 'reject',
      warning: { code: 305 },
    });
  });

  it.each([
    ['at the clock of Opus', '111 0 110 126', 'opus', { payloadType: 110, clockRate: 48_000 }],
    ['at the clock of G.711', '0 111 110 126', 'PCMU', { payloadType: 126, clockRate: 8_000 }],
    [
      'at 8000 Hz beside Opus, where there are no others',
      '111 0 126',
      'opus',
      { payloadType: 126, clockRate: 8_000 },
    ],
    ['not at 48 000 Hz beside G.711', '0 111 110', 'PCMU', undefined],
  ])('takes events %s', (_, formats, name, event) => {
    const offer = audioOffer(
      [
        'a=rtpmap:111 opus/48000/2',
        'a=rtpmap:110 telephone-event/48000',
        'a=rtpmap:126 telephone-event/8000',
      ],
      { m: `m=audio 5004 RTP/AVP ${formats}` },
    );
    const { audio } = answered(session().answer(offer));
    expect(audio.codec.name).toBe(name);
    expect(audio.telephoneEvent).toEqual(event);
  });

  it.each([
    ['0 13 96', 13],
    ['96 13', undefined],
    ['97 13 98', 98],
    ['0 98', undefined],
  ])('takes comfort noise at the clock of the codec alone: %s', (formats, payloadType) => {
    const offer = audioOffer(
      ['a=rtpmap:96 opus/48000/2', 'a=rtpmap:97 L16/16000', 'a=rtpmap:98 CN/16000'],
      { m: `m=audio 5004 RTP/AVP ${formats}` },
    );
    const { audio, sdp } = answered(session().answer(offer));
    expect(audio.comfortNoise).toBe(payloadType);
    expect(/CN\/\d+/.test(sdp)).toBe(payloadType !== undefined);
  });

  it('has one codec, whatever was offered (RFC 3264 §6.1)', () => {
    const { audio, sdp } = answered(session().answer(phones.baresip));
    expect(parse(sdp).media[0]?.rtp.map(({ codec }) => codec)).toEqual(['opus', 'telephone-event']);
    expect(audio.alternatives).toBeUndefined();
  });

  it.each([
    ['opus', 'a=ptime:30', 20],
    ['opus', 'a=ptime:50', 40],
    ['opus', 'a=ptime:60', 60],
    ['opus', 'a=ptime:120', 60],
    ['opus', 'a=maxptime:10', 10],
    ['opus', 'a=ptime:3', 10],
    ['L16', 'a=ptime:60', 40],
    ['G722', 'a=ptime:50', 50],
  ])('sends packets that %s can have: %s', (codec, attribute, ptime) => {
    const offer = audioOffer(['a=rtpmap:96 opus/48000/2', 'a=rtpmap:97 L16/16000', attribute], {
      m: 'm=audio 5004 RTP/AVP 96 97 9',
    });
    const leg = session({ codecs: [codec as 'opus'] });
    expect(answered(leg.answer(offer)).audio.ptime).toBe(ptime);
  });
});

describe('an offer of ours', () => {
  it('lists every codec once, events at each clock, and comfort noise', () => {
    expect(audioOf(session().offer())).toEqual([
      'm=audio 30000 RTP/AVP 0 8 9 107 108 109 13 101 110 111',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:107 opus/48000/2',
      'a=fmtp:107 useinbandfec=1',
      'a=rtpmap:108 L16/16000',
      'a=rtpmap:109 L16/8000',
      'a=rtpmap:13 CN/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=rtpmap:110 telephone-event/48000',
      'a=fmtp:110 0-15',
      'a=rtpmap:111 telephone-event/16000',
      'a=fmtp:111 0-15',
      'a=ptime:20',
      'a=maxptime:60',
      'a=sendrecv',
    ]);
  });

  it('has events at 8000 Hz only, and no maxptime, without Opus', () => {
    const text = session({ codecs: ['PCMU', 'G722'], comfortNoise: false }).offer();
    expect(audioOf(text)[0]).toBe('m=audio 30000 RTP/AVP 0 9 101');
    expect(text).not.toContain('maxptime');
  });

  it('is settled by the first codec of the answer; the others may come besides, under our numbers', () => {
    const leg = session({ codecs: ['PCMU', 'opus'] });
    leg.offer();
    const result = leg.accept(
      audioOffer(
        [
          'a=rtpmap:120 opus/48000/2',
          'a=fmtp:120 usedtx=1',
          'a=rtpmap:121 telephone-event/48000',
          'a=rtpmap:101 telephone-event/8000',
        ],
        { m: 'm=audio 5004 RTP/AVP 120 0 13 121 101' },
      ),
    );
    expect(result).toMatchObject({
      type: 'accepted',
      audio: {
        codec: {
          name: 'opus',
          payloadType: 120,
          receivePayloadType: 107,
          clockRate: 48_000,
          opus: { useDtx: true },
        },
        alternatives: [{ name: 'PCMU', payloadType: 0, clockRate: 8_000 }],
        telephoneEvent: { payloadType: 121, receivePayloadType: 110, clockRate: 48_000 },
      },
    });
    expect(result.type === 'accepted' && result.audio.comfortNoise).toBeUndefined();
  });

  it('is not settled by a codec that was not in it', () => {
    const leg = session({ codecs: ['PCMU'] });
    leg.offer();
    const answer = audioOffer(['a=rtpmap:96 opus/48000/2'], { m: 'm=audio 5004 RTP/AVP 96 8' });
    expect(leg.accept(answer)).toEqual({
      type: 'refused',
      reason: 'the answer has no codec that was offered',
    });
  });
});

describe('payload types', () => {
  it('keep their meaning for the session, the peer’s too (RFC 3264 §8.3.2)', () => {
    const leg = session({ codecs: ['PCMU', 'opus'], comfortNoise: false });
    answered(
      leg.answer(
        audioOffer(
          [
            'a=rtpmap:107 speex/16000',
            'a=rtpmap:101 opus/48000/2',
            'a=rtpmap:120 telephone-event/48000',
          ],
          { m: 'm=audio 5004 RTP/AVP 0 107 101 120' },
        ),
      ),
    );
    // Opus and events at 48 000 Hz have the peer's numbers; our 101 means something else now.
    expect(audioOf(leg.offer())[0]).toMatch(
      /^m=audio 30000 RTP\/AVP 0 101 (?!107|101|120)\d+ 120$/,
    );
    expect(leg.offer()).toBe(leg.offer());
  });

  it('that were offered once are offered again after an answer with other ones', () => {
    const leg = session({ codecs: ['opus'] });
    const offered = audioOf(leg.offer())[0];
    leg.accept(audioOffer(['a=rtpmap:120 opus/48000/2'], { m: 'm=audio 5004 RTP/AVP 120' }));
    expect(audioOf(leg.offer())[0]).toBe(offered);
  });
});

describe('RTCP on the port of RTP (RFC 5761, RFC 8035)', () => {
  it('is answered when it is offered, and only then', () => {
    const asked = answered(session().answer(audioOffer(['a=rtcp-mux', 'a=rtcp:5010'])));
    expect(asked.sdp).toContain('\r\na=rtcp-mux\r\n');
    expect(asked.audio.rtcpMux).toBe(true);
    expect(asked.audio.remote.rtcp).toBeUndefined();
    const not = answered(session({ rtcpMux: true }).answer(audioOffer()));
    expect(not.sdp).not.toContain('rtcp-mux');
    expect(not.audio.rtcpMux).toBeUndefined();
  });

  it('is not answered where a payload type looks like RTCP (RFC 5761 §4)', () => {
    const offer = audioOffer(['a=rtcp-mux', 'a=rtpmap:72 PCMU/8000'], {
      m: 'm=audio 5004 RTP/AVP 72',
    });
    const { audio, sdp } = answered(session().answer(offer));
    expect(audio.codec.payloadType).toBe(72);
    expect(sdp).not.toContain('rtcp-mux');
  });

  it('is offered where that is wished, with the port for those who do not know it', () => {
    const leg = session({ rtcpMux: true });
    expect(leg.offer()).toContain('a=sendrecv\r\na=rtcp:30001\r\na=rtcp-mux\r\n');
    const without = leg.accept(audioOffer(['a=rtcp:5009']));
    expect(without).toMatchObject({
      audio: { remote: { rtcp: { host: '192.0.2.20', port: 5009 } } },
    });
    expect(without.type === 'accepted' && without.audio.rtcpMux).toBeUndefined();
    expect(session().offer()).not.toContain('rtcp');
  });

  it('that was agreed is offered again, and that was refused is not', () => {
    const leg = session({ rtcpMux: true });
    leg.offer();
    expect(leg.accept(audioOffer(['a=rtcp-mux']))).toMatchObject({ audio: { rtcpMux: true } });
    expect(leg.offer()).toContain('a=rtcp-mux');
    const other = session();
    answered(other.answer(audioOffer(['a=rtcp-mux'])));
    expect(other.offer()).toContain('a=rtcp-mux');
    const third = session({ rtcpMux: true });
    third.offer();
    third.accept(audioOffer());
    expect(third.offer()).not.toContain('a=rtcp-mux');
  });
});
