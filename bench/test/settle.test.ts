import { expect, it } from 'vitest';
import { saturationNotes } from '../src/parts/settle/saturation.ts';

const sample = { rowsPerSecond: 1, replicaMicros: 10, databaseMicros: 30, busyShare: 0.5 };

it('nothing is said of contenders that left a core free', () => {
  expect(saturationNotes({ ours: [sample, sample] })).toEqual([]);
});

it('a saturated machine is said, with the share of the database', () => {
  expect(saturationNotes({ ours: [sample], queue: [{ ...sample, busyShare: 0.92 }] })).toEqual([
    'queue: the machine was saturated, 92 % of all cores, 75 % of that the database.',
  ]);
});
