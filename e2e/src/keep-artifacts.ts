import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach } from 'vitest';
import { readIncidentLog } from './alert-bot.ts';
import { query } from './prometheus.ts';
import { connectToStack, type Stack } from './stack.ts';

// Runs in every scenario file: whatever is needed to understand a failure is kept before the next scenario changes it.
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const stack = connectToStack();
  const directory = join(import.meta.dirname, '../artifacts', basename(task.file.name, '.test.ts'));
  await mkdir(directory, { recursive: true });
  const files = await collect(stack);
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)));
  console.error(`kept in ${directory}: ${Object.keys(files).join(', ')}`);
});

async function collect(stack: Stack): Promise<Record<string, string>> {
  const json = (value: Promise<unknown>) => value.then((found) => JSON.stringify(found, undefined, 2), String);
  return {
    'containers.json': await json(stack.replicas()),
    'alerts.json': await json(query(stack, 'ALERTS')),
    'incident_log.json': await json(readIncidentLog(stack)),
    'compose.log': await stack.compose('logs', '--timestamps', '--tail', '500').catch(String),
  };
}
