import { SourceMap } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findMarks } from '../src/source-marks.ts';

// two lines: marks at columns 0 and 4 of the first, none on the second, one at column 2 of the third
const mappings = 'AAAA,IAAI;;EACF,CCAA';

test('a position gets the last mark at or before it, on an earlier line too', () => {
  const positions = [
    { line: 0, column: 3 },
    { line: 0, column: 4 },
    { line: 1, column: 9 },
    { line: 2, column: 1 },
    { line: 2, column: 2 },
    { line: 2, column: 80 },
  ];
  expect(findMarks(mappings, positions)).toEqual([
    { source: 0, line: 0, column: 0 },
    { source: 0, line: 0, column: 4 },
    { source: 0, line: 0, column: 4 },
    { source: 0, line: 0, column: 4 },
    { source: 0, line: 1, column: 2 },
    { source: 1, line: 1, column: 2 },
  ]);
});

test('before the first mark, and in an empty map, there is nothing', () => {
  expect(findMarks(';;EAAA', [{ line: 1, column: 0 }])).toEqual([undefined]);
  expect(findMarks('', [{ line: 7, column: 7 }])).toEqual([undefined]);
});

test('positions in any order get what node’s own reader of source maps finds', () => {
  const sources = ['a.ts', 'b.ts'];
  const payload = { version: 3, file: 'x.js', sources, sourcesContent: [], names: [], mappings, sourceRoot: '' };
  const map = new SourceMap(payload);
  const position = fc.record({ line: fc.nat(4), column: fc.nat(12) });
  fc.assert(
    fc.property(fc.array(position, { minLength: 1 }), (positions) => {
      const theirs = positions.map(({ line, column }) => {
        const entry = map.findEntry(line, column);
        if (!('originalSource' in entry)) return undefined;
        const { originalSource, originalLine, originalColumn } = entry;
        return { source: sources.indexOf(originalSource), line: originalLine, column: originalColumn };
      });
      expect(findMarks(mappings, positions)).toEqual(theirs);
    }),
  );
});
