import express, { type RequestHandler } from 'express';
import { ProblemError } from './problems.ts';

/**
 * Parses a JSON body on the routes that take one. 415 for any other content type, also for a missing one: a page in a
 * browser can post `text/plain` across sites without asking, JSON it cannot. 413 over `limitBytes`, 400 for bad JSON.
 */
export function jsonBody(limitBytes: number): RequestHandler[] {
  const requireJson: RequestHandler = (req, _res, next) => {
    const type = (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
    if (type === 'application/json') return next();
    const given = type ? `not ${JSON.stringify(type.slice(0, 100))}` : 'and the request names none';
    throw new ProblemError('unsupported_media_type', {
      detail: `The content type must be application/json, ${given}.`,
    });
  };
  return [requireJson, express.json({ limit: limitBytes, type: () => true })];
}
