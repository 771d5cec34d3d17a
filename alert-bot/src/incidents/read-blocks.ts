import { type FileHandle, open } from 'node:fs/promises';

const newline = 0x0a;
const blockBytes = 64 * 1_024;

export interface BlockScan {
  /** Offset after the last newline: where a torn last line begins. */
  end: number;
  size: number;
}

/**
 * Calls `onBlock` with blocks of complete lines, in order, each with its offset in the file; the buffer is only valid during
 * the call. The next block is read while one is looked at. Memory is bounded by two blocks, or two of the longest line.
 * @throws Error of the file system
 */
export async function readBlocks(
  path: string,
  onBlock: (block: Buffer, offset: number) => void,
  from = 0,
): Promise<BlockScan> {
  const file = await open(path, 'r');
  try {
    return await readAll(file, onBlock, from);
  } finally {
    await file.close();
  }
}

async function readAll(file: FileHandle, onBlock: (block: Buffer, offset: number) => void, from: number) {
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
    if (spare.length < rest + blockBytes / 2) spare = Buffer.allocUnsafe(2 * (rest + blockBytes)); // one very long line
    current.copy(spare, 0, lines, filled);
    reading = file.read(spare, rest, spare.length - rest, offset + filled);
    if (lines > 0) onBlock(current.subarray(0, lines), offset);
    offset += lines;
    filled = rest;
    [current, spare] = [spare, current];
  }
}
