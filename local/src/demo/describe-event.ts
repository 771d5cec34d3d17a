import type { IncidentEvent, PlannedAction } from '@stack/alert-bot/src/incidents/event.ts';

export type StoryPhase =
  | 'injected'
  | 'pending'
  | 'firing'
  | 'received'
  | 'decided'
  | 'acting'
  | 'acted'
  | 'resolved'
  | 'verified'
  | 'healed'
  | 'back'
  | 'failed';

/** A line of the bot's log in plain words; undefined for what a viewer need not see. */
export function describeEvent(
  event: IncidentEvent,
  alertname: string,
): { phase: StoryPhase; text: string } | undefined {
  switch (event.type) {
    case 'received':
      return event.alert.status === 'firing'
        ? { phase: 'received', text: `the alert bot has ${alertname}` }
        : undefined;
    case 'decided':
      return describeDecision(event);
    case 'acting':
      return { phase: 'acting', text: `attempt ${event.attempt}: ${describeAction(event.action)}` };
    case 'acted':
      return event.ok
        ? { phase: 'acted', text: `done, healthy: ${event.after.map(({ name }) => name).join(', ')}` }
        : { phase: 'failed', text: `the action failed: ${event.message ?? event.code ?? 'unknown'}` };
    case 'verified':
      return event.outcome === 'healed'
        ? {
            phase: 'verified',
            text: event.purpose === 'repair' ? 'verified: healthy, and the alert is gone' : 'verified',
          }
        : { phase: 'verified', text: `verified: ${event.outcome} (target ${event.target}, alert ${event.alert})` };
    case 'resolved':
      return { phase: 'resolved', text: `${alertname} is resolved` };
    case 'escalated':
      return { phase: 'failed', text: `escalated to a person: ${event.message}` };
    default:
      return undefined;
  }
}

function describeDecision(event: Extract<IncidentEvent, { type: 'decided' }>) {
  const { decision, reason, action, until } = event;
  if (reason === 'resolved' || reason === 'duplicate') return undefined;
  if (decision === 'act' && action)
    return { phase: 'decided' as const, text: `decision: ${describeAction(action)} (${reason})` };
  const wait = until ? `, looks again at ${new Date(until).toTimeString().slice(0, 8)}` : '';
  return { phase: 'decided' as const, text: `decision: nothing now (${reason}${wait})` };
}

const describeAction = (action: PlannedAction): string =>
  action.type === 'scale'
    ? `scale ${action.service} from ${action.from} to ${action.to}`
    : `restart ${action.service}${action.replica ? ' (this replica only)' : ''}`;
