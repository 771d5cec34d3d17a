/** What a JSON text may hold at most, whatever its length. */
export interface JsonBounds {
  /** Names and values together. A list of empty lists takes 13 times its text in memory: what counts is the number of things. */
  maxParts: number;
  maxDepth: number;
}

export type JsonSize = { parts: number } | 'too_many' | 'too_deep';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openings = [0x5b, 0x7b]; // [ {
const closings = [0x5d, 0x7d];

/** What each byte does outside of strings. */
const plain = 0;
const separates = 1;
const opens = 2;
const closes = 3;
const begins = 4;
const roles = new Uint8Array(256);
for (const byte of [comma, colon]) roles[byte] = separates;
for (const byte of openings) roles[byte] = opens;
for (const byte of closings) roles[byte] = closes;
roles[quote] = begins;

/**
 * Counts names and values, and how deep they are nested, in one pass over the bytes and before anything is made of them. Right for valid
 * JSON; for any other text it is an upper bound of what `JSON.parse` makes before it refuses.
 */
export function measureJson(bytes: Uint8Array, { maxParts, maxDepth }: JsonBounds): JsonSize {
  let parts = 1;
  let depth = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const role = roles[bytes[index] as number];
    if (role === plain) continue;
    if (role === begins) index = endOfString(bytes, index);
    else if (role === closes) depth -= 1;
    else {
      parts += 1;
      if (parts > maxParts) return 'too_many';
      if (role === opens && ++depth > maxDepth) return 'too_deep';
    }
  }
  return { parts };
}

/** The index of the closing quote, or the end of the text. */
function endOfString(bytes: Uint8Array, start: number): number {
  let index = start + 1;
  for (; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === quote) return index;
    if (byte === backslash) index += 1;
  }
  return index;
}
