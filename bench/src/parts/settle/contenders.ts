import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { imageCommand } from '../../image-command.ts';
import type { Bench } from '../../part.ts';
import { type RunningServer, startServer } from '../../start-server.ts';
import { ask } from '../generate/ask.ts';
import type { Stage } from '../generate/stage.ts';

export interface Contender {
  replicas: RunningServer[];
  /** Fills the queue with that many jobs, which nobody does yet. */
  fill(jobs: number): Promise<void>;
  /** Lets all replicas begin; resolves when they were told. */
  go(): Promise<void>;
  /** How many of that many jobs are done: about, but `jobs` only when all of them are, committed. */
  done(jobs: number): Promise<number>;
  stop(): Promise<void>;
}

const reference = (name: string) => fileURLToPath(new URL(`../../../reference/${name}`, import.meta.url));

const startReplicas = (count: number, start: (n: number) => Promise<RunningServer>) =>
  Promise.all(Array.from({ length: count }, (_, n) => start(n)));

/** graphile-worker or pg-boss: the scripts in bench/reference say how they are set up, and why. */
export async function startQueue(bench: Bench, stage: Stage, script: string, count: number): Promise<Contender> {
  const command: [string, string] = [bench.node, reference(script)];
  const env = { DATABASE_URL: stage.owner };
  const first = await startServer(bench, { name: `${script}-${count}-0`, command, env }); // creates the schema
  const others = await startReplicas(count - 1, (n) =>
    startServer(bench, { name: `${script}-${count}-${n + 1}`, command, env }),
  );
  const replicas = [first, ...others];
  const counters = await Promise.all(replicas.map((each) => followHandled(each)));
  return {
    replicas,
    fill: async (jobs) => void (await ask(first, `/fill?jobs=${jobs}`)),
    go: async () => void (await Promise.all(replicas.map((each) => ask(each, '/go')))),
    done: async (jobs) => {
      const handled = counters.reduce((sum, count) => sum + count(), 0);
      if (handled < jobs) return handled;
      return jobs - ((await ask(first, '/left')) as number); // a look into its table: only at the end
    },
    stop: async () => void (await Promise.all(replicas.map((each) => ask(each, '/stop')))),
  };
}

/** Listens to what a replica says it has handled: a question every few milliseconds would slow it down. */
async function followHandled({ url }: RunningServer): Promise<() => number> {
  let handled = 0;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}/handled`, resolve).on('error', reject);
  });
  response.on('error', () => undefined); // it ends with the replica
  response.setEncoding('utf8').on('data', (lines: string) => {
    handled = Number(lines.trimEnd().split('\n').at(-1));
  });
  return () => handled;
}

/** A worker that found nothing waits this long, and only then comes to the stall. */
const idlePollMs = 500;

/** Real workers as their image ships them. They idle under the fault `stall` until `go` lifts it. */
export async function startWorkers(
  bench: Bench,
  { app, session }: Stage,
  count: number,
  settings: Record<string, string>,
): Promise<Contender> {
  const command = imageCommand(bench.node, await bench.bundle('worker'));
  const env = { DATABASE_URL: app, FAULTS_ENABLED: 'true', GENERATE_BATCH_SIZE: '0', ...settings };
  const name = `worker-${count}-${env['SETTLE_LATENCY_MS' as keyof typeof env] ?? 'default'}`;
  const replicas = await startReplicas(count, (n) => startServer(bench, { name: `${name}-${n}`, command, env }));
  const stall = async () => {
    const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"stall":true}' };
    await Promise.all(replicas.map((each) => ask(each, '/faults', init)));
  };
  await stall();
  return {
    replicas,
    fill: async (jobs) => {
      await session.query(fillTransactions, [jobs]);
      await session.query('VACUUM ANALYZE transactions');
      await sleep(idlePollMs + 100);
    },
    go: async () => void (await Promise.all(replicas.map((each) => ask(each, '/faults', { method: 'DELETE' })))),
    done: async (jobs) => {
      const { rows } = await session.query(oldestPending);
      return rows.length === 0 ? jobs : Number(rows[0].id) - 1; // ids begin at 1, the oldest rows go first
    },
    stop: stall,
  };
}

const fillTransactions = `
  INSERT INTO transactions (account_id, amount, currency, description)
  SELECT 'acct-' || lpad((n % 1000)::text, 4, '0'), 1 + n % 10000 / 100.0, 'EUR', 'card payment'
  FROM generate_series(1, $1::int) AS n`;
const oldestPending = `SELECT id FROM transactions WHERE status = 'pending' ORDER BY created_at, id LIMIT 1`;
