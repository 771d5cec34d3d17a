import type { AlertReport } from './alert-source.ts';
import type { AlertmanagerTestimony, PrometheusTestimony } from './testimony.ts';

/**
 * One answer out of two. Prometheus knows best whether a condition still holds; Alertmanager knows an alert by its fingerprint
 * whatever became of its labels, alerts of other evaluators, and what people have silenced. Undefined: not configured.
 */
export function combineTestimonies(
  prometheus: PrometheusTestimony | undefined,
  alertmanager: AlertmanagerTestimony | undefined,
): AlertReport {
  const suppressed = alertmanager?.suppressed;
  const report = judge(prometheus, alertmanager);
  return { ...report, ...(suppressed !== undefined && { suppressed }) };
}

type Judgement = Omit<AlertReport, 'suppressed'>;

function judge(
  prometheus: PrometheusTestimony | undefined,
  alertmanager: AlertmanagerTestimony | undefined,
): Judgement {
  if (!prometheus) return wordOf(alertmanager);
  const { state, otherwise, ...rest } = prometheus;
  switch (state) {
    case 'firing':
    case 'pending':
      return { state, ...rest };
    case 'gone':
      return stillHas(alertmanager)
        ? { state: 'pending', ...rest, detail: 'Prometheus no longer has the alert, Alertmanager still has it' }
        : { state, ...rest };
    case 'foreign':
      return alertmanager ? wordOf(alertmanager) : { state: 'unknown', ...rest };
    case 'maybe':
      if (alertmanager?.state === 'firing') return { state: 'firing', ...rest };
      if (alertmanager?.state === 'ended' && otherwise === 'gone') return { state: 'gone', ...rest };
      return { state: 'unknown', ...rest };
    default:
      if (alertmanager?.state === 'firing') return { state: 'firing', ...rest };
      return { state: 'unknown', ...rest };
  }
}

/** Where Alertmanager is the only one who knows the alert. */
function wordOf(alertmanager: AlertmanagerTestimony | undefined): Judgement {
  const states = { firing: 'firing', ended: 'gone', absent: 'unknown', unknown: 'unknown' } as const;
  const { state = 'unknown', detail } = alertmanager ?? {};
  return { state: states[state], ...(detail !== undefined && { detail }) };
}

/**
 * The word that it is over may be on its way, or another Prometheus still sends the alert. One that nobody sends any more is
 * only waiting for its end: a Prometheus that was restarted does not tell what ended meanwhile.
 */
const stillHas = (alertmanager: AlertmanagerTestimony | undefined): boolean =>
  alertmanager?.state === 'firing' && (alertmanager.overdue !== true || alertmanager.suppressed !== undefined);
