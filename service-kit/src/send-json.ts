import type { ServerResponse } from 'node:http';

/** Answers with JSON text as it is. What `res.json` does beyond that (ETag, freshness, charset lookup) nobody here asks for. */
export function sendJson(res: ServerResponse, status: number, json: string): void {
  res.statusCode = status;
  res.setHeader('content-type', 'application/json; charset=utf-8');
  res.end(json);
}
