import { ProblemError } from '@stack/service-kit/problems';
import type { Express, RequestHandler, Response } from 'express';
import { param } from '../http/param.ts';
import { type ConsoleFile, type ConsoleFiles, loadConsoleFiles } from './console-files.ts';

/** Its own files and its own API, and nothing else: no script or style in the markup, no frame, no form, no other origin. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const dayInSeconds = 86_400;
const pagePaths = ['/', '/ui', '/ui/:view', '/ui/:view/:id'];

/** The console: one page under `/` and `/ui/…`, and the files that it names. It holds no data, so it asks for no token. */
export function addPageRoutes(app: Express): void {
  let files: Promise<ConsoleFiles | undefined> | undefined;
  const load = async (): Promise<ConsoleFiles> => {
    files ??= loadConsoleFiles();
    const found = await files;
    if (!found) throw new ProblemError('not_found', { detail: 'The console was not built: npm run build.' });
    return found;
  };
  const page: RequestHandler = async (req, res) => {
    const { page: file } = await load();
    res.setHeader('content-security-policy', policy);
    res.setHeader('referrer-policy', 'no-referrer');
    res.setHeader('cache-control', 'no-cache');
    send(res, file, req.headers['accept-encoding']);
  };
  for (const path of pagePaths) app.get(path, page);
  app.get('/assets/:name', async (req, res) => {
    const file = (await load()).assets.get(param(req, 'name'));
    if (!file) throw new ProblemError('not_found');
    res.setHeader('cache-control', `public, max-age=${365 * dayInSeconds}, immutable`);
    send(res, file, req.headers['accept-encoding']);
  });
}

function send(res: Response, { bytes, gzipped, type }: ConsoleFile, accepted: string | string[] | undefined): void {
  res.setHeader('content-type', type);
  res.setHeader('vary', 'accept-encoding');
  const takesGzip = /\bgzip\b/.test(String(accepted ?? ''));
  if (takesGzip) res.setHeader('content-encoding', 'gzip');
  const body = takesGzip ? gzipped : bytes;
  res.setHeader('content-length', body.length);
  res.end(body);
}
