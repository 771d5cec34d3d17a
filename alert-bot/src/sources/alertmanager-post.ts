import type { Clock } from '@stack/service-kit/clock';
import type { Logger } from '@stack/service-kit/logger';
import type { Alert } from '../alerts/alert.ts';
import type { SourceAddress } from '../verify/source-address.ts';
import { httpPost } from './http-post.ts';

export interface AlertmanagerPostOptions {
  address: SourceAddress;
  /** The alerts that fire now. */
  firing: () => readonly Alert[];
  clock: Clock;
  logger: Logger;
  /** Where a person reaches the bot. */
  botUrl: string;
}

/** Tells Alertmanager of the engine's alerts, so that people hear of them the usual way. */
export interface AlertmanagerPost {
  /** These have begun or ended; it is tried again until Alertmanager takes them, or they are over. */
  changed(alerts: readonly Alert[]): void;
  start(): void;
  stop(): Promise<void>;
}

/** Alertmanager ends what it has not heard of for so long: then this bot is gone, and nobody can tell the end. */
const validMs = 240_000;
const repeatMs = 60_000;
const retryMs = 5_000;
const timeoutMs = 5_000;
const maxPerRequest = 500;
/** An end that Alertmanager did not take for so long it finds on its own. */
const maxEnded = 5_000;

export function createAlertmanagerPost(options: AlertmanagerPostOptions): AlertmanagerPost {
  const { clock, logger } = options;
  const ended = new Map<string, Alert>();
  const stopping = new AbortController();
  let wake = new AbortController();
  let isFailing = false;
  let running: Promise<void> = Promise.resolve();

  async function post(alerts: readonly Alert[]): Promise<boolean> {
    try {
      for (let from = 0; from < alerts.length; from += maxPerRequest) {
        const body = alerts.slice(from, from + maxPerRequest).map((alert) => toPosted(alert, options));
        const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(timeoutMs)]);
        await httpPost(options.address, 'api/v2/alerts', body, signal);
      }
      if (isFailing) logger.info('Alertmanager takes the alerts of the container engine again');
      isFailing = false;
      return true;
    } catch (error) {
      if (!isFailing && !stopping.signal.aborted)
        logger.warn(
          { error: (error as Error).message },
          'Alertmanager does not take the alerts of the container engine',
        );
      isFailing = true;
      return false;
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      const over = [...ended.values()];
      const alerts = [...options.firing(), ...over];
      const isTaken = alerts.length === 0 || (await post(alerts));
      if (isTaken)
        for (const alert of over) if (ended.get(alert.fingerprint) === alert) ended.delete(alert.fingerprint);
      const signal = isTaken ? AbortSignal.any([stopping.signal, wake.signal]) : stopping.signal;
      await clock.sleep(isTaken ? repeatMs : retryMs, signal);
    }
  }

  return {
    changed: (alerts) => {
      for (const alert of alerts) {
        ended.delete(alert.fingerprint);
        if (alert.status === 'resolved') ended.set(alert.fingerprint, alert);
      }
      for (const fingerprint of ended.keys()) if (ended.size > maxEnded) ended.delete(fingerprint);
      wake.abort();
    },
    start: () => {
      running = run();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

function toPosted(alert: Alert, { clock, botUrl }: Pick<AlertmanagerPostOptions, 'clock' | 'botUrl'>) {
  const { labels, annotations, startsAt, status, endsAt = clock.now() } = alert;
  const until = status === 'resolved' ? endsAt : clock.now() + validMs;
  return { labels, annotations, startsAt: rfc3339(startsAt), endsAt: rfc3339(until), generatorURL: `${botUrl}/` };
}

const rfc3339 = (time: number): string => new Date(time).toISOString();
