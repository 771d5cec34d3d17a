import { createServer } from 'node:http';
import { createHealth } from '@stack/service-kit/health';
import { createLogger } from '@stack/service-kit/logger';
import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createAlertBotMetrics } from '../../src/metrics.ts';
import { createFakeHealer } from '../http/fake-healer.ts';
import { type Bot, createBot } from '../support/bot.ts';
import { slow } from '../support/world.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function appOf(healer: Bot['healer'], token?: string, publicOrigin?: string) {
  return createApp({
    healer,
    health: createHealth({}),
    metrics: createAlertBotMetrics(),
    logger: createLogger({ service: 'test', level: 'silent' }),
    token,
    publicOrigin,
    links: { grafana: 'http://localhost:3000' },
    now: () => Date.parse('2026-01-01T00:00:00Z'),
    runbookMarkdown: '',
  }).express;
}

async function startBot(): Promise<Bot> {
  const bot = await createBot();
  stops.push(() => bot.healer.stop());
  return bot;
}

describe('what the console reads', () => {
  it('services: replicas, opted in, attempts left and who has them now', async () => {
    const bot = await startBot();
    await bot.deliver(slow());
    const { body } = await request(appOf(bot.healer)).get('/services');
    expect(body).toMatchObject({ project: 'demo', observedAt: expect.any(String) });
    const api = body.services.find(({ service }: { service: string }) => service === 'api');
    expect(api).toMatchObject({
      optedIn: true,
      protected: false,
      attempts: { max: 3, withinSeconds: 1_800 },
      quarantine: null,
      rest: null,
      active: expect.any(String),
      replicas: [{ name: 'demo-api-1', state: 'running', health: 'healthy' }],
    });
  });

  it('services are shown also when the engine does not answer: those of the runbooks', async () => {
    const bot = await startBot();
    bot.runtime.down = true;
    bot.clock.advance?.(60_000);
    const { body } = await request(appOf(bot.healer)).get('/services');
    expect(body.services.map(({ service }: { service: string }) => service)).toEqual(['api', 'worker']);
  });

  it('simulate says what would happen with the memory as it is, and records nothing', async () => {
    const bot = await startBot();
    const events = bot.disk.events.length;
    const ask = async () =>
      (
        await request(appOf(bot.healer))
          .post('/simulate')
          .send({ alerts: [{ labels: slow().labels }] })
      ).body.results;
    expect(await ask()).toMatchObject([
      { decision: 'act', reason: 'matched', action: { type: 'restart', service: 'api' } },
    ]);
    expect(bot.disk.events.length).toBe(events);
    await bot.healer.pause({ minutes: 5, by: 'mira' });
    expect(await ask()).toMatchObject([{ decision: 'skip', reason: 'paused' }]);
    expect(bot.runtime.actions).toEqual([]);
  });

  it('simulate refuses what is no delivery, and more than a page would ever ask', async () => {
    const bot = await startBot();
    const app = appOf(bot.healer);
    expect((await request(app).post('/simulate').send({ alerts: 7 })).status).toBe(400);
    const many = Array.from({ length: 101 }, () => ({ labels: { alertname: 'A' } }));
    expect((await request(app).post('/simulate').send({ alerts: many })).status).toBe(400);
  });

  it('runbooks come with their own lines of the file', async () => {
    const bot = await startBot();
    const { body } = await request(appOf(bot.healer)).get('/runbooks.json');
    expect(body.runbooks[2]).toMatchObject({ name: 'worker-backlog', mode: 'auto', target: 'worker' });
    expect(body.runbooks[2].source).toBe(
      'name: worker-backlog\nmatch: { alertname: WorkerBacklogHigh }\naction: { scale: worker, to: 3, max: 3 }\nonResolved: { to: 1, after: 1m }',
    );
  });

  it('a filter by text finds labels, reasons and summaries, whatever their letters', async () => {
    const bot = await startBot();
    await bot.deliver(slow({ annotations: { summary: 'The API is SLOW (p95)' } }));
    const find = async (text: string) =>
      (await request(appOf(bot.healer)).get('/incidents').query({ text })).body.items.length;
    expect([await find('is slow (p'), await find('apihigh'), await find('nothing of it')]).toEqual([1, 1, 0]);
  });

  it.each(['/stats', '/services', '/runbooks.json', '/links'])(
    '%s asks for the token when one is set',
    async (path) => {
      const app = appOf(createFakeHealer().healer, 'a-token-of-24-characters');
      expect((await request(app).get(path)).status).toBe(401);
      const authorization = 'Bearer a-token-of-24-characters';
      expect((await request(app).get(path).set({ authorization })).status).toBe(200);
    },
  );
});

describe('PUBLIC_URL', () => {
  const ask = (headers: Record<string, string>) =>
    request(appOf(createFakeHealer().healer, undefined, 'https://bot.example.org'))
      .post('/pause')
      .set(headers)
      .send({ minutes: 5 });

  it.each([
    ['the page behind the proxy may act', { origin: 'https://bot.example.org', host: 'alert-bot:5001' }, 200],
    ['its host may be passed on', { origin: 'https://bot.example.org', host: 'bot.example.org' }, 200],
    ['the same name without TLS is another origin', { origin: 'http://bot.example.org', host: 'alert-bot:5001' }, 403],
    ['another page may not', { origin: 'https://evil.example.org', host: 'alert-bot:5001' }, 403],
    ['a name below it may not', { origin: 'https://a.bot.example.org', host: 'alert-bot:5001' }, 403],
    [
      'nor when the browser says that the site differs',
      { origin: 'https://bot.example.org', host: 'alert-bot:5001', 'sec-fetch-site': 'cross-site' },
      403,
    ],
  ])('%s', async (_name, headers, status) => {
    expect((await ask(headers as Record<string, string>)).status).toBe(status);
  });
});

describe('the stream after a lost connection', () => {
  /** Reads until the text has so many events. */
  async function read(bot: Bot, headers: Record<string, string>, count: number): Promise<string[]> {
    const server = createServer(appOf(bot.healer)).listen(0, '127.0.0.1');
    stops.unshift(
      () => void server.closeAllConnections(),
      () => server.close(),
    );
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const response = await fetch(`http://127.0.0.1:${port}/incidents/stream?progress=true`, { headers });
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.split('\nevent: ').length + text.split('\n\nevent: ').length > count * 2) break;
      if ((text.match(/event: /g) ?? []).length >= count) break;
    }
    return [...text.matchAll(/(?:id: (\d+)\n)?event: (\w+)/g)].map(([, id, type]) =>
      id ? `${id} ${type}` : String(type),
    );
  }

  it('gets what was missed, in order and once', async () => {
    const bot = await startBot();
    await bot.healer.pause({ minutes: 5, by: 'mira' });
    await bot.healer.resume({ by: 'mira' });
    expect(await read(bot, { 'last-event-id': '0' }, 3)).toEqual(['ready', '1 paused', '2 resumed']);
  });

  it('is told that there is a gap when its last event is of another log', async () => {
    const bot = await startBot();
    expect(await read(bot, { 'last-event-id': '900' }, 2)).toEqual(['ready', 'gap']);
  });
});
