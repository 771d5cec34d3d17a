import type { AlertReport, SourcedAlert } from '../verify/alert-source.ts';
import type { EngineAlertName } from './engine-alerts.ts';
import { type EngineAlertRules, findCondition } from './find-conditions.ts';
import type { TrackedContainer } from './tracked-container.ts';

/** Whether an alert of the engine holds now. The evidence is in the words. */
export function reportAlert(
  { labels }: SourcedAlert,
  tracked: TrackedContainer | undefined,
  rules: EngineAlertRules,
  now: number,
): AlertReport {
  if (!tracked) return { state: 'gone', detail: 'the engine has no such container any more' };
  const condition = findCondition(labels['alertname'] as EngineAlertName, tracked, rules, now);
  const detail = `the engine says that ${tracked.container.name} is ${wordFor(tracked)}`;
  if (condition === 'over') return { state: 'gone', detail };
  return condition === 'unsettled' ? { state: 'pending', detail } : { state: 'firing', detail: condition.summary };
}

function wordFor({ container: { state, health }, endedBy }: TrackedContainer): string {
  if (state === 'down') return endedBy === 'person' ? 'stopped by a person' : 'not running';
  return health === 'none' ? 'running' : health;
}
