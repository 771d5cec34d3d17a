import { withTransaction } from '@stack/service-kit/postgres';
import { expect, it } from 'vitest';
import { createBacklogReader } from '../src/backlog.ts';
import { claimPending } from '../src/sql/claim-pending.ts';
import { countBacklog } from '../src/sql/count-backlog.ts';
import { insertBacklog, openWorkerDatabase } from './support/database.ts';
import { createInstantClock } from './support/instant-clock.ts';

function createReader(answer: () => Promise<unknown>) {
  const clock = createInstantClock();
  let asked = 0;
  const query = () => {
    asked += 1;
    return answer();
  };
  return { clock, read: createBacklogReader({ query } as never, clock), asked: () => asked };
}
const seven = async () => ({ rows: [{ pending: 7, age: 1.5 }] });

it('a thousand readers at once are one query, and so is everybody within the next second', async () => {
  const { clock, read, asked } = createReader(seven);
  const answers = await Promise.all(Array.from({ length: 1_000 }, read));
  expect(answers[999]).toEqual({ pending: 7, oldestAgeSeconds: 1.5 });
  await clock.sleep(999);
  await read();
  expect(asked()).toBe(1);
  await clock.sleep(1);
  await read();
  expect(asked()).toBe(2);
});

it('scrapes of a database that hangs wait behind one query', async () => {
  const { read, asked } = createReader(() => new Promise(() => undefined));
  for (let n = 0; n < 100; n++) void read();
  expect(asked()).toBe(1);
});

it('a failure is told to who asked and forgotten: the next one asks again', async () => {
  let failing = true;
  const { read, asked } = createReader(async () => {
    if (failing) throw new Error('connect ECONNREFUSED');
    return seven();
  });
  await expect(read()).rejects.toThrow('ECONNREFUSED');
  failing = false;
  expect((await read()).pending).toBe(7);
  expect(asked()).toBe(2);
});

it('the backlog is what is pending, claimed or not, and how long the oldest has waited', async () => {
  const db = await openWorkerDatabase();
  try {
    expect(await countBacklog(db.pool)).toEqual({ pending: 0, oldestAgeSeconds: 0 });
    await insertBacklog(db.pool, 30);
    await db.asOwner(`UPDATE transactions SET created_at = now() - interval '90 seconds' WHERE id % 10 = 0`);
    await db.asOwner(`UPDATE transactions SET status = 'failed', settled_at = now() WHERE id % 2 = 1`);
    await withTransaction(db.pool, async (client) => {
      await claimPending(client, { limit: 5, maxHoldMs: 5_000 });
      const { pending, oldestAgeSeconds } = await countBacklog(db.pool);
      expect(pending).toBe(15);
      expect(oldestAgeSeconds).toBeGreaterThanOrEqual(90);
      expect(oldestAgeSeconds).toBeLessThan(120);
    });
    await db.asOwner(`UPDATE transactions SET created_at = now() + interval '1 hour' WHERE status = 'pending'`);
    expect((await countBacklog(db.pool)).oldestAgeSeconds).toBe(0); // another clock's future is no negative age
  } finally {
    await db.close();
  }
});
