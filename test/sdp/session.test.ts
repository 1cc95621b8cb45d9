import { parse } from 'sdp-transform';
import type { AnswerResult, AudioCapabilities } from '../../runtime/sdp/port';
import { SdpSession } from '../../runtime/sdp/session';
import { audioOffer, phones } from './offers';

const capabilities: AudioCapabilities = {
  codecs: ['PCMU', 'PCMA'],
  preference: 'theirs',
  ptime: 20,
  telephoneEvent: true,
};
const local = { host: '198.51.100.1', port: 30_000, sessionId: '4242' };

function session(changes: Partial<AudioCapabilities> = {}, host = local.host): SdpSession {
  return new SdpSession({ ...local, host }, { ...capabilities, ...changes });
}

function answered(result: AnswerResult) {
  if (result.type !== 'answer') throw new Error(`rejected: ${result.warning.text}`);
  return result;
}

function warning(result: AnswerResult): number {
  if (result.type !== 'reject') throw new Error(result.sdp);
  expect(result.status).toBe(488);
  return result.warning.code;
}

function direction(sdp: string): string | undefined {
  return parse(sdp).media.find(({ port }) => port !== 0)?.direction;
}

function version(sdp: string): number {
  return parse(sdp).origin.sessionVersion;
}

describe('an answer', () => {
  it('is this text, byte for byte', () => {
    expect(answered(session().answer(phones.baresip)).sdp).toBe(
      [
        'v=0',
        'o=- 4242 1 IN IP4 198.51.100.1',
        's=-',
        'c=IN IP4 198.51.100.1',
        't=0 0',
        'm=audio 30000 RTP/AVP 0 101',
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-15',
        'a=ptime:20',
        'a=sendrecv',
        '',
      ].join('\r\n'),
    );
  });

  it.each([
    ['baresip', 'PCMU', 0, 101, '192.0.2.10', 10_034, 10_035],
    ['linphone', 'PCMU', 0, 100, '192.0.2.11', 7078, undefined],
    ['asterisk', 'PCMA', 8, 101, '192.0.2.12', 17_082, undefined],
    ['sipp', 'PCMU', 0, undefined, '127.0.0.1', 6000, undefined],
    ['pjsua', 'PCMU', 0, 120, '192.0.2.13', 4000, 4001],
  ] as const)('agrees with %s', (phone, name, payloadType, event, host, port, rtcp) => {
    const { audio, sdp } = answered(session().answer(phones[phone]));
    expect(audio).toEqual({
      remote: {
        rtp: { host, port },
        ...(rtcp === undefined ? {} : { rtcp: { host, port: rtcp } }),
      },
      codec: { name, payloadType, clockRate: 8000 },
      ...(event === undefined ? {} : { telephoneEvent: { payloadType: event, clockRate: 8000 } }),
      direction: 'sendrecv',
      held: false,
      ptime: 20,
    });
    expect(parse(sdp).media).toHaveLength(parse(phones[phone]).media.length);
  });

  it('takes the codec that we prefer when our order counts', () => {
    expect(answered(session({ preference: 'ours' }).answer(phones.asterisk)).audio.codec.name).toBe(
      'PCMU',
    );
    expect(
      answered(session({ preference: 'ours', codecs: ['PCMA', 'PCMU'] }).answer(phones.baresip))
        .audio.codec.name,
    ).toBe('PCMA');
  });

  it('does not take a codec that is not among ours', () => {
    expect(answered(session({ codecs: ['PCMU'] }).answer(phones.asterisk)).audio.codec.name).toBe(
      'PCMU',
    );
    expect(warning(session({ codecs: ['PCMA'] }).answer(phones.sipp))).toBe(305);
  });

  it('knows static payload types without rtpmap', () => {
    const { audio } = answered(
      session().answer(audioOffer([], { m: 'm=audio 5004 RTP/AVP 13 18 8' })),
    );
    expect(audio.codec).toEqual({ name: 'PCMA', payloadType: 8, clockRate: 8000 });
  });

  it('repeats the number of a codec at a dynamic payload type, whatever the case of its name', () => {
    const { audio, sdp } = answered(
      session().answer(
        audioOffer(['a=rtpmap:97 pcmu/8000/1', 'a=rtpmap:98 Telephone-Event/8000'], {
          m: 'm=audio 5004 RTP/AVP 97 98',
        }),
      ),
    );
    expect(audio.codec.payloadType).toBe(97);
    expect(audio.telephoneEvent?.payloadType).toBe(98);
    expect(sdp).toContain('m=audio 30000 RTP/AVP 97 98\r\na=rtpmap:97 PCMU/8000\r\n');
  });

  it('does not take a rtpmap of another rate, of two channels, or that redefines payload type 0', () => {
    for (const map of ['PCMU/16000', 'PCMU/8000/2', 'G722/8000']) {
      const result = session().answer(
        audioOffer([`a=rtpmap:0 ${map}`], { m: 'm=audio 5004 RTP/AVP 0' }),
      );
      expect(warning(result)).toBe(305);
    }
  });

  it('ignores telephone-event at 48000 Hz beside G.711, and all of it when it is switched off', () => {
    const offer = audioOffer(['a=rtpmap:110 telephone-event/48000'], {
      m: 'm=audio 5004 RTP/AVP 0 110',
    });
    expect(answered(session().answer(offer)).audio.telephoneEvent).toBeUndefined();
    const off = answered(session({ telephoneEvent: false }).answer(phones.baresip));
    expect(off.audio.telephoneEvent).toBeUndefined();
    expect(off.sdp).not.toContain('telephone-event');
  });

  it('does not accept comfort noise unless it is switched on', () => {
    const offer = audioOffer([], { m: 'm=audio 5004 RTP/AVP 0 13' });
    const off = answered(session().answer(offer));
    expect(off.sdp).toContain('RTP/AVP 0\r\n');
    expect(off.audio.comfortNoise).toBeUndefined();
    const on = answered(session({ comfortNoise: true }).answer(offer));
    expect(on.sdp).toContain('RTP/AVP 0 13\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:13 CN/8000\r\n');
    expect(on.audio.comfortNoise).toBe(13);
  });

  it.each([
    [['a=ptime:30'], 30],
    [['a=ptime:40', 'a=maxptime:20'], 20],
    [['a=maxptime:10'], 10],
    [['a=maxptime:150'], 20],
    [['a=ptime:25'], 20],
    [['a=ptime:5'], 10],
    [['a=ptime:2000'], 60],
    [['a=ptime:0'], 20],
    [[], 20],
  ])('sends packets as long as %j asks: %d ms', (media, ptime) => {
    const { audio, sdp } = answered(session().answer(audioOffer(media)));
    expect(audio.ptime).toBe(ptime);
    expect(sdp).toContain(`a=ptime:${ptime}\r\n`);
  });

  it('has the t= line of the offer (RFC 3264 §6)', () => {
    const offer = audioOffer().replace('t=0 0', 't=2873397496 2873404696');
    expect(answered(session().answer(offer)).sdp).toContain('\r\nt=2873397496 2873404696\r\n');
  });

  it('takes the address of the media line before that of the session', () => {
    const offer = audioOffer(['c=IN IP4 192.0.2.99']);
    expect(answered(session().answer(offer)).audio.remote.rtp.host).toBe('192.0.2.99');
  });

  it('takes port and address from a=rtcp (RFC 3605)', () => {
    const offer = audioOffer(['a=rtcp:53020 IN IP4 192.0.2.77']);
    expect(answered(session().answer(offer)).audio.remote.rtcp).toEqual({
      host: '192.0.2.77',
      port: 53_020,
    });
  });

  it('speaks IPv6 with a peer that does', () => {
    const offer = audioOffer([], { c: 'c=IN IP6 2001:db8::20' });
    const { audio, sdp } = answered(session({}, '2001:db8::1').answer(offer));
    expect(audio.remote.rtp).toEqual({ host: '2001:db8::20', port: 5004 });
    expect(sdp).toContain('o=- 4242 1 IN IP6 2001:db8::1\r\n');
    expect(sdp).toContain('c=IN IP6 2001:db8::1\r\n');
  });
});

