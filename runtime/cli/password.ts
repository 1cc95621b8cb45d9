import { below, type Random } from '../core/random';

/** What a person types on; `process.stdin` where it is a terminal. */
export interface Keyboard {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface Prompt {
  write(text: string): unknown;
}

/** None that is taken for another: neither 0 and O nor 1, I and l. */
const letters = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const generatedLength = 20;

/** A line has an end: what goes on for so long is no password. */
const longest = 1_024;

/** 116 bits: nobody guesses it, and a phone takes it by copy and paste. */
export function generatePassword(random: Random): string {
  let password = '';
  for (let i = 0; i < generatedLength; i += 1) {
    password += letters.charAt(below(random, letters.length));
  }
  return password;
}

/** The first line of a stream. Rejects when there is nothing in it. */
export async function passwordFrom(input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    chunks.push(chunk);
    size += chunk.length;
    if (chunk.includes(10) || size > longest) break;
  }
  const [line = ''] = Buffer.concat(chunks).toString('utf8').split(/\r?\n/, 1);
  if (line === '') throw new Error('no password on standard input');
  if (line.length > longest) throw new Error('the password on standard input is too long');
  return line;
}

/** Asks twice, without echo. Rejects when the two differ, or with nothing typed. */
export async function askPassword(
  keyboard: Keyboard,
  prompt: Prompt,
  username: string,
): Promise<string> {
  const lines = new HiddenLines(keyboard, prompt);
  const password = await lines.ask(`Password for ${username}: `);
  if (password === '') throw new Error('a password cannot be empty');
  const again = await lines.ask('The same again: ');
  if (again !== password) throw new Error('the two passwords differ');
  return password;
}

const keys = { enter: 13, lineFeed: 10, interrupt: 3, endOfInput: 4, backspace: 8, delete: 127 };

/** Lines that are typed on a terminal which does not show them. */
class HiddenLines {
  /** What was typed, or pasted, before it was asked for. */
  private ahead: Buffer = Buffer.alloc(0);

  constructor(
    private readonly keyboard: Keyboard,
    private readonly prompt: Prompt,
  ) {}

  ask(question: string): Promise<string> {
    const { keyboard, prompt } = this;
    return new Promise((resolve, reject) => {
      const typed: number[] = [];
      const finish = (end: () => void): void => {
        keyboard.off('data', onData);
        keyboard.setRawMode?.(false);
        keyboard.pause();
        prompt.write('\n');
        end();
      };
      const onData = (chunk: Buffer): void => {
        for (const [index, code] of chunk.entries()) {
          if (code === keys.enter || code === keys.lineFeed) {
            this.ahead = chunk.subarray(index + 1);
            finish(() => resolve(Buffer.from(typed).toString('utf8')));
            return;
          }
          if (code === keys.interrupt || code === keys.endOfInput) {
            finish(() => reject(new Error('no password was given')));
            return;
          }
          if (code === keys.backspace || code === keys.delete) removeLast(typed);
          else if (code >= 32 && typed.length < longest) typed.push(code);
        }
      };
      prompt.write(question);
      keyboard.setRawMode?.(true);
      keyboard.on('data', onData);
      const { ahead } = this;
      this.ahead = Buffer.alloc(0);
      keyboard.resume();
      onData(ahead);
    });
  }
}

/** One character, which may be several octets of UTF-8. */
function removeLast(typed: number[]): void {
  let octet = typed.pop();
  while (octet !== undefined && (octet & 0xc0) === 0x80) octet = typed.pop();
}
