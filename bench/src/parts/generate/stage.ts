import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Bench } from '../../part.ts';

export interface Stage {
  /** The address for the superuser, and for the role of the services. */
  owner: string;
  app: string;
  /** The superuser's session, for what lies outside of what is timed. */
  session: pg.Client;
  /** The postmaster's pid: its CPU time is that of the whole server. */
  databasePid: number;
}

/** A database of the part's own, migrated and empty. */
export async function startStage(bench: Bench): Promise<Stage> {
  bench.progress('starting PostgreSQL');
  const cluster = await bench.database();
  await cluster.createDatabase('bench');
  const owner = cluster.url('bench');
  const session = new pg.Client({ connectionString: owner });
  await session.connect();
  bench.onStop('the database session', () => session.end());
  const pidFile = await readFile(join(cluster.dataDirectory, 'postmaster.pid'), 'utf8');
  return { owner, app: cluster.url('bench', 'app'), session, databasePid: Number(pidFile.split('\n')[0]) };
}

/** Empties both tables. What was written before is on the disk afterwards, so no round pays for another's. */
export async function emptyTables(session: pg.Client): Promise<void> {
  await session.query('TRUNCATE transactions, settlements RESTART IDENTITY');
  await session.query('CHECKPOINT');
}
