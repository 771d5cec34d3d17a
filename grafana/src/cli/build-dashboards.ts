import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDashboards, dashboardText } from '../dashboards.ts';

const folder = join(import.meta.dirname, '../../dashboards');
const files = Object.entries(buildDashboards()).map(([uid, dashboard]) => ({
  path: join(folder, `${uid}.json`),
  text: dashboardText(dashboard),
}));

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** The first line that differs, so that the message says what changed and not only that something did. */
function firstDifference(committed: string, built: string): string {
  const before = committed.split('\n');
  const after = built.split('\n');
  const line = after.findIndex((text, index) => text !== before[index]);
  return `line ${line + 1}\n    committed: ${before[line]?.trim() ?? '(end of file)'}\n    built:     ${after[line]?.trim() ?? '(end of file)'}`;
}

const staleFiles = (): string[] =>
  files.flatMap(({ path, text }) => {
    const committed = read(path);
    if (committed === text) return [];
    return [`  ${path}: ${committed === undefined ? 'is missing' : firstDifference(committed, text)}`];
  });

if (process.argv.includes('--check')) {
  const stale = staleFiles();
  if (stale.length > 0) {
    console.error(
      `Dashboards differ from grafana/src:\n${stale.join('\n')}\nRun: npm run build:dashboards -w @stack/grafana`,
    );
    process.exitCode = 1;
  } else console.log(`grafana: ${files.length} dashboards are up to date`);
} else {
  for (const { path, text } of files) writeFileSync(path, text);
  console.log(`grafana: wrote ${files.length} dashboards to ${folder}`);
}
