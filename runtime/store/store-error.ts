import { CallchartError, describeError } from '../core/errors';

/** The database cannot be opened, read or written; the message says what to do. Code `CALLCHART_STORE`. */
export class StoreError extends CallchartError {
  constructor(message: string, cause?: unknown) {
    super('CALLCHART_STORE', message, cause === undefined ? {} : { cause });
  }
}

/** SQLite's name for what went wrong: `SQLITE_BUSY`, `SQLITE_CORRUPT`, …. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY');
}

/** What the library says of a file, with what can be done about it. */
export function explainStoreError(file: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  if (code.startsWith('SQLITE_NOTADB') || code.startsWith('SQLITE_CORRUPT')) {
    return new StoreError(
      `${file} is damaged: restore a copy of it, or move it away and add the users anew`,
      error,
    );
  }
  if (isBusy(error)) {
    return new StoreError(
      `${file} is locked by another process; try again when that is done`,
      error,
    );
  }
  if (code.startsWith('SQLITE_FULL')) {
    return new StoreError(`${file} cannot be written: the disk is full`, error);
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'EACCES' || code === 'EROFS') {
    return new StoreError(`${file} cannot be written: check its owner and permissions`, error);
  }
  return new StoreError(`${file} cannot be used: ${describeError(error)}`, error);
}
