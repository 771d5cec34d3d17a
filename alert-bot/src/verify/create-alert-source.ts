import type { Logger } from '@stack/service-kit/logger';
import { withTimeout } from '@stack/service-kit/timeout';
import {
  type AlertReport,
  type AlertSource,
  noAlertSource,
  type SourcedAlert,
  type SourceStatus,
} from './alert-source.ts';
import { type AlertmanagerSource, createAlertmanagerSource } from './alertmanager-source.ts';
import { combineTestimonies } from './combine-testimonies.ts';
import { createNeighbour, type Neighbour } from './neighbour.ts';
import { createInjectedFaults } from './prometheus/injected-faults.ts';
import { createPrometheusSource, type PrometheusSource } from './prometheus-source.ts';
import type { SourceAddress } from './source-address.ts';
import type { AlertmanagerTestimony } from './testimony.ts';

/** The container engine, where it is a source of alerts. */
export interface EngineWitness {
  look(alert: SourcedAlert): AlertReport | undefined;
  owns(alert: SourcedAlert): boolean;
  /** Undefined where it turned out not to be one. */
  status(): SourceStatus | undefined;
}

export interface AlertSourceOptions {
  engine?: EngineWitness | undefined;
  prometheus?: SourceAddress | undefined;
  alertmanager?: SourceAddress | undefined;
  logger: Logger;
  /** How long one look may take. */
  lookMs?: number;
  /** How long one request may take. */
  timeoutMs?: number;
  /** How long one answer serves all incidents. */
  rememberMs?: number;
  /** Our clock. */
  now?: () => number;
}

interface Part<Source> {
  neighbour: Neighbour;
  source: Source;
  probe: () => Promise<void>;
}

/**
 * Asks the configured Prometheus and Alertmanager at the same time and judges what they say together. About its own alerts the
 * container engine has the word; Alertmanager is asked only whether a person has silenced them.
 */
export function createAlertSource(options: AlertSourceOptions): AlertSource {
  const { lookMs = 3_000, engine } = options;
  const prometheus = prometheusPart(options);
  const alertmanager = alertmanagerPart(options);
  const parts = [prometheus, alertmanager].filter((part) => part !== undefined);
  if (parts.length === 0 && !engine) return noAlertSource;
  const faults = prometheus && createInjectedFaults(prometheus.neighbour);
  const look = async (alert: SourcedAlert, since?: number): Promise<AlertReport> => {
    const own = engine?.look(alert);
    if (own) return { ...own, ...suppressionOf(await alertmanager?.source.look(alert)) };
    return combineTestimonies(
      ...(await Promise.all([prometheus?.source.look(alert, since), alertmanager?.source.look(alert)])),
    );
  };
  const late: AlertReport = {
    state: 'unknown',
    detail: `no answer within ${lookMs / 1_000} s`,
    ...(alertmanager && { suppressed: 'unknown' as const }),
  };
  return {
    configured: parts.length > 0,
    ...(engine && { knows: (alert: SourcedAlert) => engine.owns(alert) }),
    look: (alert, since) =>
      withTimeout(look(alert, since), lookMs, 'the look').catch((err: unknown) => {
        if ((err as Error).name !== 'TimeoutError') options.logger.error({ err }, 'a look at an alert failed');
        return late;
      }),
    status: () => [
      ...(engine?.status() ? [engine.status() as SourceStatus] : []),
      ...parts.map(({ neighbour }) => neighbour.status()),
    ],
    probe: async () => void (await Promise.all(parts.map(({ probe }) => probe()))),
    ...(faults && { injectedFaults: faults.current, lookForFaults: faults.look }),
  };
}

const suppressionOf = (testimony: AlertmanagerTestimony | undefined): Pick<AlertReport, 'suppressed'> =>
  testimony?.suppressed === undefined ? {} : { suppressed: testimony.suppressed };

function prometheusPart({ prometheus, ...options }: AlertSourceOptions): Part<PrometheusSource> | undefined {
  if (!prometheus) return undefined;
  const neighbour = createNeighbour({ source: 'prometheus', address: prometheus, ...options });
  return {
    neighbour,
    source: createPrometheusSource({ neighbour, ...options }),
    probe: () => neighbour.probe('api/v1/query', [['query', 'time()']]),
  };
}

function alertmanagerPart({ alertmanager, ...options }: AlertSourceOptions): Part<AlertmanagerSource> | undefined {
  if (!alertmanager) return undefined;
  const neighbour = createNeighbour({ source: 'alertmanager', address: alertmanager, ...options });
  return {
    neighbour,
    source: createAlertmanagerSource({ neighbour, ...options }),
    probe: () => neighbour.probe('api/v2/status', []),
  };
}
