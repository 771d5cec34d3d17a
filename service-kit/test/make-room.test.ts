import { expect, it } from 'vitest';
import { makeRoom } from '../src/make-room.ts';

it('garbage is collected when what comes may not fit into the memory limit, and only then', async () => {
  let garbage: object | undefined = { text: 'x'.repeat(1_000) };
  const seen = new WeakRef(garbage);
  garbage = undefined;
  await new Promise((resolve) => setImmediate(resolve)); // a WeakRef keeps what it was made of for the rest of its turn
  const { rss } = process.memoryUsage();
  expect([makeRoom(1_000_000, 0), makeRoom(1_000_000, 2 * rss)]).toEqual([false, false]);
  expect(makeRoom(2 * rss, 2 * rss)).toBe(true);
  expect(seen.deref()).toBeUndefined();
});
