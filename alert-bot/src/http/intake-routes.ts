import { jsonBody } from '@stack/service-kit/json-body';
import type { Logger } from '@stack/service-kit/logger';
import { ProblemError } from '@stack/service-kit/problems';
import { sendJson } from '@stack/service-kit/send-json';
import type { Express, Request, RequestHandler } from 'express';
import type { Delivery } from '../alerts/alert.ts';
import { InvalidPayload, parseDelivery } from '../alerts/parse-delivery.ts';
import type { Healer } from '../healer/healer.ts';
import type { AlertBotMetrics, DeliveryResult } from '../metrics.ts';

/** express.json's default of 100 kB refuses at about 153 alerts; a storm brings ten thousand (6.6 MB). */
const bodyLimit = 16 * 1_048_576;

export interface IntakeDeps {
  healer: Pick<Healer, 'intake'>;
  metrics: Pick<AlertBotMetrics, 'deliveries'>;
  logger: Logger;
  guard: RequestHandler[];
  now: () => number;
}

/**
 * `POST /alert`, also `/alerts`: Alertmanager's webhook, or the hand-written short form. 202 once every alert is on disk
 * with its decision, and before any action. Alertmanager retries 5xx only, so 503 means "nothing of it was taken".
 */
export function addIntakeRoutes(app: Express, { healer, metrics, logger, guard, now }: IntakeDeps): void {
  const count: RequestHandler = (_req, res, next) => {
    res.once('finish', () => metrics.deliveries.inc({ result: resultOf(res.statusCode) }));
    next();
  };
  const handler: RequestHandler = async (req: Request, res) => {
    const delivery = readDelivery(req.body, now());
    if (delivery.truncatedAlerts > 0)
      logger.warn({ truncated: delivery.truncatedAlerts }, 'alertmanager left out alerts');
    const results = await healer.intake(delivery);
    const { truncatedAlerts } = delivery;
    sendJson(res, 202, JSON.stringify({ accepted: results.length, truncatedAlerts, results }));
  };
  for (const path of ['/alert', '/alerts']) app.post(path, count, ...guard, ...jsonBody(bodyLimit), handler);
}

function readDelivery(body: unknown, now: number): Delivery {
  try {
    return parseDelivery(body, now);
  } catch (error) {
    if (!(error instanceof InvalidPayload)) throw error;
    throw new ProblemError('validation_failed', { detail: error.message, errors: error.problems });
  }
}

function resultOf(status: number): DeliveryResult {
  if (status < 300) return 'accepted';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 413) return 'too_large';
  if (status === 415) return 'unsupported';
  return status < 500 ? 'invalid' : 'unavailable';
}
