import { SeededRandom } from '../../runtime/core/random';
import type {
  AnswerResult,
  NegotiatedAudio,
  MediaSecurity,
  SecurityCapabilities,
} from '../../runtime/sdp/port';
import { SdpSession } from '../../runtime/sdp/session';
import { audioOffer, phones } from './offers';

const fingerprint = { algorithm: 'sha-256', value: hex(32, 'A1') };
const theirs = { algorithm: 'sha-256', value: hex(32, '0B') };

function hex(octets: number, octet: string): string {
  return Array.from({ length: octets }, () => octet).join(':');
}

function leg(changes: Partial<SecurityCapabilities> | undefined = {}): SdpSession {
  return new SdpSession(
    { host: '198.51.100.1', port: 30_000, sessionId: '4242' },
    {
      codecs: ['PCMU', 'PCMA'],
      preference: 'theirs',
      ptime: 20,
      telephoneEvent: true,
      security: {
        policy: 'allowed',
        keys: 'sdes',
        opportunistic: false,
        fingerprint,
        random: new SeededRandom(7),
        ...changes,
      },
    },
  );
}

/** Base64 of so many octets, all the same. */
function key(octets: number, octet: number): string {
  return Buffer.alloc(octets, octet).toString('base64');
}

const suite = 'AES_CM_128_HMAC_SHA1_80';
const crypto = (octet: number, tag = 1): string =>
  `a=crypto:${tag} ${suite} inline:${key(30, octet)}`;
const savp = { m: 'm=audio 5004 RTP/SAVP 0' };
const tls = { m: 'm=audio 5004 UDP/TLS/RTP/SAVP 0' };
const certificate = (value = theirs.value): string => `a=fingerprint:sha-256 ${value}`;

function answered(result: AnswerResult) {
  if (result.type !== 'answer') throw new Error(`rejected: ${result.warning.text}`);
  return result;
}

function sdes(audio: NegotiatedAudio): Extract<MediaSecurity, { type: 'sdes' }> {
  if (audio.security?.type !== 'sdes') throw new Error('no keys');
  return audio.security;
}

function accepted(session: SdpSession, text: string): NegotiatedAudio {
  const result = session.accept(text);
  if (result.type !== 'accepted') throw new Error(result.reason);
  return result.audio;
}

/** The lines of a description that protect it, with the m= line first. */
function protection(sdp: string): readonly string[] {
  return sdp.split('\r\n').filter((line) => /^(?:m=|a=(?:crypto|fingerprint|setup))/.test(line));
}

/** The key of the only crypto line. */
function keyIn(sdp: string): Buffer {
  return Buffer.from(/inline:(\S+)/.exec(sdp)?.[1] ?? '', 'base64');
}