describe('directions', () => {
  it.each([
    ['sendrecv', 'sendrecv', false],
    ['sendonly', 'recvonly', true],
    ['recvonly', 'sendonly', false],
    ['inactive', 'inactive', true],
  ] as const)('answers a=%s with a=%s', (offered, ours, held) => {
    for (const offer of [
      audioOffer([`a=${offered}`]),
      audioOffer([], { session: [`a=${offered}`] }),
    ]) {
      const { audio, sdp } = answered(session().answer(offer));
      expect(direction(sdp)).toBe(ours);
      expect(audio.direction).toBe(ours);
      expect(audio.held).toBe(held);
    }
  });

  it('prefers the direction of the media line to that of the session', () => {
    const offer = audioOffer(['a=sendrecv'], { session: ['a=inactive'] });
    expect(answered(session().answer(offer)).audio.direction).toBe('sendrecv');
  });

  it('sends nothing to an address of zeros, though the attribute is answered as it stands (RFC 6337 §5.4)', () => {
    const { audio, sdp } = answered(
      session().answer(audioOffer(['a=rtcp:5005'], { c: 'c=IN IP4 0.0.0.0' })),
    );
    expect(direction(sdp)).toBe('sendrecv');
    expect(audio).toMatchObject({ direction: 'recvonly', held: true });
    expect(audio.remote.rtcp).toBeUndefined();
  });

  it('resumes after either style of hold', () => {
    for (const hold of [audioOffer(['a=sendonly']), audioOffer([], { c: 'c=IN IP4 0.0.0.0' })]) {
      const leg = session();
      expect(answered(leg.answer(audioOffer())).audio.held).toBe(false);
      expect(answered(leg.answer(hold)).audio.held).toBe(true);
      expect(answered(leg.answer(audioOffer())).audio).toMatchObject({
        held: false,
        direction: 'sendrecv',
      });
    }
  });
});

