// One process of pg-boss doing jobs that do nothing: two pollers, each fetching and completing 1,000 jobs at a time, the next
// at once as long as batches are full. Maintenance and scheduling are off. Tried: batches of 200 (0.6 times as fast with one
// poller), 1,000 and 5,000, and one poller. Source: https://github.com/timgit/pg-boss, docs/api (workers, constructor)
import { PgBoss } from 'pg-boss';
import { serveReplica } from './queue-replica.mjs';

const { DATABASE_URL: connectionString, BATCH_SIZE = '1000', CONCURRENCY = '2' } = process.env;

const boss = new PgBoss({ connectionString, max: 6, supervise: false, schedule: false });
boss.on('error', (error) => console.error(error));
await boss.start();
await boss.createQueue('settle');

await serveReplica({
  fill: async (database, jobs) => {
    await boss.deleteAllJobs();
    for (let from = 0; from < jobs; from += 10_000) {
      const count = Math.min(10_000, jobs - from);
      await boss.insert(
        'settle',
        Array.from({ length: count }, (_, n) => ({ data: { id: from + n } })),
      );
    }
    await database.query('VACUUM ANALYZE pgboss.job');
  },
  left: "SELECT count(*)::int FROM (SELECT FROM pgboss.job WHERE state < 'completed' LIMIT 1) AS job",
  start: async (handled) => {
    await boss.work(
      'settle',
      {
        batchSize: Number(BATCH_SIZE),
        localConcurrency: Number(CONCURRENCY),
        burstWhenBatchFull: true,
        pollingIntervalSeconds: 0.5,
      },
      async (jobs) => handled(jobs.length),
    );
    return () => boss.offWork('settle', { wait: true });
  },
});
