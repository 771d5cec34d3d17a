import { jsonBody } from '@stack/service-kit/json-body';
import type { Logger } from '@stack/service-kit/logger';
import { ProblemError } from '@stack/service-kit/problems';
import { sendJson } from '@stack/service-kit/send-json';
import type { Express, Request, RequestHandler } from 'express';
import type { PayloadProblem, ReadDelivery } from '../alerts/alert.ts';
import { InvalidPayload, parseDelivery } from '../alerts/parse-delivery.ts';
import type { Healer } from '../healer/healer.ts';
import type { AlertBotMetrics, DeliveryResult } from '../metrics.ts';

/** express.json's default of 100 kB refuses at about 153 alerts; a storm brings ten thousand (6.6 MB). */
const bodyLimit = 16 * 1_048_576;

export interface IntakeDeps {
  healer: Pick<Healer, 'intake'>;
  metrics: Pick<AlertBotMetrics, 'deliveries' | 'alertsRefused'>;
  logger: Logger;
  guard: RequestHandler[];
  now: () => number;
}

/**
 * `POST /alert`, also `/alerts`: Alertmanager's webhook, or the hand-written short form. 202 once every alert is on disk
 * with its decision, and before any action; what could not be taken is listed in the answer. 400 when nothing could: Alertmanager
 * retries 5xx only, so 503 means "nothing of it was taken, try again", and the same alerts would be refused again.
 */
export function addIntakeRoutes(app: Express, { healer, metrics, logger, guard, now }: IntakeDeps): void {
  const count: RequestHandler = (_req, res, next) => {
    res.once('finish', () => metrics.deliveries.inc({ result: resultOf(res.statusCode) }));
    next();
  };
  const refuse = (refused: number, problems: readonly PayloadProblem[], leftOut: number) => {
    metrics.alertsRefused.inc(refused + leftOut);
    logger.warn({ refused, problems, leftOut }, 'alerts of a delivery were refused');
  };
  const handler: RequestHandler = async (req: Request, res) => {
    const { refused, leftOut, ...delivery } = readDelivery(req.body, now(), refuse);
    const { truncatedAlerts } = delivery;
    if (truncatedAlerts > 0) logger.warn({ truncated: truncatedAlerts }, 'alertmanager left out alerts');
    const results = await healer.intake(delivery);
    // after it was taken: a delivery that comes again after a 503 is counted once
    if (refused.count + leftOut > 0) refuse(refused.count, refused.problems, leftOut);
    const { problems, count: refusedCount } = refused;
    const answer = { accepted: results.length, refusedCount, refused: problems, leftOut, truncatedAlerts, results };
    sendJson(res, 202, JSON.stringify(answer));
  };
  const body = jsonBody(bodyLimit, { overload: 'unavailable' }); // Alertmanager comes again after a 503
  for (const path of ['/alert', '/alerts']) app.post(path, count, ...guard, body, handler);
}

function readDelivery(
  body: unknown,
  now: number,
  refuse: (count: number, problems: readonly PayloadProblem[], leftOut: number) => void,
): ReadDelivery {
  try {
    return parseDelivery(body, now);
  } catch (error) {
    if (!(error instanceof InvalidPayload)) throw error;
    if (error.refused > 0) refuse(error.refused, error.problems, error.leftOut);
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