describe('keys in an offer (RFC 4568)', () => {
  it('are answered with the tag and suite of the first line that we can do, and a key of ours', () => {
    const { audio, sdp } = answered(
      leg().answer(
        audioOffer(
          [
            `a=crypto:1 F8_128_HMAC_SHA1_80 inline:${key(30, 1)}`,
            `a=crypto:2 AEAD_AES_256_GCM inline:${key(44, 1)}`,
            `a=crypto:3 AES_256_CM_HMAC_SHA1_80 inline:${key(46, 3)}|2^48`,
            crypto(4, 4),
          ],
          savp,
        ),
      ),
    );
    const { suite: agreed, sendKey, receiveKey } = sdes(audio);
    expect(agreed).toBe('AES_256_CM_HMAC_SHA1_80');
    expect(Buffer.from(receiveKey)).toEqual(Buffer.alloc(46, 3));
    expect(sendKey).toHaveLength(46);
    expect(protection(sdp)).toEqual([
      'm=audio 30000 RTP/SAVP 0',
      `a=crypto:3 AES_256_CM_HMAC_SHA1_80 inline:${Buffer.from(sendKey).toString('base64')}`,
    ]);
  });

  it.each(['RTP/SAVP', 'RTP/SAVPF', 'RTP/AVP', 'RTP/AVPF'])(
    'are taken over %s, which the answer has, too',
    (protocol) => {
      const { audio, sdp } = answered(
        leg().answer(audioOffer([crypto(9)], { m: `m=audio 5004 ${protocol} 0` })),
      );
      expect(sdes(audio).suite).toBe(suite);
      expect(protection(sdp)[0]).toBe(`m=audio 30000 ${protocol} 0`);
      expect(protection(sdp)).toHaveLength(2);
    },
  );

  it('are answered with the name that the peer has for the suite', () => {
    const line = `a=crypto:5 AES_CM_256_HMAC_SHA1_32 inline:${key(46, 3)}`;
    const { audio, sdp } = answered(leg().answer(audioOffer([line], savp)));
    expect(sdes(audio).suite).toBe('AES_256_CM_HMAC_SHA1_32');
    expect(sdp).toContain('a=crypto:5 AES_CM_256_HMAC_SHA1_32 inline:');
  });

  it.each([
    ['a lifetime as a power', `1 ${suite} inline:${key(30, 1)}|2^31`],
    ['a lifetime in packets', `1 ${suite} inline:${key(30, 1)}|1048576`],
    ['a window size hint', `1 ${suite} inline:${key(30, 1)} WSH=128`],
    ['a parameter that may be ignored', `1 ${suite} inline:${key(30, 1)} -x=1`],
  ])('may have %s', (_, line) => {
    expect(
      answered(leg().answer(audioOffer([`a=crypto:${line}`], savp))).audio.security,
    ).toBeDefined();
  });

  it.each([
    ['a key that is too short', `1 ${suite} inline:${key(29, 1)}`],
    ['a key that is too long', `1 ${suite} inline:${key(46, 1)}`],
    ['a key that is no base64', `1 ${suite} inline:${'*'.repeat(40)}`],
    ['another key method', `1 ${suite} url:${key(30, 1)}`],
    ['a lifetime beyond 2^48', `1 ${suite} inline:${key(30, 1)}|2^49`],
    ['a lifetime of nothing', `1 ${suite} inline:${key(30, 1)}|0`],
    ['a lifetime with a leading zero', `1 ${suite} inline:${key(30, 1)}|2^031`],
    ['a master key identifier', `1 ${suite} inline:${key(30, 1)}|2^20|1:4`],
    ['a master key identifier alone', `1 ${suite} inline:${key(30, 1)}|1:4`],
    ['two keys', `1 ${suite} inline:${key(30, 1)}|1:4;inline:${key(30, 2)}|2:4`],
    ['a key derivation rate', `1 ${suite} inline:${key(30, 1)} KDR=1`],
    ['no encryption', `1 ${suite} inline:${key(30, 1)} UNENCRYPTED_SRTP`],
    ['no authentication', `1 ${suite} inline:${key(30, 1)} UNAUTHENTICATED_SRTP`],
    ['a parameter that nobody knows', `1 ${suite} inline:${key(30, 1)} NEW=1`],
    ['a tag with a leading zero', `01 ${suite} inline:${key(30, 1)}`],
    ['no tag', `${suite} inline:${key(30, 1)}`],
    ['nothing', ''],
  ])('with %s cannot be used: 488', (_, line) => {
    for (const policy of ['allowed', 'required'] as const) {
      expect(leg({ policy }).answer(audioOffer([`a=crypto:${line}`], savp))).toMatchObject({
        type: 'reject',
        status: 488,
        warning: { code: 302, text: expect.stringContaining('no usable keys') as string },
      });
    }
    // Beside plain RTP they count for nothing, unless the policy wants more.
    const plain = audioOffer([`a=crypto:${line}`]);
    expect(answered(leg().answer(plain)).audio.security).toBeUndefined();
    expect(leg({ policy: 'required' }).answer(plain).type).toBe('reject');
  });

  it('never come back as ours, whatever chance says', () => {
    const constant = { uint32: () => 0x01010101 };
    let calls = 0;
    const random = { uint32: () => (calls++ < 8 ? constant.uint32() : 0x02020202) };
    const { audio } = answered(leg({ random }).answer(audioOffer([crypto(1)], savp)));
    expect(Buffer.from(sdes(audio).sendKey)).not.toEqual(Buffer.alloc(30, 1));
  });
});

