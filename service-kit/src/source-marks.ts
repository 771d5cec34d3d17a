/** A place in a generated file; lines and columns count from 0. */
export interface Position {
  line: number;
  column: number;
}

/** A place in a source file; `source` is its index in the map's `sources`. */
export interface Mark extends Position {
  source: number;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Uint8Array(128);
for (let index = 0; index < letters.length; index += 1) values[letters.charCodeAt(index)] = index;

const comma = 44;
const semicolon = 59;

interface Reading {
  /** Of the generated file; the segment that was read last begins here. */
  line: number;
  column: number;
  source: number;
  originalLine: number;
  originalColumn: number;
}

/**
 * For each position the last mark at or before it, in one pass that stops at the last position and keeps nothing: node's own
 * `SourceMap` holds an array for every mark. `mappings` are base64 VLQ, each field the difference to the one before (ECMA-426).
 */
export function findMarks(mappings: string, positions: readonly Position[]): (Mark | undefined)[] {
  const found: (Mark | undefined)[] = positions.map(() => undefined);
  const wanted = positions.map((position, index) => ({ ...position, index })).sort(inOrder);
  const at: Reading = { line: 0, column: 0, source: 0, originalLine: 0, originalColumn: 0 };
  let before: Mark | undefined;
  for (let index = 0; index < mappings.length && wanted.length > 0; ) {
    index = readSegment(mappings, index, at);
    while (wanted[0] && inOrder(wanted[0], at) < 0) found[wanted.shift()?.index ?? 0] = before;
    before = { source: at.source, line: at.originalLine, column: at.originalColumn };
  }
  for (const { index } of wanted) found[index] = before;
  return found;
}

const inOrder = (a: Position, b: Position) => a.line - b.line || a.column - b.column;

/** Reads one segment and the separators before it into `at`. @returns where the next one begins */
function readSegment(mappings: string, start: number, at: Reading): number {
  let index = start;
  for (; mappings.charCodeAt(index) === semicolon || mappings.charCodeAt(index) === comma; index += 1) {
    if (mappings.charCodeAt(index) === comma) continue;
    at.line += 1;
    at.column = 0;
  }
  for (let field = 0; index < mappings.length; field += 1) {
    const code = mappings.charCodeAt(index);
    if (code === semicolon || code === comma) break;
    let value = 0;
    let digit = 32;
    for (let shift = 0; digit & 32; shift += 5) {
      digit = values[mappings.charCodeAt(index)] ?? 0;
      value |= (digit & 31) << shift;
      index += 1;
    }
    addField(at, field, value & 1 ? -(value >> 1) : value >> 1);
  }
  return index;
}

function addField(at: Reading, field: number, change: number): void {
  if (field === 0) at.column += change;
  else if (field === 1) at.source += change;
  else if (field === 2) at.originalLine += change;
  else if (field === 3) at.originalColumn += change;
}
