// One process of graphile-worker doing jobs that do nothing, set up as its page on performance does: jobs are fetched in
// batches by the local queue, completions are written in batches, 24 jobs run at once. Only the local queue is larger than
// the page's 500: with 2,000 it was 1.6 times as fast here, and no faster with 5,000 or more jobs at once.
// Source: https://worker.graphile.org/docs/performance
import { Logger } from '@graphile/logger';
import { run, runMigrations } from 'graphile-worker';
import { serveReplica } from './queue-replica.mjs';

const { DATABASE_URL: connectionString, CONCURRENCY = '24', LOCAL_QUEUE = '2000' } = process.env;

const preset = {
  worker: {
    connectionString,
    concurrentJobs: Number(CONCURRENCY),
    maxPoolSize: Number(CONCURRENCY) + 1,
    localQueue: { size: Number(LOCAL_QUEUE) },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    logger: new Logger(() => () => {}), // it would log a line for each job
  },
};

await runMigrations({ connectionString });
await serveReplica({
  fill: async (database, jobs) => {
    await database.query('TRUNCATE graphile_worker._private_jobs');
    await database.query(
      `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
         SELECT json_populate_record(NULL::graphile_worker.job_spec,
           json_build_object('identifier', 'settle', 'payload', json_build_object('id', n)))
         FROM generate_series(1, $1::int) AS n))`,
      [jobs],
    );
    await database.query('VACUUM ANALYZE graphile_worker._private_jobs');
  },
  left: 'SELECT count(*)::int FROM (SELECT FROM graphile_worker._private_jobs ORDER BY id LIMIT 1) AS job',
  start: async (handled) => {
    const runner = await run({ preset, noHandleSignals: true, taskList: { settle: () => handled(1) } });
    return () => runner.stop();
  },
});