describe('re-keying', () => {
  const at = (octet: number, port = 5004): string =>
    audioOffer([crypto(octet)], { m: `m=audio ${port} RTP/SAVP 0` });

  it('does not happen while the offer has the same key and address', () => {
    const session = leg();
    const first = answered(session.answer(at(1)));
    const again = answered(session.answer(`${at(1)}a=sendonly\r\n`));
    expect(sdes(again.audio)).toEqual(sdes(first.audio));
    expect(keyIn(session.offer())).toEqual(keyIn(first.sdp));
  });

  it.each([
    ['the peer’s key is another', at(2)],
    ['the peer’s address is another', at(1, 5010)],
    [
      'the suite is another',
      audioOffer([`a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${key(30, 1)}`], savp),
    ],
  ])('gives us a new key, too, when %s (RFC 4568 §7.1.4)', (_, offer) => {
    const session = leg();
    const first = answered(session.answer(at(1)));
    const next = answered(session.answer(offer));
    expect(keyIn(next.sdp)).not.toEqual(keyIn(first.sdp));
  });

  it('never takes a key again that was in use before', () => {
    const session = leg();
    const other = audioOffer([`a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${key(30, 1)}`], savp);
    const keys = [at(1), other, at(1), audioOffer(), at(1)].map((offer) =>
      keyIn(answered(session.answer(offer)).sdp).toString('hex'),
    );
    const used = keys.filter((each) => each !== '');
    expect(new Set(used).size).toBe(4);
  });

  it('is not done by an offer of ours that is refused', () => {
    const session = leg();
    const first = answered(session.answer(at(1)));
    session.offer();
    expect(session.accept('nonsense').type).toBe('refused');
    expect(session.current?.security).toBe(first.audio.security);
    expect(keyIn(session.offer())).toEqual(keyIn(first.sdp));
  });
});

