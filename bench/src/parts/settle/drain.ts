import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSecondsOf } from '../../process-cpu.ts';
import { emptyTables, type Stage } from '../generate/stage.ts';
import type { Contender } from './contenders.ts';

export type DrainSample = {
  rowsPerSecond: number;
  /** CPU of all replicas, and of the database, for each row. */
  replicaMicros: number;
  databaseMicros: number;
  /** Of all cores of the machine, by replicas and database. */
  busyShare: number;
};

/** To look costs the database something: seldom at first, and closely at the end. */
const lookEveryMs = (doneShare: number) => (doneShare < 0.85 ? 100 : 10);

/** All jobs are there before the replicas begin; timed until the last one is committed. @throws Error when they take over a minute */
export async function drain(contender: Contender, stage: Stage, jobs: number): Promise<DrainSample> {
  await emptyTables(stage.session);
  await contender.fill(jobs);
  await stage.session.query('CHECKPOINT');
  const pids = contender.replicas.map(({ pid }) => pid);
  const replicaCpu = () => pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  const before = { replicas: replicaCpu(), database: cpuSecondsOf(stage.databasePid), at: performance.now() };
  await contender.go();
  for (let done = 0; done < jobs; done = await contender.done(jobs)) {
    if (performance.now() - before.at > 60_000) throw new Error(`${jobs} jobs were not done within a minute`);
    await sleep(lookEveryMs(done / jobs));
  }
  const seconds = (performance.now() - before.at) / 1_000;
  const replicas = replicaCpu() - before.replicas;
  const database = cpuSecondsOf(stage.databasePid) - before.database;
  await contender.stop();
  return {
    rowsPerSecond: jobs / seconds,
    replicaMicros: (replicas * 1e6) / jobs,
    databaseMicros: (database * 1e6) / jobs,
    busyShare: (replicas + database) / seconds / cpus().length,
  };
}

/** Every row settled, each with one line of the ledger that says the same. @throws Error otherwise */
export async function assertSettledOnce({ session }: Stage, jobs: number): Promise<void> {
  const { rows } = await session.query(`
    SELECT count(*)::int AS matching FROM transactions JOIN settlements ON transaction_id = id AND outcome = status`);
  if (rows[0].matching !== jobs) throw new Error(`${jobs} rows were to be settled, ${rows[0].matching} are`);
}
