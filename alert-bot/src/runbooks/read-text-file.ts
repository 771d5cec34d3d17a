import { open, stat } from 'node:fs/promises';

/**
 * The text of a file of at most `maxBytes`.
 * @throws Error that says what is wrong with it
 */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  // opening a pipe that nobody writes into would wait for ever
  if (!(await stat(path)).isFile()) throw new Error('it is not a file');
  const bytes = await readAtMost(path, maxBytes + 1);
  if (bytes.length > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes); // also takes a byte order mark away
  } catch {
    throw new Error('it is not UTF-8 text');
  }
}

async function readAtMost(path: string, maxBytes: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(maxBytes);
    let length = 0;
    for (let more = 1; more > 0 && length < maxBytes; length += more)
      more = (await file.read(buffer, length, maxBytes - length, null)).bytesRead;
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}