describe('an offer of ours', () => {
  it('is plain where encryption is allowed, and takes no keys that were not asked for', () => {
    const session = leg();
    expect(protection(session.offer())).toEqual(['m=audio 30000 RTP/AVP 0 8 101']);
    expect(session.accept(audioOffer([crypto(3)], savp)).type).toBe('refused');
  });

  it('has a key for each suite where it is required, no two the same, the strongest first', () => {
    const text = leg({ policy: 'required' }).offer();
    const lines = protection(text);
    expect(lines[0]).toBe('m=audio 30000 RTP/SAVP 0 8 101');
    expect(lines.slice(1).map((line) => line.replace(/inline:.*/, 'inline:'))).toEqual([
      'a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:',
      'a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:',
      'a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:',
    ]);
    expect(new Set(lines).size).toBe(4);
  });

  it('is settled by the line that the answer takes', () => {
    const session = leg({ policy: 'required' });
    const offered = protection(session.offer())[2] ?? '';
    const audio = accepted(session, audioOffer([crypto(5, 2)], savp));
    const { suite: agreed, sendKey, receiveKey } = sdes(audio);
    expect(agreed).toBe(suite);
    expect(offered).toContain(Buffer.from(sendKey).toString('base64'));
    expect(Buffer.from(receiveKey)).toEqual(Buffer.alloc(30, 5));
    // RFC 3264 §8: what was agreed is offered from then on, with the same key.
    expect(protection(session.offer())).toEqual([
      'm=audio 30000 RTP/SAVP 0 8 101',
      `a=crypto:1 ${suite} inline:${Buffer.from(sendKey).toString('base64')}`,
    ]);
  });

  it.each([
    ['is plain', audioOffer()],
    ['is secure without a key', audioOffer([], savp)],
    ['has a tag that was not offered', audioOffer([crypto(5, 9)], savp)],
    ['has another suite for the tag', audioOffer([crypto(5, 1)], savp)],
    ['has a key that is not valid', audioOffer([`a=crypto:2 ${suite} inline:AAAA`], savp)],
    [
      'has a certificate where keys were offered',
      audioOffer([certificate(), 'a=setup:active'], tls),
    ],
  ])('that is required is not settled by an answer that %s', (_, answer) => {
    const session = leg({ policy: 'required' });
    session.offer();
    expect(session.accept(answer).type).toBe('refused');
    expect(session.current).toBeUndefined();
  });

  it('is not settled by our own key', () => {
    const session = leg({ policy: 'required' });
    const own = /a=crypto:2 .*/.exec(session.offer())?.[0] ?? '';
    expect(session.accept(audioOffer([own], savp))).toEqual({
      type: 'refused',
      reason: 'the answer has our own key for SRTP',
    });
  });

  it('says beside plain RTP how it could be protected, where that is wished (RFC 8643)', () => {
    const session = leg({ opportunistic: true });
    const lines = protection(session.offer());
    expect(lines[0]).toBe('m=audio 30000 RTP/AVP 0 8 101');
    expect(lines).toHaveLength(4);
    expect(accepted(session, audioOffer()).security).toBeUndefined();
    // Who knows nothing of it is not asked again.
    expect(protection(session.offer())).toHaveLength(1);
    const other = leg({ opportunistic: true });
    other.offer();
    expect(accepted(other, audioOffer([crypto(5, 2)])).security?.type).toBe('sdes');
    expect(protection(other.offer())).toEqual([
      'm=audio 30000 RTP/AVP 0 8 101',
      expect.stringMatching(/^a=crypto:1 AES_CM_128_HMAC_SHA1_80 /),
    ]);
  });
});

