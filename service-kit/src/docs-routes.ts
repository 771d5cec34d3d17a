import type { Express, Request } from 'express';
import type { OpenApiDocument, OpenApiOptions } from './openapi.ts';
import { createPage, type Page, sendPage } from './security-headers.ts';

export interface DocsOptions {
  /** Imports the operations and their schemas: asked once, by the first reader. */
  describe: () => Promise<OpenApiOptions>;
  /** Where browsers reach the service through a reverse proxy: the curl lines of a page that was asked for there begin with it. */
  publicOrigin?: string | undefined;
}

/** Stands in the page for the address that it was asked by. */
const originMark = 'http://origin.invalid';

/**
 * `GET /openapi.json`, and `GET /docs`: the same as one page of plain HTML. The page needs no script, no network and no files
 * beside the bundle, so it works offline and under the strictest content security policy. Nothing of it is loaded before somebody
 * asks: making the document took 12 to 18 ms of every start, and a restarted service has to be back before it can be read about.
 */
export function addDocsRoutes(app: Express, { describe, publicOrigin }: DocsOptions): void {
  const document = once(async () => (await import('./openapi.ts')).openApiDocument(await describe()));
  const json = once(async () => JSON.stringify(await document(), null, 2));
  const page = once(async () => renderPage(await document()));
  app.get('/openapi.json', async (_req, res) => {
    const body = await json();
    res.setHeader('content-type', 'application/json; charset=utf-8');
    res.end(body);
  });
  app.get('/docs', async (req, res) => {
    const { html, policy } = await page();
    sendPage(res, { html: html.replaceAll(originMark, originOf(req, publicOrigin)), policy });
  });
}

/** What the reader typed is what works for the reader: another port, a name, a proxy. Only its harmless characters are taken. */
function originOf({ headers, socket }: Request, publicOrigin: string | undefined): string {
  const { host = `localhost:${socket.localPort}` } = headers;
  if (publicOrigin !== undefined && new URL(publicOrigin).host === host.toLowerCase()) return publicOrigin;
  return `http://${host.replace(/[^\w.:[\]-]/g, '')}`;
}

async function renderPage(document: OpenApiDocument): Promise<Page> {
  const { renderDocsPage } = await import('./docs-page.ts');
  return createPage(renderDocsPage(document, originMark));
}

/** Runs `make` on the first call and gives its result to every later one. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
