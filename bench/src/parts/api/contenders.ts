import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { imageCommand } from '../../image-command.ts';
import type { Bench } from '../../part.ts';
import { otherCores, pinned, pinProcess, serverCores } from '../../pinning.ts';
import { debianPython } from '../../requirements.ts';
import { type RunningServer, startServer } from '../../start-server.ts';

export const contenderNames = ['ours', 'bare', 'fastify', 'flask'] as const;
export type ContenderName = (typeof contenderNames)[number];
export type Servers = Record<ContenderName, RunningServer>;

export interface ApiStage {
  servers: Servers;
  /** The postmaster's pid. */
  databasePid: number;
}

const reference = (name: string) => fileURLToPath(new URL(`../../../reference/${name}`, import.meta.url));
const rows = 20_000;

/** One database, and all four servers alive on the same core: only one of them has work at a time. */
export async function startContenders(bench: Bench): Promise<ApiStage> {
  bench.progress('starting PostgreSQL');
  const cluster = await bench.database();
  await cluster.createDatabase('bench');
  const databasePid = Number((await readFile(join(cluster.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  pinProcess(databasePid, otherCores());
  await fillTable(cluster.url('bench'));
  bench.progress('starting the servers');
  const DATABASE_URL = cluster.url('bench', 'app');
  const start = (name: ContenderName, command: [string, ...string[]], env = {}) =>
    startServer(bench, { name, command: pinned(serverCores, ...command), env: { DATABASE_URL, ...env } });
  const servers = {
    ours: await start('ours', imageCommand(bench.node, await bench.bundle('api')), {
      FAULTS_ENABLED: 'true',
    }),
    bare: await start('bare', [bench.node, reference('bare-api.mjs')]),
    fastify: await start('fastify', [bench.node, reference('fastify-api.mjs')]),
    flask: await start('flask', gunicorn, { PYTHONDONTWRITEBYTECODE: '1' }),
  };
  return { servers, databasePid };
}

/** Two processes of five threads: the best of gunicorn's modes for these routes on one core. */
const gunicorn: [string, ...string[]] = [
  ...[debianPython, '-m', 'gunicorn', '--chdir', reference('.'), '--bind', '127.0.0.1:0'],
  ...['--worker-class', 'gthread', '--workers', '2', '--threads', '5', 'flask_api:app'],
] as unknown as [string, ...string[]];

async function fillTable(url: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`INSERT INTO transactions (account_id, amount, currency, description)
    SELECT 'acc-' || n % 100, 1 + n % 10000 / 100.0, 'EUR', 'number ' || n FROM generate_series(1, ${rows}) n`);
  await client.query('VACUUM ANALYZE transactions');
  await client.query('CHECKPOINT');
  await client.end();
}
