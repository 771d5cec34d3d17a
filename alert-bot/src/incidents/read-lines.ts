import { type BlockScan, readBlocks } from './read-blocks.ts';

const newline = 0x0a;

/** Calls `onLine` with every complete line, newline excluded; the buffer is only valid during the call. */
export function readLines(path: string, onLine: (line: Buffer, number: number) => void): Promise<BlockScan> {
  let number = 0;
  const onBlock = (block: Buffer) => {
    let start = 0;
    for (let at = block.indexOf(newline); at !== -1; at = block.indexOf(newline, start)) {
      number += 1;
      onLine(block.subarray(start, at), number);
      start = at + 1;
    }
  };
  return readBlocks(path, { onBlock });
}
