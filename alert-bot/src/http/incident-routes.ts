import { createAnswerBudget } from '@stack/service-kit/answer-budget';
import { ProblemError, parseOrProblem } from '@stack/service-kit/problems';
import { createTurns } from '@stack/service-kit/turns';
import type { Express, RequestHandler } from 'express';
import type { Healer, IncidentQuery } from '../healer/healer.ts';
import { param } from './param.ts';

/** A page of incidents ends here, whatever `limit` says: labels may have 16 kB each. */
const maxPageLength = 1_048_576;
/** Of all answers of these routes that nobody has read yet, in characters. */
const maxUnreadLength = 16 * 1_048_576;
/** A timeline is read from the files of the log: so many at a time, the others wait in line. */
const readsAtOnce = 4;

export interface IncidentRoutesDeps {
  healer: Pick<Healer, 'incidents' | 'incident' | 'views'>;
  guard: RequestHandler[];
}

/** Reading: `GET /incidents` with filters and pages, `GET /incidents/:id` with the timeline from the log. */
export function addIncidentRoutes(app: Express, { healer, guard }: IncidentRoutesDeps): void {
  const answers = createAnswerBudget(maxUnreadLength);
  const turns = createTurns({ atOnce: readsAtOnce, maxWaitMs: 5_000, maxWaiting: 60 });
  app.get('/incidents', ...guard, async (req, res) => {
    const { incidentsQuery } = await import('./request-schemas.ts'); // 2 ms that a start has no use for
    const query = parseOrProblem(incidentsQuery, req.query, 'query');
    answers.requireRoom();
    answers.send(res, 200, pageText(healer, query as IncidentQuery));
  });
  app.get('/incidents/:id', ...guard, async (req, res) => {
    const id = param(req, 'id');
    answers.requireRoom();
    if (!(await turns.take(res)))
      throw new ProblemError('unavailable', { detail: 'Too many timelines are being read.', retryAfterSeconds: 2 });
    const found = await healer.incident(id);
    if (!found) throw new ProblemError('not_found', { detail: `There is no incident ${id.slice(0, 100)}.` });
    const { summary, events: timeline, omitted: omittedEvents } = found;
    const progress = healer.views.progress(id);
    answers.send(res, 200, JSON.stringify({ ...summary, timeline, omittedEvents, progress }));
  });
}

/** A page with fewer incidents than asked for, when they are long, has the cursor to the rest like any other. */
function pageText(healer: Pick<Healer, 'incidents'>, query: IncidentQuery): string {
  const { items, nextCursor } = healer.incidents(query);
  const texts: string[] = [];
  let length = 0;
  for (const item of items) {
    const text = JSON.stringify(item);
    length += text.length;
    if (length > maxPageLength && texts.length > 0) break;
    texts.push(text);
  }
  const isWhole = texts.length === items.length;
  const next = isWhole ? nextCursor : healer.incidents({ ...query, limit: texts.length }).nextCursor;
  return `{"items":[${texts.join(',')}],"nextCursor":${JSON.stringify(next)}}`;
}