describe('DTLS-SRTP (RFC 5763)', () => {
  it.each([
    ['actpass', 'active', 'client'],
    ['passive', 'active', 'client'],
    ['active', 'passive', 'server'],
  ] as const)('an offer with setup:%s is answered with setup:%s', (offered, setup, role) => {
    for (const protocol of ['UDP/TLS/RTP/SAVP', 'UDP/TLS/RTP/SAVPF', 'RTP/SAVPF', 'RTP/AVP']) {
      const { audio, sdp } = answered(
        leg().answer(
          audioOffer([certificate(), `a=setup:${offered}`], { m: `m=audio 5004 ${protocol} 0` }),
        ),
      );
      expect(audio.security).toEqual({ type: 'dtls', role, fingerprint: theirs });
      expect(protection(sdp)).toEqual([
        `m=audio 30000 ${protocol} 0`,
        `a=fingerprint:sha-256 ${fingerprint.value}`,
        `a=setup:${setup}`,
      ]);
    }
  });

  it('takes fingerprint and setup from the session where the stream has none (RFC 8122 §5)', () => {
    const { audio } = answered(
      leg().answer(audioOffer([], { ...tls, session: [certificate(), 'a=setup:actpass'] })),
    );
    expect(audio.security).toMatchObject({ type: 'dtls', fingerprint: theirs });
    const own = audioOffer([certificate(hex(32, '0C'))], {
      ...tls,
      session: [certificate(), 'a=setup:actpass'],
    });
    expect(answered(leg().answer(own)).audio.security).toMatchObject({
      fingerprint: { value: hex(32, '0C') },
    });
  });

  it('takes the best of several fingerprints, in capitals', () => {
    const { audio } = answered(
      leg().answer(
        audioOffer(
          [
            `a=fingerprint:sha-1 ${hex(20, '01')}`,
            `a=fingerprint:SHA-256 ${hex(32, 'ab')}`,
            `a=fingerprint:md5 ${hex(16, '01')}`,
            'a=setup:actpass',
          ],
          tls,
        ),
      ),
    );
    expect(audio.security).toMatchObject({
      fingerprint: { algorithm: 'sha-256', value: hex(32, 'AB') },
    });
  });

  it.each([
    ['no fingerprint', ['a=setup:actpass']],
    ['MD5', [`a=fingerprint:md5 ${hex(16, '01')}`, 'a=setup:actpass']],
    ['a hash of the wrong length', [`a=fingerprint:sha-256 ${hex(20, '01')}`, 'a=setup:actpass']],
    ['an unknown hash', [`a=fingerprint:sha-3 ${hex(32, '01')}`, 'a=setup:actpass']],
    ['a fingerprint without colons', [`a=fingerprint:sha-256 ${'01'.repeat(32)}`]],
    ['setup:holdconn', [certificate(), 'a=setup:holdconn']],
    ['keys in SDP only', [crypto(1)]],
  ])('with %s is refused: 488', (_, media) => {
    expect(leg().answer(audioOffer(media, tls))).toMatchObject({
      type: 'reject',
      status: 488,
      warning: { code: 302 },
    });
  });

  it('is not there without a certificate', () => {
    const offer = audioOffer([certificate(), 'a=setup:actpass'], tls);
    expect(leg({ fingerprint: undefined }).answer(offer).type).toBe('reject');
    const text = leg({ fingerprint: undefined, policy: 'required', keys: 'dtls' }).offer();
    expect(protection(text)[0]).toContain('RTP/SAVP');
    expect(text).toContain('a=crypto:1');
  });

  it('and keys in SDP are never both in an answer; ours says which', () => {
    const offer = audioOffer([crypto(1), certificate(), 'a=setup:actpass'], savp);
    expect(protection(answered(leg({ keys: 'sdes' }).answer(offer)).sdp)).toEqual([
      'm=audio 30000 RTP/SAVP 0',
      expect.stringMatching(/^a=crypto:1/),
    ]);
    expect(protection(answered(leg({ keys: 'dtls' }).answer(offer)).sdp)).toEqual([
      'm=audio 30000 RTP/SAVP 0',
      expect.stringMatching(/^a=fingerprint/),
      'a=setup:active',
    ]);
  });

  it.each([
    ['a=setup:active', 'server'],
    ['a=setup:passive', 'client'],
    ['a=x', 'client'],
  ])('is offered with setup:actpass; an answer with %s makes us the %s', (setup, role) => {
    const session = leg({ policy: 'required', keys: 'dtls' });
    expect(protection(session.offer())).toEqual([
      'm=audio 30000 UDP/TLS/RTP/SAVP 0 8 101',
      `a=fingerprint:sha-256 ${fingerprint.value}`,
      'a=setup:actpass',
    ]);
    const audio = accepted(session, audioOffer([certificate(), setup], tls));
    expect(audio.security).toEqual({ type: 'dtls', role, fingerprint: theirs });
  });

  it.each([
    ['is plain', audioOffer()],
    ['has no fingerprint', audioOffer(['a=setup:active'], tls)],
    ['has keys in SDP', audioOffer([crypto(1)], savp)],
    ['leaves the roles open', audioOffer([certificate(), 'a=setup:actpass'], tls)],
  ])('is not settled by an answer that %s', (_, answer) => {
    const session = leg({ policy: 'required', keys: 'dtls' });
    session.offer();
    expect(session.accept(answer).type).toBe('refused');
  });

  it('keeps its association when either side offers the same again', () => {
    const session = leg({ policy: 'required', keys: 'dtls' });
    session.offer();
    const first = accepted(session, audioOffer([certificate(), 'a=setup:active'], tls));
    const again = answered(
      session.answer(audioOffer([certificate(), 'a=setup:actpass', 'a=sendonly'], tls)),
    );
    expect(again.audio.security).toEqual(first.security);
    expect(again.sdp).toContain('a=setup:passive');
    // With another certificate it is another one: we begin.
    const other = answered(
      session.answer(audioOffer([certificate(hex(32, '0C')), 'a=setup:actpass'], tls)),
    );
    expect(other.audio.security).toMatchObject({ role: 'client' });
  });

  it.each([
    ['actpass', 'client'],
    ['active', 'server'],
  ])(
    'keeps its role where it was offered setup:%s first, and a later answer leaves the roles open',
    (setup, role) => {
      const session = leg({ policy: 'required', keys: 'dtls' });
      const offer = audioOffer([certificate(), `a=setup:${setup}`], tls);
      const first = answered(session.answer(offer));
      expect(first.audio.security).toMatchObject({ role });
      session.offer({ direction: 'sendonly' });
      const open = audioOffer([certificate(), 'a=setup:actpass', 'a=recvonly'], tls);
      expect(accepted(session, open).security).toEqual(first.audio.security);
      // Another certificate begins another association, and nobody has said how.
      session.offer();
      const other = audioOffer([certificate(hex(32, '0C')), 'a=setup:actpass'], tls);
      expect(session.accept(other).type).toBe('refused');
    },
  );
});

