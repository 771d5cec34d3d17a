/** Whether `expected` stands in `bytes` at `at`. A loop, because a call into the runtime takes longer than a few bytes do. */
export function hasBytes(bytes: Buffer, at: number, expected: Buffer): boolean {
  for (let i = 0; i < expected.length; i += 1) if (bytes[at + i] !== expected[i]) return false;
  return true;
}
