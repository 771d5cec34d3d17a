import { ProblemError } from '@stack/service-kit/problems';
import type { RequestHandler } from 'express';

const localHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses writes that a page in somebody's browser sends: a page of another site (cross-site request forgery) or one
 * whose name was pointed at this machine (DNS rebinding). Programs send no `Origin`; pages served from this machine,
 * such as `/docs`, are let through. Together with JSON-only bodies no page can act without a preflight that fails.
 * @throws ProblemError forbidden (in the handler)
 */
export const refuseForeignPages: RequestHandler = (req, _res, next) => {
  if (req.method === 'GET' || req.method === 'HEAD' || isOurs(req.headers.origin, req.headers['sec-fetch-site']))
    return next();
  throw new ProblemError('forbidden', { detail: 'Pages of other sites may not act here.' });
};

function isOurs(origin: string | undefined, site: string | string[] | undefined): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin === undefined) return true;
  return URL.canParse(origin) && localHosts.has(new URL(origin).hostname);
}
