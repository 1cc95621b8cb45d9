/**
 * Whoever reads standard output may stop before the end, as `head` and `less` do. Nobody wants the rest
 * then, and nothing went wrong: `onClosed` says how to go on. Any other failure of a write is thrown.
 */
export function whenReaderLeaves(onClosed: () => void): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    onClosed();
  });
}
