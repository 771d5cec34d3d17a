import { loadChosenRunbooks, usualPath } from '../../runbooks/chosen-runbooks.ts';
import { RunbookError } from '../../runbooks/load-runbooks.ts';
import type { Policy } from '../../runbooks/runbook.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** A target that a runbook may name: its text, and whether it opted in. */
export type KnownTargets = ReadonlyMap<string, { optedIn: boolean }>;

/** Whether the file is usable, and whether what it names is there. `policy` is absent when it is not usable. */
export async function checkRunbooks(
  path: string | undefined,
  targets: KnownTargets | undefined,
): Promise<{ findings: Finding[]; policy?: Policy }> {
  try {
    const { policy, from } = await loadChosenRunbooks(path);
    const lost = targets ? findLost(policy, targets) : [];
    return { findings: lost.length > 0 ? lost : [describe(from, policy)], policy };
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    const [first = '', ...more] = error.problems;
    const text = more.length > 0 ? `${first} (and ${more.length} more)` : first;
    return { findings: [problem('runbooks', text, `mend ${path ?? usualPath}; alert-bot check-runbooks tries it`)] };
  }
}

function describe(from: string, { runbooks }: Policy): Finding {
  const watching = runbooks.filter(({ mode }) => mode === 'observe').length;
  const text = `${from}: ${runbooks.length} ${runbooks.length === 1 ? 'runbook' : 'runbooks'}`;
  if (runbooks.length > 0 && watching === runbooks.length)
    return ok('runbooks', `${text}, all in mode observe: the bot says what it would do and does nothing`);
  return ok('runbooks', text);
}

/** A target with label names in braces comes from the alert, so that nothing can be said of it here. */
function findLost({ runbooks }: Policy, targets: KnownTargets): Finding[] {
  return runbooks
    .filter(({ target }) => !target.includes('{'))
    .flatMap(({ name, target }) => {
      const known = targets.get(target);
      if (!known)
        return [
          problem(
            'runbooks',
            `the runbook ${name} names ${target}, which is not there`,
            `name one of ${[...targets.keys()].slice(0, 10).join(', ') || '(nothing is in scope)'}, or start it`,
          ),
        ];
      if (known.optedIn) return [];
      return [
        warning(
          'runbooks',
          `the runbook ${name} names ${target}, which has not opted in`,
          `add the label self-healing.enable: "true" to ${target}`,
        ),
      ];
    });
}