describe('media lines', () => {
  const video = ['m=video 6000 RTP/AVP 31 34', 'a=rtpmap:34 H263/90000'];

  it('are refused with port 0 at their place, with their protocol and formats', () => {
    const offer = audioOffer(
      ['m=application 5100 UDP/BFCP *', 'm=x-new 7000/2 FOO/1 a b', 'm=audio 5006 RTP/AVP 0'],
      { m: `${video.join('\r\n')}\r\nm=audio 5004 RTP/AVP 8` },
    );
    const { sdp, audio } = answered(session().answer(offer));
    expect(sdp.match(/^m=.*$/gm)).toEqual([
      'm=video 0 RTP/AVP 31 34',
      'm=audio 30000 RTP/AVP 8',
      'm=application 0 UDP/BFCP *',
      'm=x-new 0 FOO/1 a b',
      'm=audio 0 RTP/AVP 0',
    ]);
    expect(audio.remote.rtp.port).toBe(5004);
  });

  it.each([
    ['RTP/SAVP', 'm=audio 5002 RTP/SAVP 0'],
    ['TCP', 'm=audio 5002 TCP/RTP/AVP 0'],
    ['other codecs only', 'm=audio 5002 RTP/AVP 18'],
    ['port 0', 'm=audio 0 RTP/AVP 0'],
    ['a series of ports', 'm=audio 5002/2 RTP/AVP 0'],
  ])('with %s are passed over for the next audio line', (_, m) => {
    const { sdp, audio } = answered(
      session().answer(audioOffer(['m=audio 5004 RTP/AVP 0'], { m })),
    );
    expect(audio.remote.rtp.port).toBe(5004);
    expect(sdp.match(/^m=audio \d+/gm)).toEqual(['m=audio 0', 'm=audio 30000']);
  });

  it('keep the stream that is in use when another becomes possible', () => {
    const leg = session();
    const second = ['m=audio 5006 RTP/AVP 0'];
    answered(leg.answer(audioOffer(second, { m: 'm=audio 5004 RTP/AVP 18' })));
    const { audio } = answered(leg.answer(audioOffer(second, { m: 'm=audio 5004 RTP/AVP 0' })));
    expect(audio.remote.rtp.port).toBe(5006);
  });

  it.each([
    [305, 'm=audio 5004 RTP/AVP 18 9'],
    [305, 'm=audio 5004 RTP/AVP 13'],
    [302, 'm=audio 5004 RTP/SAVP 0'],
    [302, 'm=audio 5004 UDP/TLS/RTP/SAVPF 0'],
    [304, 'm=video 5004 RTP/AVP 31'],
    [304, 'm=audio 0 RTP/AVP 0'],
    [399, 'm=audio 5004/2 RTP/AVP 0'],
    [399, 'm=audio 70000 RTP/AVP 0'],
    [399, 'm=audio -1 RTP/AVP 0'],
    [304, 'a=no-media-at-all'],
  ])('that leave nothing give 488 with warning %d: %s', (code, m) => {
    expect(warning(session().answer(audioOffer([], { m })))).toBe(code);
  });

  it('tell why the most promising one was refused', () => {
    const offer = audioOffer(['m=audio 5006 RTP/AVP 18', ...video], {
      m: 'm=audio 5004 RTP/SAVP 0',
    });
    expect(warning(session().answer(offer))).toBe(305);
  });

  it.each([
    [300, 'c=IN IP6 2001:db8::1'],
    [301, 'c=IN IP4 phone.example'],
    [330, 'c=IN IP4 224.2.1.1'],
    [301, 'c=IN IP4 224.2.1.1/127'],
    [399, 'b=AS:64'],
  ])('without a usable address give warning %d: %s', (code, c) => {
    expect(warning(session().answer(audioOffer([], { c })))).toBe(code);
  });

  it('end with CRLF or LF; a CR alone in the text makes it no description', () => {
    expect(session().answer(phones.sipp.replaceAll('\r\n', '\n')).type).toBe('answer');
    expect(warning(session().answer(phones.sipp.replace('m=audio', 'm=\raudio')))).toBe(399);
  });

  it('refuse WebRTC, which needs what we do not have', () => {
    expect(warning(session().answer(phones.chromium))).toBe(302);
  });
});

