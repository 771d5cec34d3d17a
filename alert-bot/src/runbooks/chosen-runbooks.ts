import { existsSync } from 'node:fs';
import { loadRunbooks, parseRunbooks } from './load-runbooks.ts';
import type { Policy } from './runbook.ts';

/** Where runbooks are looked for when RUNBOOKS_PATH does not say it: in the working directory. */
export const usualPath = 'runbooks.yml';

/** What the bot does when nobody wrote a file: it restarts containers that opted in and turned unhealthy. */
const builtIn = `version: 1
runbooks:
  - name: container-unhealthy
    match: { alertname: ContainerUnhealthy }
    action: { restart: '{project}/{service}', replica: instance }
`;

export interface ChosenRunbooks {
  policy: Policy;
  /** The file, or `built in`. */
  from: string;
}

/**
 * The runbooks of the file that was named, which must be there; else of the usual file, if it is there; else those that are
 * built in.
 * @throws RunbookError
 */
export async function loadChosenRunbooks(path: string | undefined, usual = usualPath): Promise<ChosenRunbooks> {
  if (path !== undefined) return { policy: await loadRunbooks(path), from: path };
  if (existsSync(usual)) return { policy: await loadRunbooks(usual), from: usual };
  return { policy: parseRunbooks(builtIn, 'built in'), from: 'built in' };
}
