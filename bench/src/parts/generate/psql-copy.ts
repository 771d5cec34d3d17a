import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { simulateTransactions } from '../../../../worker/src/simulate-transactions.ts';

const run = promisify(execFile);

/** So many files take turns: more would only show how fast files are opened. */
const files = 10;

export interface CopySession {
  /** Rows per second of the session's `\copy`s, each committed, by the server's clock. @throws Error when psql fails */
  rowsPerSecond(databaseUrl: string): Promise<number>;
}

/** Prepares the files, of rows as the worker makes them, and the script of one psql session with a `\copy` for each batch. */
export async function prepareCopy(directory: string, size: number, batches: number): Promise<CopySession> {
  const paths = Array.from({ length: files }, (_, n) => join(directory, `batch-${size}-${n}`));
  for (const path of paths) await writeFile(path, copyText(size));
  const script = join(directory, `copy-${size}.sql`);
  await writeFile(script, copyScript(paths, batches));
  return {
    rowsPerSecond: async (databaseUrl) => {
      const args = ['--no-psqlrc', '-Atq', '-v', 'ON_ERROR_STOP=1', '-f', script, databaseUrl];
      const { stdout } = await run('psql', args);
      return (size * batches) / secondsOf(stdout);
    },
  };
}

const copyText = (rows: number) =>
  simulateTransactions(rows, Math.random)
    .map(({ accountId, amount, currency, description }) => `${accountId}\t${amount}\t${currency}\t${description}\n`)
    .join('');

const now = 'SELECT extract(epoch FROM clock_timestamp());';

/** The clock, a `\copy` for each batch, and the clock again: connecting is not timed. */
export function copyScript(paths: readonly string[], batches: number): string {
  const columns = '(account_id, amount, currency, description)';
  const copies = Array.from(
    { length: batches },
    (_, n) => `\\copy transactions ${columns} from '${paths[n % paths.length]}'`,
  );
  return `${[now, ...copies, now].join('\n')}\n`;
}

/** Between the two times that the script printed. @throws Error when it printed anything else */
export function secondsOf(output: string): number {
  const [from = Number.NaN, to = Number.NaN, ...more] = output.trim().split('\n').map(Number);
  if (more.length > 0 || !(to > from)) throw new Error(`psql printed no two times:\n${output}`);
  return to - from;
}
