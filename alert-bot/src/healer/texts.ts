import type { PlannedAction } from '../incidents/event.ts';
import type { Incident } from '../incidents/incident.ts';
import type { Notification } from './healer.ts';

const doing = (action: PlannedAction | undefined): string => {
  if (!action) return 'the repair';
  return action.type === 'restart'
    ? `restarting ${action.target}`
    : `scaling ${action.target} from ${action.from} to ${action.to}`;
};

type Kind = Notification['kind'];

/** What an action led to, as a sentence; a record, so that a new outcome needs a text. */
const outcomeTexts: Readonly<Record<Kind, (alert: string, incident: Incident) => string>> = {
  healed: (alert, { action, attempts }) => `${alert} is over: ${doing(action)} helped (attempt ${attempts}).`,
  scaled_back: (alert, { action }) => `${alert} is over; ${action?.target} is back to its usual number of replicas.`,
  ineffective: (alert, { action, attempts }) => `${alert}: ${doing(action)} did not help (attempt ${attempts}).`,
  failed: (alert, { action, attempts }) => `${alert}: ${doing(action)} failed (attempt ${attempts}).`,
  unknown: (alert, { action, attempts }) =>
    `${alert}: whether ${doing(action)} helped could not be checked (attempt ${attempts}).`,
};

/** One sentence for people about what an action led to. */
export const describeOutcome = (incident: Incident, kind: Kind): string =>
  outcomeTexts[kind](incident.labels['alertname'] ?? 'an alert', incident);
