import type { RequestHandler } from 'express';
import { ProblemError } from './problems.ts';

const localHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses writes that a page of another site sends from somebody's browser (cross-site request forgery). Programs send no `Origin`; pages that
 * were served from here, such as `/docs`, are let through, also when a proxy serves them as `publicOrigin` (`https://bot.example.org`). With JSON-only bodies and the check of the host (allowed-hosts.ts) no page can act.
 * @throws ProblemError forbidden (in the handler)
 */
export function refuseForeignPages(publicOrigin?: string): RequestHandler {
  return (req, _res, next) => {
    const { origin, host } = req.headers;
    const site = req.headers['sec-fetch-site'];
    if (req.method === 'GET' || req.method === 'HEAD' || isOurs(origin, { host, site, publicOrigin })) return next();
    throw new ProblemError('forbidden', { detail: 'Pages of other sites may not act here.' });
  };
}

interface Asked {
  host: string | undefined;
  site: string | string[] | undefined;
  publicOrigin: string | undefined;
}

function isOurs(origin: string | undefined, { host, site, publicOrigin }: Asked): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  if (origin === publicOrigin) return true;
  const { hostname, host: from } = new URL(origin);
  return localHosts.has(hostname) || from === host?.toLowerCase();
}
