import type { Express } from 'express';
import type { OpenApiDocument, OpenApiOptions } from './openapi.ts';
import { createPage, type Page, sendPage } from './security-headers.ts';

export interface DocsOptions {
  /** Imports the operations and their schemas: asked once, by the first reader. */
  describe: () => Promise<OpenApiOptions>;
  /** What the curl lines of `/docs` begin with. */
  exampleUrl: string;
}

/**
 * `GET /openapi.json`, and `GET /docs`: the same as one page of plain HTML. The page needs no script, no network and no files
 * beside the bundle, so it works offline and under the strictest content security policy. Nothing of it is loaded before somebody
 * asks: making the document took 12 to 18 ms of every start, and a restarted service has to be back before it can be read about.
 */
export function addDocsRoutes(app: Express, { describe, exampleUrl }: DocsOptions): void {
  const document = once(async () => (await import('./openapi.ts')).openApiDocument(await describe()));
  const json = once(async () => JSON.stringify(await document(), null, 2));
  const page = once(async () => renderPage(await document(), exampleUrl));
  app.get('/openapi.json', async (_req, res) => {
    const body = await json();
    res.setHeader('content-type', 'application/json; charset=utf-8');
    res.end(body);
  });
  app.get('/docs', async (_req, res) => {
    sendPage(res, await page());
  });
}

async function renderPage(document: OpenApiDocument, exampleUrl: string): Promise<Page> {
  const { renderDocsPage } = await import('./docs-page.ts');
  return createPage(renderDocsPage(document, exampleUrl));
}

/** Runs `make` on the first call and gives its result to every later one. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
