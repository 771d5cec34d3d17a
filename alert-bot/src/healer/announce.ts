import type { NewEvent } from '../incidents/event.ts';
import type { Core } from './core.ts';
import { describeApproval } from './texts.ts';

/** Tells people and the metric about an `escalated` among the events. */
export function announceEscalation(core: Core, id: string, events: readonly NewEvent[]): void {
  for (const event of events) {
    const incident = core.history.incident(id);
    if (event.type !== 'escalated' || !incident) continue;
    core.options.metrics.escalated(event.service);
    core.notify('escalated', incident, event.message);
  }
}

export function announceApproval(core: Core, id: string): void {
  const incident = core.history.incident(id);
  if (incident) core.notify('approval_needed', incident, describeApproval(incident));
}
