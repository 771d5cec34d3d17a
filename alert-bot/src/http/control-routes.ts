import { methodNotAllowed, parseOrProblem } from '@stack/service-kit/problems';
import type { Express, Request, RequestHandler } from 'express';
import type { Healer } from '../healer/healer.ts';
import { optionalJsonBody } from './optional-json-body.ts';
import { param } from './param.ts';

const bodyLimit = 16_384;

/** Who asked: what the body says, else the client's address. Recorded, not proven. */
const askedBy = (req: Request, by: string | undefined) => by ?? `http ${req.socket.remoteAddress ?? 'unknown'}`;

const loadSchemas = () => import('./request-schemas.ts'); // 2 ms that a start has no use for

async function control(req: Request): Promise<{ by: string; note?: string }> {
  const { controlBody } = await loadSchemas();
  const { by, note } = parseOrProblem(controlBody, req.body ?? {}, 'body');
  return note === undefined ? { by: askedBy(req, by) } : { by: askedBy(req, by), note };
}

/** Pause, approve, reject, release: what a person may tell the bot. Every one is recorded before it is answered. */
export function addControlRoutes(app: Express, { healer, guard }: { healer: Healer; guard: RequestHandler[] }): void {
  const body = optionalJsonBody(bodyLimit);

  app.get('/status', ...guard, (_req, res) => void res.json(healer.stats()));

  app.post('/pause', ...guard, body, async (req, res) => {
    const { pauseBody } = await loadSchemas();
    const { minutes, reason, by } = parseOrProblem(pauseBody, req.body, 'body');
    const request = { minutes, by: askedBy(req, by) };
    res.json(await healer.pause(reason === undefined ? request : { ...request, reason }));
  });
  app.delete('/pause', ...guard, body, async (req, res) => {
    await healer.resume(await control(req));
    res.status(204).end();
  });
  app.all('/pause', methodNotAllowed('POST', 'DELETE'));

  app.post('/incidents/:id/approve', ...guard, body, async (req, res) => {
    res.status(202).json(await healer.approve(param(req, 'id'), await control(req)));
  });
  app.post('/incidents/:id/reject', ...guard, body, async (req, res) => {
    res.json(await healer.reject(param(req, 'id'), await control(req)));
  });
  app.post('/targets/:target/release', ...guard, body, async (req, res) => {
    res.json(await healer.release(param(req, 'target'), await control(req)));
  });
  app.post('/targets/:project/:service/release', ...guard, body, async (req, res) => {
    res.json(await healer.release(`${param(req, 'project')}/${param(req, 'service')}`, await control(req)));
  });
}
