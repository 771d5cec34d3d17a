import { ProblemError, parseOrProblem } from '@stack/service-kit/problems';
import type { Express, RequestHandler } from 'express';
import type { Healer, IncidentQuery } from '../healer/healer.ts';
import { param } from './param.ts';

/** Reading: `GET /incidents` with filters and pages, `GET /incidents/:id` with the timeline from the log. */
export function addIncidentRoutes(app: Express, { healer, guard }: { healer: Healer; guard: RequestHandler[] }): void {
  app.get('/incidents', ...guard, async (req, res) => {
    const { incidentsQuery } = await import('./request-schemas.ts'); // 2 ms that a start has no use for
    const query = parseOrProblem(incidentsQuery, req.query, 'query');
    res.json(healer.incidents(query as IncidentQuery));
  });
  app.get('/incidents/:id', ...guard, async (req, res) => {
    const id = param(req, 'id');
    const found = await healer.incident(id);
    if (!found) throw new ProblemError('not_found', { detail: `There is no incident ${id.slice(0, 100)}.` });
    res.json({ ...found.summary, timeline: found.events, progress: healer.views.progress(id) });
  });
}
