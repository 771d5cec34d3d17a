import type { Metrics } from '@stack/service-kit/metrics';
import { purposes } from './incidents/event.ts';
import { outcomes } from './incidents/outcome.ts';
import type { MaybeTargetName, TargetName } from './targets/target-name.ts';

const actionTypes = ['restart', 'scale'] as const;
const results = ['ok', 'failed'] as const;

/** Empty where it is not known: the same as no label. */
export const labelsOf = ({ project = '', service = '' }: MaybeTargetName) => ({ project, service });

/**
 * What is counted for each target. Which targets there are is found out while the bot runs: `know` is told, and from then on
 * every series of the target exists.
 */
export function createTargetMetrics(counter: Metrics['counter']) {
  const targets = new Map<string, TargetName>();
  const ofTarget = { project: [], service: [] };
  const actionsDone = counter(
    'alertbot_actions_done_total',
    'Actions that ended, counted before anybody knows what they led to.',
    { action: actionTypes, ...ofTarget, purpose: purposes, result: results },
  );
  const actions = counter('alertbot_actions_total', 'Finished actions by verified outcome.', {
    ...{ action: actionTypes, ...ofTarget, purpose: purposes, outcome: outcomes },
  });
  const escalations = counter('alertbot_escalations_total', 'Incidents handed to a person.', ofTarget);

  function showAtZero(name: TargetName): void {
    const labels = labelsOf(name);
    escalations.inc(labels, 0);
    for (const action of actionTypes)
      for (const purpose of purposes) {
        for (const outcome of outcomes) actions.inc({ action, ...labels, purpose, outcome }, 0);
        for (const result of results) actionsDone.inc({ action, ...labels, purpose, result }, 0);
      }
  }

  return {
    actionsDone,
    actions,
    escalations,
    known: () => [...targets.values()],
    know: (names: readonly TargetName[]) => {
      for (const name of names) {
        // before the first look nobody may know what the home project is called
        if (targets.get(name.target)?.project === name.project && targets.has(name.target)) continue;
        targets.set(name.target, name);
        showAtZero(name);
      }
    },
  };
}
