import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { expect, it } from 'vitest';
import { expressMessages } from '../src/express-messages.ts';

/** Asks the app once through a server with its messages; resolves to the body. */
async function ask(app: express.Express, prototypes: object[]): Promise<string> {
  const server = createServer(expressMessages(app), (req: IncomingMessage, res: ServerResponse) => {
    prototypes.push(Object.getPrototypeOf(req), Object.getPrototypeOf(res));
    app(req, res);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const body = await fetch(`http://127.0.0.1:${port}/hello?name=you`).then((response) => response.text());
  server.close();
  return body;
}

it('requests and responses have the prototypes of their app before Express sees them', async () => {
  const app = express();
  const prototypes: object[] = [];
  app.get('/hello', (req, res) => {
    prototypes.push(Object.getPrototypeOf(req), Object.getPrototypeOf(res));
    res.json({ name: req.query['name'], app: req.app === app && res.app === app });
  });
  expect(JSON.parse(await ask(app, prototypes))).toEqual({ name: 'you', app: true });
  const [request, response, requestInApp, responseInApp] = prototypes;
  expect([requestInApp === request, responseInApp === response]).toEqual([true, true]);
  expect([app.request === request, app.response === response]).toEqual([true, true]);
});

it('two apps do not get in each other’s way', async () => {
  const apps = ['a', 'b'].map((name) => express().get('/hello', (_req, res) => res.send(name)));
  expect(await Promise.all(apps.map((app) => ask(app, [])))).toEqual(['a', 'b']);
});

it('a listener that is no Express app gets nothing', () => {
  expect(expressMessages(() => undefined)).toEqual({});
});
