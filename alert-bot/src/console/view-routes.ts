import { jsonBody } from '@stack/service-kit/json-body';
import { methodNotAllowed, ProblemError } from '@stack/service-kit/problems';
import type { Express, RequestHandler } from 'express';
import { InvalidPayload, parseDelivery } from '../alerts/parse-delivery.ts';
import type { Healer } from '../healer/healer.ts';

const bodyLimit = 262_144;
const maxAlerts = 100;

/**
 * Addresses for a browser; `PROMETHEUS_URL` is one for the bot, which may be on a network of its own. `null`: there are no pages
 * (Debian's Prometheus has none), so an alert's own address leads nowhere either.
 */
export interface Links {
  prometheus?: string | null | undefined;
  grafana?: string | null | undefined;
}

export interface ViewDeps {
  healer: Pick<Healer, 'views'>;
  guard: RequestHandler[];
  now: () => number;
  links: Links;
}

/** What the console reads beside incidents and status: `GET /stats`, `/services`, `/runbooks.json`; `POST /simulate` touches nothing. */
export function addViewRoutes(app: Express, { healer: { views }, guard, now, links }: ViewDeps): void {
  app.get('/stats', ...guard, (_req, res) => void res.json({ windows: views.repairs() }));
  app.get('/services', ...guard, async (_req, res) => void res.json(await views.services()));
  app.get('/runbooks.json', ...guard, (_req, res) => void res.json({ runbooks: views.runbooks() }));
  app.get('/links', ...guard, (_req, res) => void res.json(links));
  app.post('/simulate', ...guard, jsonBody(bodyLimit), async (req, res) => {
    res.json({ results: await views.simulate(readDelivery(req.body, now())) });
  });
  app.all('/simulate', methodNotAllowed('POST'));
}

function readDelivery(body: unknown, now: number) {
  try {
    const delivery = parseDelivery(body, now);
    if (delivery.alerts.length <= maxAlerts) return delivery;
  } catch (error) {
    if (!(error instanceof InvalidPayload)) throw error;
    throw new ProblemError('validation_failed', { detail: error.message, errors: [...error.problems] });
  }
  throw new ProblemError('validation_failed', { detail: `At most ${maxAlerts} alerts can be tried at once.` });
}
