import type { RequestHandler } from 'express';
import { ProblemError } from './problems.ts';

const localHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses writes that a page of another site sends from somebody's browser (cross-site request forgery). Programs send no `Origin`; pages that
 * were served from here, such as `/docs`, are let through. With JSON-only bodies and the check of the host (allowed-hosts.ts) no page can act.
 * @throws ProblemError forbidden (in the handler)
 */
export const refuseForeignPages: RequestHandler = (req, _res, next) => {
  const { origin, host } = req.headers;
  if (req.method === 'GET' || req.method === 'HEAD' || isOurs(origin, host, req.headers['sec-fetch-site']))
    return next();
  throw new ProblemError('forbidden', { detail: 'Pages of other sites may not act here.' });
};

function isOurs(origin: string | undefined, host: string | undefined, site: string | string[] | undefined): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { hostname, host: from } = new URL(origin);
  return localHosts.has(hostname) || from === host?.toLowerCase();
}
