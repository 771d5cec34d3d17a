import { nameTarget, type TargetName } from '../targets/target-name.ts';
import { fixedText, mayMean } from '../targets/target-template.ts';
import type { Core } from './core.ts';

/** More would be a thousand series for each metric. */
const mostKnown = 200;

/** What the runbooks may act on: what they name, and what an alert could make them name. */
export function knownTargets({ observer, options }: Core): TargetName[] {
  const home = observer.home();
  const { runbooks } = options.runbooks.current();
  const fixed = runbooks.map(({ target }) => fixedText(target, home)).filter((text) => text !== undefined);
  const open = [...(observer.last()?.services ?? [])]
    .filter(
      ([text, seen]) => seen.optedIn && !seen.protected && runbooks.some(({ target }) => mayMean(target, text, home)),
    )
    .map(([text]) => text);
  return [...new Set([...fixed, ...open])].slice(0, mostKnown).map((text) => nameTarget(text, home));
}
