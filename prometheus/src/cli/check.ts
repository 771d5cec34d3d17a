import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { caseFiles, prometheusFolder } from '../rule-files.ts';
import { runChecks } from '../run-checks.ts';
import { sliceCases } from '../slice-cases.ts';

const slices = mkdtempSync(join(tmpdir(), 'cases-'));
try {
  process.exitCode = await runChecks(
    'promtool',
    [
      { title: 'prometheus.yml and its rules', args: ['check', 'config', join(prometheusFolder, 'prometheus.yml')] },
      ...['recording.rules.yml', 'alert.rules.yml'].map((name) => ({
        title: name,
        args: ['check', 'rules', join(prometheusFolder, name)],
      })),
      ...caseFiles().map((name) => ({ title: `tests/${name}`, args: ['test', 'rules', ...sliceCases(name, slices)] })),
    ],
    console.log,
  );
} finally {
  rmSync(slices, { recursive: true, force: true });
}
