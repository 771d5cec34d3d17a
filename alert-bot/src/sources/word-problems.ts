import type { Logger } from '@stack/service-kit/logger';
import { readWords } from '../runtime/container-words.ts';
import type { WatchedContainer } from '../runtime/watch.ts';

/** How many are remembered as said. */
const maxSaid = 5_000;

/** Says once of each container which of its labels cannot be used. */
export function createWordProblems(logger: Logger): (container: WatchedContainer) => void {
  const said = new Set<string>();
  return ({ id, name, optedIn, words }) => {
    if (!words || !optedIn || said.has(id)) return;
    said.add(id);
    const [oldest] = said;
    if (said.size > maxSaid && oldest !== undefined) said.delete(oldest);
    for (const problem of readWords(words).problems)
      logger.warn({ container: name }, `the label ${problem}; what the runbook says holds`);
  };
}
