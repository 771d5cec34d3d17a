import { jsonBody } from '@stack/service-kit/json-body';
import type { RequestHandler } from 'express';

/** Like `jsonBody`, but a request without any body needs no content type: `curl -XPOST …/approve` is enough. */
export function optionalJsonBody(limitBytes: number): RequestHandler {
  const body = jsonBody(limitBytes);
  return (req, res, next) => {
    const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
    if (!hasBody) req.body = {};
    return hasBody ? body(req, res, next) : next();
  };
}
