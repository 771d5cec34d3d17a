import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { ProblemError } from './problems.ts';

const digest = (value: string) => createHash('sha256').update(value).digest();

/**
 * Lets a request pass when its `Authorization: Bearer …` is `token`; without a token everything passes. Digests of equal
 * length are compared in constant time, so that neither the token nor its length leaks through timing.
 * @throws ProblemError unauthorized (in the handler)
 */
export function requireBearer(token: string | undefined): RequestHandler {
  if (token === undefined) return (_req, _res, next) => next();
  const expected = digest(token);
  return (req, _res, next) => {
    const [, given = ''] = /^Bearer ([^\s]{1,4096})$/i.exec(req.headers.authorization ?? '') ?? [];
    if (timingSafeEqual(digest(given), expected)) return next();
    const headers = { 'www-authenticate': 'Bearer realm="alert-bot"' };
    throw new ProblemError('unauthorized', {
      detail: 'Send "Authorization: Bearer <token>" with the configured token.',
      headers,
    });
  };
}
