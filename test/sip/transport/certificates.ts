import { generate } from 'selfsigned';

export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Subject {
  readonly commonName?: string;
  readonly dns?: readonly string[];
  readonly uris?: readonly string[];
  readonly addresses?: readonly string[];
  readonly notAfter?: Date;
}

/** An authority that is believed in by whoever is given its {@link certificate}. */
export class TestAuthority {
  private constructor(
    readonly certificate: string,
    private readonly key: string,
  ) {}

  static async create(commonName = 'Test Authority'): Promise<TestAuthority> {
    const pair = await generate([{ name: 'commonName', value: commonName }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
      ],
    });
    return new TestAuthority(pair.cert, pair.private);
  }

  /** A certificate of this authority, for servers and clients alike. */
  async issue(subject: Subject): Promise<TestCertificate> {
    const { commonName = 'nobody', dns = [], uris = [], addresses = [], notAfter } = subject;
    const altNames = [
      ...dns.map((value) => ({ type: 2, value }) as const),
      ...uris.map((value) => ({ type: 6, value }) as const),
      ...addresses.map((ip) => ({ type: 7, ip }) as const),
    ];
    const pair = await generate([{ name: 'commonName', value: commonName }], {
      keyType: 'ec',
      algorithm: 'sha256',
      ca: { cert: this.certificate, key: this.key },
      ...(notAfter === undefined
        ? {}
        : { notBeforeDate: new Date(notAfter.getTime() - 86_400_000), notAfterDate: notAfter }),
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'keyUsage', digitalSignature: true },
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        ...(altNames.length === 0 ? [] : [{ name: 'subjectAltName', altNames } as const]),
      ],
    });
    return { certificate: pair.cert, key: pair.private };
  }
}
