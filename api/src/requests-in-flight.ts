import type { RequestHandler } from 'express';

export interface RequestsInFlight {
  count: () => number;
  middleware: RequestHandler;
}

/** Counts requests that are accepted and not answered yet, the hanging ones included; `/metrics` itself is not counted. */
export function createRequestsInFlight(): RequestsInFlight {
  let inFlight = 0;
  return {
    count: () => inFlight,
    middleware: (_req, res, next) => {
      inFlight++;
      res.once('close', () => inFlight--);
      next();
    },
  };
}
