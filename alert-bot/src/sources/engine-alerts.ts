import type { Alert } from '../alerts/alert.ts';
import { fingerprintOf } from '../alerts/fingerprint.ts';
import type { WatchedContainer } from '../runtime/watch.ts';

/** What the engine can be an alert's source for. */
export const engineAlertNames = ['ContainerUnhealthy', 'ContainerCrashLooping', 'ContainerOOMKilled'] as const;
export type EngineAlertName = (typeof engineAlertNames)[number];

export type AlertLabels = Readonly<Record<string, string>>;

const severities: Readonly<Record<EngineAlertName, string>> = {
  ContainerUnhealthy: 'critical',
  ContainerCrashLooping: 'critical',
  ContainerOOMKilled: 'warning',
};

export const isEngineAlert = (alertname: string | undefined): alertname is EngineAlertName =>
  engineAlertNames.some((name) => name === alertname);

/** The labels are those of the container's place, not of its id: the alert about its successor has the same fingerprint. */
export function engineLabels(
  alertname: EngineAlertName,
  { project, service, name }: Pick<WatchedContainer, 'project' | 'service' | 'name'>,
): AlertLabels {
  return { alertname, severity: severities[alertname], project, service, container: name, instance: name };
}

/** A description of a container is never changed, only replaced. */
const fingerprints = new WeakMap<WatchedContainer, Partial<Record<EngineAlertName, string>>>();

export function engineFingerprint(alertname: EngineAlertName, container: WatchedContainer): string {
  const known = fingerprints.get(container) ?? {};
  if (known[alertname] === undefined) {
    known[alertname] = fingerprintOf(engineLabels(alertname, container));
    fingerprints.set(container, known);
  }
  return known[alertname];
}

/** One alert for all of them, with the same labels each time. */
export const manyLabels = { alertname: 'ManyContainersUnhealthy', severity: 'critical', containers: 'many' } as const;

/** @param startsAt by the engine's clock, in milliseconds since the epoch */
export function engineAlert(
  alertname: EngineAlertName,
  container: WatchedContainer,
  { startsAt, summary }: { startsAt: number; summary: string },
): Alert {
  const labels = engineLabels(alertname, container);
  const annotations = { summary };
  return {
    status: 'firing',
    labels,
    annotations,
    startsAt,
    startsAtMissing: false,
    fingerprint: fingerprintOf(labels),
  };
}
