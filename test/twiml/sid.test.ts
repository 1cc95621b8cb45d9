import { createHash } from 'node:crypto';
import {
  NO_ACCOUNT,
  callSid,
  conferenceSid,
  isSid,
  queueSid,
  recordingSid,
  sidOf,
} from '../../runtime/twiml/sid';

describe('the names that apps know things by', () => {
  it('are two letters and the first 32 hex digits of the SHA-256 of our id', () => {
    const digest = createHash('sha256').update('call-1').digest('hex').slice(0, 32);
    expect(callSid('call-1')).toBe(`CA${digest}`);
    expect(sidOf('MZ', 'call-1')).toBe(`MZ${digest}`);
  });

  it('say what they name', () => {
    const names = [recordingSid('a.wav'), conferenceSid('room'), queueSid('sales'), NO_ACCOUNT];
    expect(names.map((name) => name.slice(0, 2))).toEqual(['RE', 'CF', 'QU', 'AC']);
    expect(names.every((name) => name.length === 34)).toBe(true);
  });

  it('are told from other texts', () => {
    expect(isSid(callSid('x'), 'CA')).toBe(true);
    expect(isSid(callSid('x'), 'RE')).toBe(false);
    expect(isSid('CA123', 'CA')).toBe(false);
  });
});
