import type { PlannedAction } from '../incidents/event.ts';
import type { Incident } from '../incidents/incident.ts';
import type { Notification } from './healer.ts';

const doing = (action: PlannedAction | undefined): string => {
  if (!action) return 'the repair';
  return action.type === 'restart'
    ? `restarting ${action.service}`
    : `scaling ${action.service} from ${action.from} to ${action.to}`;
};

/** One sentence for people about what an action led to. */
export function describeOutcome({ labels, action, attempts }: Incident, kind: Notification['kind']): string {
  const alert = labels['alertname'] ?? 'an alert';
  if (kind === 'healed') return `${alert} is over: ${doing(action)} helped (attempt ${attempts}).`;
  if (kind === 'scaled_back') return `${alert} is over; ${action?.service} is back to its usual number of replicas.`;
  if (kind === 'ineffective') return `${alert}: ${doing(action)} did not help (attempt ${attempts}).`;
  if (kind === 'failed') return `${alert}: ${doing(action)} failed (attempt ${attempts}).`;
  return `${alert}: whether ${doing(action)} helped could not be checked (attempt ${attempts}).`;
}

export const describeApproval = ({ labels, action }: Incident): string =>
  `${labels['alertname'] ?? 'An alert'} asks for ${doing(action)}; it waits for your approval.`;
