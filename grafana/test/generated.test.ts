import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildDashboards, dashboardText } from '../src/dashboards.ts';

const root = join(import.meta.dirname, '..');

test('the committed JSON is what the source builds', () => {
  for (const [uid, dashboard] of Object.entries(buildDashboards())) {
    const committed = readFileSync(join(root, 'dashboards', `${uid}.json`), 'utf8');
    expect(committed === dashboardText(dashboard), `${uid}.json: run npm run build:dashboards -w @stack/grafana`).toBe(
      true,
    );
  }
});

test('there is no JSON file without a source', () => {
  const expected = Object.keys(buildDashboards()).map((uid) => `${uid}.json`);
  expect(readdirSync(join(root, 'dashboards')).sort()).toEqual(expected.sort());
});

test('building twice gives the same text', () => {
  expect(JSON.stringify(buildDashboards())).toBe(JSON.stringify(buildDashboards()));
});

test('the check names the file, the line and the command when the JSON was edited by hand, and passes after a build', () => {
  const copy = mkdtempSync(join(tmpdir(), 'grafana-'));
  try {
    for (const part of ['src', 'dashboards', 'package.json'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, '../node_modules'), join(copy, 'node_modules'));
    const edited = join(copy, 'dashboards/host.json');
    writeFileSync(edited, readFileSync(edited, 'utf8').replace('"title": "CPU"', '"title": "Processor"'));
    const tsx = [join(root, '../node_modules/tsx/dist/cli.mjs'), join(copy, 'src/cli/build-dashboards.ts')];

    const check = spawnSync(process.execPath, [...tsx, '--check'], { encoding: 'utf8' });
    expect(check.status).toBe(1);
    expect(check.stderr).toContain('host.json: line');
    expect(check.stderr).toContain('"title": "Processor"');
    expect(check.stderr).toContain('npm run build:dashboards -w @stack/grafana');

    execFileSync(process.execPath, tsx);
    expect(spawnSync(process.execPath, [...tsx, '--check']).status).toBe(0);
  } finally {
    rmSync(copy, { recursive: true });
  }
});
