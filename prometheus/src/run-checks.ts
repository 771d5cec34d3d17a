import { findTools, howToGetTools } from './find-tools.ts';
import { runTool } from './run-tool.ts';

export interface Check {
  /** What is checked, for the report. */
  title: string;
  args: readonly string[];
}

/**
 * Runs each check with the newest `tool` that is here and prints one line per check, or what the tool said when it refused.
 * Without the tool: one line and success, because a clone need not have it; in CI (`CI=true`) that is a failure.
 * @returns the exit code
 */
export async function runChecks(tool: string, checks: readonly Check[], print: (line: string) => void): Promise<0 | 1> {
  const [path] = findTools(tool);
  if (!path) {
    const inCi = process.env['CI'] === 'true';
    print(`${inCi ? 'missing' : 'skipped'}: ${checks.length} checks need ${tool} (${howToGetTools})`);
    return inCi ? 1 : 0;
  }
  const results = await Promise.all(checks.map(({ args }) => runTool(path, args)));
  for (const [index, { ok, output }] of results.entries()) {
    print(`${ok ? 'ok' : 'FAILED'}: ${checks[index]!.title}${ok ? '' : `\n${output}`}`);
  }
  return results.every(({ ok }) => ok) ? 0 : 1;
}