describe('the version in o=', () => {
  it('stays while the description is the same, and counts by one on a change', () => {
    const leg = session();
    const versions = [
      leg.answer(phones.sipp),
      leg.answer(phones.sipp),
      leg.answer(phones.sipp.replace('6000', '6002')),
      leg.answer(`${phones.sipp}a=sendonly\r\n`),
      leg.answer(phones.sipp),
    ].map((result) => version(answered(result).sdp));
    expect(versions).toEqual([1, 1, 1, 2, 3]);
  });

  it('goes on in offers of ours, with the same session id', () => {
    const leg = session();
    answered(leg.answer(phones.sipp));
    const { origin } = parse(leg.offer());
    expect(origin).toMatchObject({ sessionId: 4242, sessionVersion: 2, address: '198.51.100.1' });
  });

  it('and all that was agreed are untouched by an offer that is rejected', () => {
    const leg = session();
    const { audio } = answered(leg.answer(phones.sipp));
    warning(leg.answer('nonsense'));
    warning(leg.answer(phones.chromium));
    expect(leg.current).toBe(audio);
    expect(version(answered(leg.answer(phones.sipp)).sdp)).toBe(1);
  });
});

describe('an offer of ours', () => {
  it('lists our codecs in our order, telephone-event 101 and the ptime', () => {
    expect(session().offer()).toBe(
      [
        'v=0',
        'o=- 4242 1 IN IP4 198.51.100.1',
        's=-',
        'c=IN IP4 198.51.100.1',
        't=0 0',
        'm=audio 30000 RTP/AVP 0 8 101',
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:8 PCMA/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-15',
        'a=ptime:20',
        'a=sendrecv',
        '',
      ].join('\r\n'),
    );
    expect(session({ telephoneEvent: false, codecs: ['PCMA'] }).offer()).toContain('RTP/AVP 8\r\n');
  });

  it('keeps every media line of the session, and the payload types agreed before (RFC 3264 §8)', () => {
    const leg = session();
    answered(
      leg.answer(
        audioOffer(['a=rtpmap:96 PCMA/8000', 'a=rtpmap:120 telephone-event/8000'], {
          m: 'm=video 6000 RTP/AVP 31\r\nm=audio 5004 RTP/AVP 96 120',
        }),
      ),
    );
    expect(leg.offer().match(/^m=.*$/gm)).toEqual([
      'm=video 0 RTP/AVP 31',
      'm=audio 30000 RTP/AVP 0 96 120',
    ]);
  });

  it('is settled by the answer: the codec it names first, and both numbers of each payload type', () => {
    const leg = session();
    leg.offer();
    const result = leg.accept(
      audioOffer(['a=rtpmap:97 telephone-event/8000', 'a=ptime:40'], {
        m: 'm=audio 5004 RTP/AVP 8 97',
      }),
    );
    expect(result).toEqual({
      type: 'accepted',
      audio: {
        remote: { rtp: { host: '192.0.2.20', port: 5004 } },
        codec: { name: 'PCMA', payloadType: 8, clockRate: 8000 },
        telephoneEvent: { payloadType: 97, receivePayloadType: 101, clockRate: 8000 },
        direction: 'sendrecv',
        held: false,
        ptime: 40,
      },
    });
    expect(leg.current).toBe(result.type === 'accepted' && result.audio);
  });

  it('puts the peer on hold and takes it back; the peer is not held by its own recvonly', () => {
    const leg = session();
    answered(leg.answer(audioOffer()));
    expect(direction(leg.offer({ direction: 'sendonly' }))).toBe('sendonly');
    const held = leg.accept(audioOffer(['a=recvonly']));
    expect(held).toMatchObject({ audio: { direction: 'sendonly', held: false } });
    // A later offer of the peer's does not take our hold away.
    expect(direction(answered(leg.answer(audioOffer())).sdp)).toBe('sendonly');
    expect(direction(leg.offer({ direction: 'sendrecv' }))).toBe('sendrecv');
    expect(leg.accept(audioOffer())).toMatchObject({ audio: { direction: 'sendrecv' } });
  });

  it('that the peer answers on hold makes the leg held', () => {
    const leg = session();
    leg.offer();
    expect(leg.accept(audioOffer(['a=inactive']))).toMatchObject({
      audio: { direction: 'inactive', held: true },
    });
  });

  it.each([
    ['malformed text', 'v=1'],
    ['one media line too many', audioOffer(['m=video 0 RTP/AVP 31'])],
    ['none', audioOffer([], { m: 'a=x' })],
    ['our stream refused', audioOffer([], { m: 'm=audio 0 RTP/AVP 0' })],
    ['another transport', audioOffer([], { m: 'm=audio 5004 RTP/SAVP 0' })],
    ['a codec that was not offered', audioOffer([], { m: 'm=audio 5004 RTP/AVP 18' })],
    ['video in place of audio', audioOffer([], { m: 'm=video 5004 RTP/AVP 0' })],
  ])('refuses an answer with %s', (_, text) => {
    const leg = session();
    leg.offer();
    expect(leg.accept(text).type).toBe('refused');
    expect(leg.current).toBeUndefined();
  });

  it('refuses an answer that revives a stream we had refused, and one to no offer', () => {
    const leg = session();
    const both = audioOffer(['m=video 6000 RTP/AVP 31']);
    answered(leg.answer(both));
    expect(leg.accept(both)).toEqual({ type: 'refused', reason: 'there is no offer to answer' });
    leg.offer();
    expect(leg.accept(both).type).toBe('refused');
    leg.offer();
    expect(leg.accept(audioOffer(['m=video 0 RTP/AVP 31'])).type).toBe('accepted');
    expect(leg.accept(audioOffer(['m=video 0 RTP/AVP 31'])).type).toBe('refused');
  });
});
