import { loadChosenRunbooks } from '../runbooks/chosen-runbooks.ts';
import { RunbookError } from '../runbooks/load-runbooks.ts';

/** Prints what the file, or what is built in, says, or every problem with line and column. Resolves to the exit code. */
export async function checkRunbooks(path: string | undefined): Promise<number> {
  try {
    const { policy, from } = await loadChosenRunbooks(path);
    const { runbooks, budget } = policy;
    const lines = runbooks.map(({ name, mode, action, target }) => `  ${name}: ${mode} ${action.type} ${target}`);
    const hours = budget.withinMs / 3_600_000;
    process.stdout.write(
      `${from} is usable: ${runbooks.length} runbooks, at most ${budget.actions} actions in ${hours} h\n${lines.join('\n')}\n`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}
