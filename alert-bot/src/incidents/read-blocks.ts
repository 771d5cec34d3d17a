import { type FileHandle, open } from 'node:fs/promises';

const newline = 0x0a;
const blockBytes = 64 * 1_024;
/**
 * No line of ours is longer, and none of the versions that took larger alerts; what is longer is passed over, because it
 * would have to be in memory as a whole.
 */
export const maxLineBytes = 4 * 1_024 * 1_024;

export interface BlockScan {
  /** Offset after the last newline: where a torn last line begins. */
  end: number;
  size: number;
}

export interface BlockReader {
  /** Gets blocks of complete lines, in order, each with its offset in the file; the buffer is only valid during the call. */
  onBlock(block: Buffer, offset: number): void;
  /** A line was longer than `maxLineBytes`, and is not in any block. */
  onTooLong?(): void;
}

/**
 * Reads a file from `from` on. The next block is read while one is looked at. Memory is bounded by two blocks, or two of the
 * longest line.
 * @throws Error of the file system
 */
export async function readBlocks(path: string, reader: BlockReader, from = 0): Promise<BlockScan> {
  const file = await open(path, 'r');
  try {
    return await readAll(file, reader, from);
  } finally {
    await file.close();
  }
}

async function readAll(file: FileHandle, reader: BlockReader, from: number): Promise<BlockScan> {
  let offset = from;
  let filled = 0;
  let current = Buffer.allocUnsafe(blockBytes);
  let spare = Buffer.allocUnsafe(blockBytes);
  let reading = file.read(current, 0, blockBytes, offset);
  for (;;) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) return { end: offset, size: offset + filled };
    filled += bytesRead;
    const lines = current.lastIndexOf(newline, filled - 1) + 1;
    const rest = filled - lines;
    if (rest > maxLineBytes) {
      if (lines > 0) reader.onBlock(current.subarray(0, lines), offset);
      const next = await findNewline(file, current, offset + filled);
      if (next === undefined) return { end: offset + lines, size: await sizeOf(file) };
      reader.onTooLong?.();
      offset = next;
      filled = 0;
      reading = file.read(current, 0, current.length, offset);
      continue;
    }
    if (spare.length < rest + blockBytes / 2) spare = Buffer.allocUnsafe(2 * (rest + blockBytes)); // one very long line
    current.copy(spare, 0, lines, filled);
    reading = file.read(spare, rest, spare.length - rest, offset + filled);
    if (lines > 0) reader.onBlock(current.subarray(0, lines), offset);
    offset += lines;
    filled = rest;
    [current, spare] = [spare, current];
  }
}

/** Where the line after the next newline begins; undefined when there is none. `buffer` is written over. */
async function findNewline(file: FileHandle, buffer: Buffer, from: number): Promise<number | undefined> {
  for (let at = from; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return undefined;
    const found = buffer.subarray(0, bytesRead).indexOf(newline);
    if (found >= 0) return at + found + 1;
    at += bytesRead;
  }
}

const sizeOf = async (file: FileHandle): Promise<number> => (await file.stat()).size;
