import { type FileHandle, open } from 'node:fs/promises';
import { maxLineBytes } from './read-blocks.ts';

const newline = 0x0a;
const probeBytes = 64 * 1_024;
const headBytes = 40;
/** What is read from the beginning rather than searched. */
const closeEnough = 4 * probeBytes;

/**
 * The offset of a line of the file that is not behind the one with this sequence number, and close to it: lines are in the
 * order of their numbers, so a few looks find it in a file of any size. 0 where a look finds nothing that it knows.
 */
export async function findSeq(path: string, seq: number): Promise<number> {
  const file = await open(path, 'r');
  try {
    let from = 0;
    for (let to = (await file.stat()).size; to - from > closeEnough; ) {
      const middle = Math.floor((from + to) / 2);
      const line = await lineAfter(file, middle);
      if (line !== undefined && line.seq <= seq) from = line.offset;
      else to = middle;
    }
    return from;
  } finally {
    await file.close();
  }
}

/** The next line whose number can be read. */
async function lineAfter(file: FileHandle, offset: number): Promise<{ offset: number; seq: number } | undefined> {
  const probe = Buffer.allocUnsafe(probeBytes);
  for (let at = offset; at < offset + maxLineBytes; at += probeBytes - headBytes) {
    const { bytesRead } = await file.read(probe, 0, probeBytes, at);
    const bytes = probe.subarray(0, bytesRead);
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, end + 1)) {
      const head = /^\{"v":[12],"seq":(\d+),/.exec(bytes.toString('latin1', end + 1, end + 1 + headBytes));
      if (head) return { offset: at + end + 1, seq: Number(head[1]) };
    }
    if (bytesRead < probeBytes) return undefined;
  }
  return undefined;
}
