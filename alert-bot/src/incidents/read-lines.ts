import { open } from 'node:fs/promises';

const newline = 0x0a;
const chunkBytes = 1 << 20;

export interface LineScan {
  /** Offset after the last newline: where a torn last line begins. */
  end: number;
  size: number;
}

/**
 * Calls `onLine` with every complete line, newline excluded; the buffer is only valid during the call. Memory is bounded by
 * one chunk and the longest line.
 */
export async function readLines(path: string, onLine: (line: Buffer, number: number) => void): Promise<LineScan> {
  const file = await open(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let rest: Buffer = Buffer.alloc(0);
    let size = 0;
    let number = 0;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, size);
      if (bytesRead === 0) return { end: size - rest.length, size };
      size += bytesRead;
      const read = chunk.subarray(0, bytesRead);
      const text = rest.length === 0 ? read : Buffer.concat([rest, read]);
      let start = 0;
      for (let at = text.indexOf(newline); at !== -1; at = text.indexOf(newline, start)) {
        number += 1;
        onLine(text.subarray(start, at), number);
        start = at + 1;
      }
      rest = Buffer.from(text.subarray(start)); // a copy: the chunk is used again
    }
  } finally {
    await file.close();
  }
}
