import { eventually } from '@stack/test-kit/eventually';
import { createFakeClock } from '@stack/test-kit/fake-clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGeneratorLease, type GeneratorLease } from '../src/generator-lease.ts';
import { createGenerateStep } from '../src/loops/generate.ts';
import { insertPending } from '../src/sql/insert-pending.ts';
import { openWorkerDatabase, type WorkerDatabase } from './support/database.ts';
import { createLoopHarness, createTestLogger } from './support/loop-harness.ts';

let db: WorkerDatabase;
let leases: GeneratorLease[];
beforeEach(async () => {
  db = await openWorkerDatabase();
  leases = [];
});
afterEach(async () => {
  await Promise.all(leases.map((lease) => lease.release()));
  await db.close();
});

function openLease({ leaseMs = 60_000, name = 'generator-test' } = {}): GeneratorLease {
  const { logger } = createTestLogger();
  const lease = createGeneratorLease({ connectionString: db.url, applicationName: name, logger, leaseMs });
  leases.push(lease);
  return lease;
}

const oneRow = [{ accountId: 'acct-1', amount: '1.00', currency: 'EUR', description: 'test' }];
const insertOne = (lease: GeneratorLease) => lease.withSession((session) => insertPending(session, oneRow));
const pending = async () => (await db.ledger()).pending;

describe("the generator's lock", () => {
  it('is held by one replica at a time, and by the next as soon as it is released', async () => {
    const [first, second] = [openLease(), openLease()];
    expect(await first.acquire()).toBe(true);
    expect(await second.acquire()).toBe(false);
    expect(await first.acquire()).toBe(true);
    expect([first.held(), second.held()]).toEqual([true, false]);
    await first.release();
    leases.shift();
    expect(first.held()).toBe(false);
    await eventually(() => second.acquire());
  });

  it('does not survive its session: the old holder inserts nothing, and learns it by itself', async () => {
    const [first, second] = [openLease({ name: 'first' }), openLease()];
    await first.acquire();
    await db.terminate('first');
    await eventually(() => second.acquire());
    await eventually(() => !first.held());
    expect(await insertOne(second)).toBe(1);
    expect(await first.acquire()).toBe(false); // on a new session
    expect(await pending()).toBe(1);
  });

  it('is lost by a holder that is silent for longer than the lease, and its late batch is refused', async () => {
    const silent = openLease({ leaseMs: 200 });
    const next = openLease();
    await silent.acquire();
    await eventually(() => next.acquire());
    if (silent.held()) await expect(insertOne(silent)).rejects.toThrow();
    expect(await silent.acquire()).toBe(false);
    expect(await pending()).toBe(0);
  });

  it('is kept by a holder that asks again in time', async () => {
    const lease = openLease({ leaseMs: 1_000 });
    await lease.acquire();
    const other = openLease();
    const until = performance.now() + 2_500;
    while (performance.now() < until) {
      expect(await lease.acquire()).toBe(true);
      expect(await other.acquire()).toBe(false);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('is given up after any error, so that a replica that cannot insert does not keep others from it', async () => {
    const lease = openLease();
    await lease.acquire();
    await expect(lease.withSession((session) => session.query('SELECT 1 / 0'))).rejects.toThrow('division by zero');
    expect(lease.held()).toBe(false);
    await eventually(() => openLease().acquire());
  });
});

describe('generating', () => {
  /** A replica's generate loop on simulated time. */
  function startReplica(clock: ReturnType<typeof createFakeClock>, { intervalMs = 5_000, batchSize = 7 } = {}) {
    const harness = createLoopHarness({ clock });
    const lease = openLease();
    const config = { GENERATE_INTERVAL_MS: intervalMs, GENERATE_BATCH_SIZE: batchSize };
    const step = createGenerateStep({ lease, metrics: harness.metrics, random: Math.random, config });
    const running = harness.run(step, 'generate');
    const stop = async () => {
      harness.stop();
      await running;
    };
    return { ...harness, lease, stop };
  }

  /** Moves on second by second; waits each time until every replica is through with its queries. */
  async function passSeconds(clock: ReturnType<typeof createFakeClock>, seconds: number, sleepers: number) {
    for (let second = 0; second < seconds; second++) {
      await eventually(() => clock.sleepers() === sleepers);
      await clock.advance(1_000);
    }
    await eventually(() => clock.sleepers() === sleepers);
  }

  it('inserts one batch at once and then one each interval, however many replicas there are', async () => {
    const clock = createFakeClock();
    const replicas = [startReplica(clock), startReplica(clock), startReplica(clock)];
    await passSeconds(clock, 22, 3);
    await Promise.all(replicas.map((replica) => replica.stop()));
    expect(await pending()).toBe(7 * 5); // at 0, 5, 10, 15 and 20 s
    const counts = await Promise.all(
      replicas.map(({ sampleOf }) => sampleOf('worker_transactions_generated_total', {})),
    );
    expect(counts.sort()).toEqual([0, 0, 35]);
    expect(replicas.filter(({ lease }) => lease.held())).toHaveLength(1);
  });

  it('goes on on another replica when the holder is gone', async () => {
    const clock = createFakeClock();
    const holder = startReplica(clock, { intervalMs: 60_000 });
    await passSeconds(clock, 1, 1);
    const next = startReplica(clock, { intervalMs: 60_000 });
    await passSeconds(clock, 5, 2);
    await holder.stop();
    await holder.lease.release();
    leases.shift();
    await eventually(async () => {
      await passSeconds(clock, 1, 1); // the server learns in real time that the old session is gone
      return next.lease.held();
    });
    await passSeconds(clock, 1, 1);
    expect(await pending()).toBe(14);
    await next.stop();
  });

  it('of batches of 0 takes no lock and still makes progress', async () => {
    const clock = createFakeClock();
    const replica = startReplica(clock, { batchSize: 0 });
    const startedAt = clock.now();
    await passSeconds(clock, 3, 1);
    await replica.stop();
    expect(replica.lease.held()).toBe(false);
    expect(await replica.sampleOf('worker_last_progress_timestamp_seconds', { loop: 'generate' })).toBe(
      startedAt / 1_000 + 3,
    );
    expect(await pending()).toBe(0);
  });

  it('is not put off by a wall clock that jumps back an hour', async () => {
    const clock = createFakeClock();
    const replica = startReplica(clock);
    await passSeconds(clock, 2, 1);
    clock.jump(-3_600_000);
    await passSeconds(clock, 9, 1);
    await replica.stop();
    expect(await pending()).toBe(7 * 3);
  });
});