describe('the policy', () => {
  it.each([
    ['keys', audioOffer([crypto(1)], savp)],
    ['a certificate', audioOffer([certificate(), 'a=setup:actpass'], tls)],
  ])('off: a secure offer with %s gets 488, and plain RTP stays plain', (_, offer) => {
    expect(leg({ policy: 'off' }).answer(offer)).toMatchObject({
      type: 'reject',
      status: 488,
      warning: { code: 302 },
    });
    const beside = audioOffer([crypto(1), certificate(), 'a=setup:actpass']);
    const { audio, sdp } = answered(leg({ policy: 'off' }).answer(beside));
    expect(audio.security).toBeUndefined();
    expect(protection(sdp)).toHaveLength(1);
    expect(protection(leg({ policy: 'off', opportunistic: true }).offer())).toHaveLength(1);
  });

  it.each(Object.entries(phones).filter(([name]) => name !== 'chromium'))(
    'required: the plain offer of %s gets 488 with a warning',
    (_, offer) => {
      expect(leg({ policy: 'required' }).answer(offer)).toEqual({
        type: 'reject',
        status: 488,
        warning: {
          code: 302,
          text: 'Incompatible transport protocol: only SRTP is taken here',
        },
      });
    },
  );

  it('required: holds for each later offer and answer, from either side', () => {
    const session = leg({ policy: 'required' });
    const { audio } = answered(session.answer(audioOffer([crypto(1)], savp)));
    expect(session.answer(audioOffer()).type).toBe('reject');
    session.offer();
    expect(session.accept(audioOffer()).type).toBe('refused');
    expect(session.current).toBe(audio);
  });

  it('allowed: what is encrypted is offered so again, and in no other way', () => {
    const session = leg();
    answered(session.answer(audioOffer([crypto(1)], savp)));
    expect(protection(session.offer())).toHaveLength(2);
    expect(session.accept(audioOffer())).toEqual({
      type: 'refused',
      reason: 'the answer is not encrypted',
    });
  });

  it('allowed: the peer itself may go on without', () => {
    const session = leg();
    answered(session.answer(audioOffer([crypto(1)], savp)));
    expect(answered(session.answer(audioOffer())).audio.security).toBeUndefined();
    expect(protection(session.offer())).toEqual(['m=audio 30000 RTP/AVP 0 8 101']);
  });

  it('takes the stream that is protected of two that are offered', () => {
    const both = audioOffer(['m=audio 5006 RTP/SAVP 0', crypto(1)]);
    const { audio, sdp } = answered(leg().answer(both));
    expect(audio.remote.rtp.port).toBe(5006);
    expect(sdp.match(/^m=audio \d+/gm)).toEqual(['m=audio 0', 'm=audio 30000']);
  });
});
