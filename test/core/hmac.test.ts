import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { HmacSha256 } from '../../runtime/core/hmac';

describe('HMAC-SHA-256', () => {
  it('is what RFC 4231 §4.2 and §4.7 say', () => {
    const short = new HmacSha256(Buffer.alloc(20, 0x0b));
    expect(short.sign('Hi There', 'hex')).toBe(
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    );
    const long = new HmacSha256(Buffer.alloc(131, 0xaa));
    expect(long.sign('Test Using Larger Than Block-Size Key - Hash Key First', 'hex')).toBe(
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    );
  });

  it('is what the system library says, of any key and message, one after the other', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary', maxLength: 600 }),
            fc.uint8Array({ maxLength: 600 }),
          ),
        ),
        fc.constantFrom('hex', 'base64url', 'binary'),
        (key, messages, encoding) => {
          const mac = new HmacSha256(key);
          for (const message of messages) {
            const expected = createHmac('sha256', key).update(message).digest(encoding);
            expect(mac.sign(message, encoding)).toBe(expected);
          }
        },
      ),
    );
  });
});
