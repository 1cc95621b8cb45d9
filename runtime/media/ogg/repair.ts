import type { RecordingFile } from '../recording-files';
import { isOpusHead } from './opus-packets';
import { MAX_PAGE_HEADER_SIZE, pageSize, readPage, writePage, type Page } from './page';

interface Found {
  readonly page: Page;
  readonly at: number;
  readonly size: number;
}

/**
 * Makes a file whole that a crash left: what is behind its last whole page goes, and that page becomes the last
 * of the stream. `empty` has no sound in it, `foreign` is none of ours, and stays as it is.
 */
export async function repairOgg(file: RecordingFile): Promise<'whole' | 'empty' | 'foreign'> {
  const head = await pageAt(file, 0);
  if (head === undefined) {
    return (await file.size()) < LONGEST_HEAD ? 'empty' : 'foreign';
  }
  if (!isOpusHead(head.page.packets[0] ?? new Uint8Array(0))) return 'foreign';
  let last = head;
  while (last.page.last !== true) {
    const next = await pageAt(file, last.at + last.size);
    if (next === undefined || next.page.serial !== head.page.serial) break;
    if (next.page.number !== last.page.number + 1) break;
    last = next;
  }
  // The two pages of the head come before all sound.
  if (last.page.number < 2) return 'empty';
  const end = last.at + last.size;
  if ((await file.size()) > end) await file.truncate(end);
  if (last.page.last !== true) await file.patch(writePage({ ...last.page, last: true }), last.at);
  return 'whole';
}

/** Bytes of the first page of any Opus stream, whatever its channels. */
const LONGEST_HEAD = 28 + 21 + 255;

async function pageAt(file: RecordingFile, at: number): Promise<Found | undefined> {
  const size = pageSize(await file.read(at, MAX_PAGE_HEADER_SIZE));
  if (size === undefined) return undefined;
  const bytes = await file.read(at, size);
  const page = bytes.length < size ? undefined : readPage(bytes);
  return page === undefined ? undefined : { page, at, size };
}
