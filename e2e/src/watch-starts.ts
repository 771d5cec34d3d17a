import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { projectLabel } from './compose-project.ts';

export interface StartWatch {
  /** How often containers of the service, or the one with this id, were started since the watch began. */
  count(serviceOrId: string): number;
}

const serviceLabel = 'com.docker.compose.service';

/**
 * Counts container starts as the engine reports them. Listens all the time: asked afterwards, the engine remembers its last 256 events
 * only, and the health checks of this stack make that many in a minute. Ends with the test that calls it.
 */
export function watchStarts(project: string): StartWatch {
  const since = String(Date.now() / 1_000);
  const filters = ['--filter', 'event=start', '--filter', `label=${projectLabel}=${project}`];
  const format = `{{index .Actor.Attributes "${serviceLabel}"}} {{.Actor.ID}}`;
  const child = spawn('docker', ['events', ...filters, '--since', since, '--format', format], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const counts = new Map<string, number>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    for (const name of line.split(' ')) counts.set(name, (counts.get(name) ?? 0) + 1);
  });
  onTestFinished(() => void child.kill());
  return { count: (serviceOrId) => counts.get(serviceOrId) ?? 0 };
}
