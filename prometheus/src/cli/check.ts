import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runChecks } from '../run-checks.ts';

const folder = join(import.meta.dirname, '../..');
const tests = readdirSync(join(folder, 'tests')).filter((name) => name.endsWith('.test.yml'));

process.exitCode = await runChecks(
  'promtool',
  [
    { title: 'prometheus.yml and its rules', args: ['check', 'config', join(folder, 'prometheus.yml')] },
    ...['recording.rules.yml', 'alert.rules.yml'].map((name) => ({
      title: name,
      args: ['check', 'rules', join(folder, name)],
    })),
    ...tests.map((name) => ({ title: `tests/${name}`, args: ['test', 'rules', join(folder, 'tests', name)] })),
  ],
  console.log,
);
