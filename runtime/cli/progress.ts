/** Shows how far long work has come, on a terminal alone; the line goes away with {@link done}. */
export class Progress {
  constructor(
    private readonly what: string,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  at(done: number, total: number): void {
    if (this.stream.isTTY) this.stream.write(`\r\u001b[K${this.what} ${done} of ${total}`);
  }

  done(): void {
    if (this.stream.isTTY) this.stream.write('\r\u001b[K');
  }
}
