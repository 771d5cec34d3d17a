import { execFile } from 'node:child_process';
import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { imageCommand } from '../../image-command.ts';
import type { Bench } from '../../part.ts';
import { logLines } from './log-text.ts';
import { type Command, startOnLog } from './start-on-log.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const maxBytes = { shipped: 64 * 1024 * 1024, one: 10_737_418_240 };

export type ContenderName = 'kept' | 'keptLines' | 'oneFile' | 'lines' | 'parsed';

/** The same events twice: in the files that the bot makes of them, and in a single one. */
export async function prepareStage(bench: Bench, events: number): Promise<Record<ContenderName, Command>> {
  const bot = await prepareBot(bench);
  bench.progress('writing the logs');
  const oneFile = await logIn(bench, 'one-file');
  await writeLines(oneFile, logLines(events));
  const kept = await logIn(bench, 'kept');
  await keepAsTheBotDoes(bot(kept, maxBytes.shipped), kept, events);
  const reader = join(repository, 'bench/reference/recovery-read-lines.mjs');
  await run('sync', [], { signal: bench.signal }); // or the first flush of a contender would wait for what was written here
  return {
    kept: bot(kept, maxBytes.shipped),
    keptLines: { command: [bench.node, reader, kept], env: {} },
    oneFile: bot(oneFile, maxBytes.one),
    lines: { command: [bench.node, reader, oneFile], env: {} },
    parsed: { command: [bench.node, reader, oneFile], env: { PARSE: '1' } },
  };
}

async function logIn(bench: Bench, name: string): Promise<string> {
  await mkdir(join(bench.directory, name));
  return join(bench.directory, name, 'incident_log.jsonl');
}

/** The bundle, with the compile cache that the image has. */
async function prepareBot(bench: Bench) {
  bench.progress('bundling alert-bot');
  const bundle = await bench.bundle('alert-bot');
  const shared = {
    RUNTIME: 'dry-run',
    RUNBOOKS_PATH: join(repository, 'alert-bot/runbooks.yml'),
    NODE_COMPILE_CACHE: join(dirname(bundle), '.compile-cache'),
  };
  await run(join(repository, 'docker/warm-up'), [bench.node, bundle], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...shared },
    signal: bench.signal,
  });
  return (path: string, bytes: number): Command => ({
    command: imageCommand(bench.node, bundle),
    env: { ...shared, INCIDENT_LOG_PATH: path, INCIDENT_LOG_MAX_BYTES: String(bytes) },
  });
}

/**
 * The bot archives a file that has grown to its limit and begins the next with what it remembers. Here it does so once, with
 * most of the events; the rest fills the new file up to just under the limit, which is when a start has the most to read.
 */
async function keepAsTheBotDoes(bot: Command, path: string, events: number): Promise<void> {
  const lines = [...logLines(events)];
  const room = maxBytes.shipped - 12_000_000; // for what the bot remembers
  let bytes = 0;
  let tail = lines.length;
  while (tail > 0 && bytes < room) bytes += (lines[--tail] as string).length + 1;
  await writeLines(path, lines.slice(0, tail));
  await startOnLog(bot, 'SIGTERM');
  if ((await readdir(dirname(path))).filter((name) => /\.\d{12}\.jsonl$/.test(name)).length !== 1)
    throw new Error('the bot did not archive its log');
  await writeLines(path, lines.slice(tail), maxBytes.shipped - 100_000);
}

/** Appends lines, as long as the file stays under `limit`. */
async function writeLines(path: string, lines: Iterable<string>, limit = Number.POSITIVE_INFINITY): Promise<void> {
  let size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  const file = await open(path, 'a');
  let block: string[] = [];
  for (const line of lines) {
    size += line.length + 1;
    if (size > limit) break;
    if (block.push(line) < 10_000) continue;
    await file.write(`${block.join('\n')}\n`);
    block = [];
  }
  if (block.length > 0) await file.write(`${block.join('\n')}\n`);
  await file.close();
}
