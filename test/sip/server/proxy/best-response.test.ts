import { createRequest, createResponse } from '../../../../runtime/sip/message/create';
import {
  chooseBest,
  mergeChallenges,
  type Candidate,
} from '../../../../runtime/sip/server/proxy/best-response';

const request = createRequest({
  method: 'INVITE',
  requestUri: 'sip:bob@example.com',
  headers: [
    ['Via', 'SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKone'],
    ['From', '<sip:alice@example.com>;tag=a'],
    ['To', '<sip:bob@example.com>'],
    ['Call-ID', 'call-1'],
    ['CSeq', '1 INVITE'],
  ],
});

/** A response as it came from a branch. */
function received(status: number): Candidate {
  return { status, response: createResponse(request, status, { toTag: `t${status}` }) };
}

describe('RFC 3261 §16.7 step 6: the best response', () => {
  it.each([
    ['of 503, 407, 501 and 404 the 407 (the example of the RFC)', [503, 407, 501, 404], 407],
    ['a 6xx before everything', [302, 401, 603], 603],
    ['the lowest class', [500, 486, 302], 302],
    ['what tells how to ask again', [404, 484, 486], 484],
    ['401 before 407, 415, 420 and 484', [484, 420, 415, 407, 401], 401],
    ['an answer of a phone before one that says that nobody was there', [408, 487, 430, 486], 486],
    ['any other failure of a server before 503', [503, 500], 500],
    ['the first of those that are alike', [486, 404], 486],
  ])('is %s', (_name, statuses, best) => {
    expect(chooseBest(statuses.map(received), false)?.status).toBe(best);
  });

  it('is 487 when the caller has cancelled', () => {
    expect(chooseBest([received(486), received(487)], true)?.status).toBe(487);
  });

  it('is rather what a phone said than the same made up by us', () => {
    const best = chooseBest([{ status: 408 }, received(408)], false);
    expect(best?.response).toBeDefined();
  });

  it('is none where nobody said anything', () => {
    expect(chooseBest([], false)).toBeUndefined();
  });
});

describe('RFC 3261 §16.7 step 7: merging', () => {
  it('adds no challenges to a response that is none', () => {
    const challenge = received(401);
    challenge.response?.headers.append('WWW-Authenticate', 'Digest realm="x"');
    const busy = received(486);
    if (busy.response === undefined) throw new Error('no response');
    mergeChallenges(busy.response, [challenge, busy]);
    expect(busy.response.headers.has('WWW-Authenticate')).toBe(false);
  });
});
