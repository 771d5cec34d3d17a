import { expect, it } from 'vitest';
import { copyScript, secondsOf } from '../src/parts/generate/psql-copy.ts';

it('one psql session copies its files in turn, between two looks at the clock', () => {
  const lines = copyScript(['/a', '/b'], 3).trimEnd().split('\n');
  expect(lines).toHaveLength(5);
  expect(lines.slice(1, 4).map((line) => line.slice(-4))).toEqual([`'/a'`, `'/b'`, `'/a'`]);
  expect(lines[1]).toMatch(/^\\copy transactions \(account_id, amount, currency, description\) from /);
  expect([lines[0], lines[4]]).toEqual(Array(2).fill('SELECT extract(epoch FROM clock_timestamp());'));
});

it('the time of a session is what lies between', () => {
  expect(secondsOf('1700000000.5\n1700000002.75\n')).toBe(2.25);
});

it.each(['', '1700000000.5\n', '2\n1\n', 'ERROR\n2\n', '1\n2\n3\n'])('%j is no session', (output) => {
  expect(() => secondsOf(output)).toThrow('psql printed no two times');
});
