import { Readable } from 'node:stream';
import {
  askPassword,
  generatePassword,
  type Keyboard,
  passwordFrom,
} from '../../runtime/cli/password';
import { SecureRandom, SeededRandom } from '../../runtime/core/random';

/** A terminal with somebody at it who types one line after the other, each when asked. */
class Typist implements Keyboard {
  raw = false;
  shown = '';
  private listener: ((chunk: Buffer) => void) | undefined;

  constructor(private readonly lines: (string | readonly string[])[]) {}

  setRawMode(raw: boolean): void {
    this.raw = raw;
  }

  on(_event: 'data', listener: (chunk: Buffer) => void): void {
    this.listener = listener;
  }

  off(): void {
    this.listener = undefined;
  }

  resume(): void {
    const line = this.lines.shift() ?? '';
    for (const piece of typeof line === 'string' ? [line] : line) {
      if (!this.raw) throw new Error('the terminal shows what is typed');
      this.listener?.(Buffer.from(piece));
    }
  }

  pause(): void {
    expect(this.listener).toBeUndefined();
  }

  readonly prompt = {
    write: (text: string): void => {
      this.shown += text;
    },
  };
}

function ask(...lines: (string | readonly string[])[]): {
  typist: Typist;
  answer: Promise<string>;
} {
  const typist = new Typist(lines);
  return { typist, answer: askPassword(typist, typist.prompt, 'alice') };
}

describe('a password that is typed', () => {
  it('is asked for twice and never shown', async () => {
    const { typist, answer } = ask('s3cret\r', 's3cret\r');
    expect(await answer).toBe('s3cret');
    expect(typist.shown).toBe('Password for alice: \nThe same again: \n');
    expect(typist.raw).toBe(false);
  });

  it('comes in pieces, and can be corrected by whole characters', async () => {
    const { answer } = ask(['a', 'bü', '\x7f', '\x7f\b\b', 'ok\n'], 'ok\r');
    expect(await answer).toBe('ok');
  });

  it('may be pasted twice at once', async () => {
    const { answer } = ask('s3cret\ns3cret\n');
    expect(await answer).toBe('s3cret');
  });

  it.each([
    ['that is not the same again', ['one\r', 'two\r'], 'the two passwords differ'],
    ['that is empty', ['\r', '\r'], 'a password cannot be empty'],
    ['that is given up with Ctrl-C', ['one\x03'], 'no password was given'],
    ['that is given up with Ctrl-D', ['\x04'], 'no password was given'],
  ])('%s is none', async (_what, lines, message) => {
    const { typist, answer } = ask(...lines);
    await expect(answer).rejects.toThrow(message);
    expect(typist.raw).toBe(false);
  });
});

describe('a password on standard input', () => {
  const from = (...chunks: string[]): Promise<string> =>
    passwordFrom(Readable.from(chunks.map((chunk) => Buffer.from(chunk))));

  it.each([
    ['a line', ['s3cret\n'], 's3cret'],
    ['a line of Windows', ['s3cret\r\nmore'], 's3cret'],
    ['text without a line end', ['s3', 'cret'], 's3cret'],
    ['a line with blanks, which count', [' a b \n'], ' a b '],
  ])('is %s', async (_what, chunks, password) => {
    expect(await from(...chunks)).toBe(password);
  });

  it('is missing when there is none, and refused when it never ends', async () => {
    await expect(from('\n')).rejects.toThrow('no password on standard input');
    await expect(from()).rejects.toThrow('no password on standard input');
    await expect(from('x'.repeat(2_000))).rejects.toThrow('too long');
  });
});

describe('a password that is generated', () => {
  it('is twenty letters and digits, none of which looks like another', () => {
    for (let i = 0; i < 100; i += 1) {
      expect(generatePassword(new SecureRandom())).toMatch(/^[a-km-zA-HJ-NP-Z2-9]{20}$/);
    }
  });

  it('is another one each time', () => {
    const random = new SeededRandom(1);
    const passwords = Array.from({ length: 100 }, () => generatePassword(random));
    expect(new Set(passwords).size).toBe(100);
  });
});
