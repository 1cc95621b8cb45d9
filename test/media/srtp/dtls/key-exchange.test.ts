import {
  createKeyShare,
  GROUPS,
  OUR_GROUPS,
} from '../../../../runtime/media/srtp/dtls/key-exchange';

describe('a key exchange', () => {
  it.each([
    ['X25519', GROUPS.x25519, 32, 32],
    ['P-256', GROUPS.secp256r1, 65, 32],
    ['P-384', GROUPS.secp384r1, 97, 48],
  ])('on %s gives both sides one secret and nobody else', (_, group, size, secretSize) => {
    const [ours, theirs, other] = [
      createKeyShare(group),
      createKeyShare(group),
      createKeyShare(group),
    ];
    if (ours === undefined || theirs === undefined || other === undefined) throw new Error('none');
    expect(ours.publicKey).toHaveLength(size);
    const secret = ours.agree(theirs.publicKey);
    expect(secret).toHaveLength(secretSize);
    expect(theirs.agree(ours.publicKey)).toEqual(secret);
    expect(other.agree(ours.publicKey)).not.toEqual(secret);
  });

  it('gives no secret for what is no key, or one that makes the secret known', () => {
    for (const group of OUR_GROUPS) {
      const share = createKeyShare(group);
      expect(share?.agree(new Uint8Array(0))).toBeUndefined();
      expect(share?.agree(new Uint8Array(31).fill(1))).toBeUndefined();
      expect(share?.agree(new Uint8Array(65).fill(4))).toBeUndefined();
    }
    // RFC 8422 §5.11: small order.
    expect(createKeyShare(GROUPS.x25519)?.agree(new Uint8Array(32))).toBeUndefined();
    expect(
      createKeyShare(GROUPS.x25519)?.agree(Buffer.from(`01${'00'.repeat(31)}`, 'hex')),
    ).toBeUndefined();
  });

  it('knows no other groups', () => {
    expect(createKeyShare(25)).toBeUndefined();
    expect(createKeyShare(0)).toBeUndefined();
  });
});
