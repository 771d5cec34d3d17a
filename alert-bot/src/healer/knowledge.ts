import { withTimeout } from '@stack/service-kit/timeout';
import { isJustHeard, type Knowledge } from '../decide/confirmation.ts';
import type { Incident } from '../incidents/incident.ts';
import type { AlertReport } from '../verify/alert-source.ts';
import type { Core } from './core.ts';

/** A look that takes longer is no answer. The sources have shorter limits of their own. */
const lookTimeoutMs = 8_000;
/** What a first action waits for the word of those who may know of a silence, when the alert came a moment ago. */
const quickLookMs = 1_000;

/** When a delivery last said that the alert fires; 0 when none did since the bot started, or since the clock was set back. */
export const heardAt = (core: Core, { fingerprint }: Incident): number => core.heard.get(fingerprint) ?? 0;

/** Asks whether the alert fires and whether it is suppressed. Never rejects, and always answers in time. */
export async function askAbout(core: Core, incident: Incident, since?: number): Promise<Knowledge> {
  const report = await look(core, incident, since, lookTimeoutMs);
  return { report, heardAt: heardAt(core, incident), configured: canAsk(core, incident) };
}

const canAsk = ({ options: { alertSource } }: Core, incident: Incident): boolean =>
  alertSource.configured || alertSource.knows?.(incident) === true;

/**
 * The same just before an action. A first action on an alert that was delivered a moment ago is not held up by a source that
 * hangs: the delivery says that the alert fires and that it is not silenced.
 */
export async function askBeforeActing(core: Core, incident: Incident): Promise<Knowledge> {
  const isFirst = incident.attempts === 0 && isJustHeard({ heardAt: heardAt(core, incident) }, core.now());
  const report = await look(core, incident, undefined, isFirst ? quickLookMs : lookTimeoutMs);
  return { report, heardAt: heardAt(core, incident), configured: canAsk(core, incident) };
}

async function look(core: Core, incident: Incident, since: number | undefined, ms: number): Promise<AlertReport> {
  const { alertSource } = core.options;
  if (!canAsk(core, incident)) return { state: 'unknown' };
  return withTimeout(alertSource.look(incident, since), ms, 'asking about the alert').catch((error: Error) => ({
    state: 'unknown' as const,
    suppressed: 'unknown' as const,
    detail: error.message,
  }));
}
