import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { readBody } from '@stack/test-kit/read-body';
import { spawnService } from '@stack/test-kit/spawn-service';
import { expect, it, onTestFinished } from 'vitest';
import { startFakeEngine } from '../runtime/fake-engine.ts';
import { seedService } from '../runtime/fake-world.ts';
import { tempDir } from '../support/temp-dir.ts';
import { startMonitoring } from '../verify/real-monitoring.ts';

/** Passes deliveries on to a bot whose address is known later, and remembers its answers. */
async function startRelay() {
  const answers: { reason: string; status: string }[] = [];
  const relay = { url: '', to: '', answers };
  const server = createServer(async (req, res) => {
    const body = (await readBody(req)) ?? Buffer.alloc(0);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${relay.to}/alert`, { method: 'POST', headers, body: body.toString() });
    const { alerts } = JSON.parse(body.toString()) as { alerts: { status: string }[] };
    const { results } = (await answer.json()) as { results: { reason: string }[] };
    answers.push(...results.map(({ reason }, n) => ({ reason, status: alerts[n]?.status ?? '' })));
    res.writeHead(answer.status).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  relay.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return relay;
}

it('an engine alert is also posted to Alertmanager, and what comes back from there is a duplicate', async () => {
  const relay = await startRelay();
  const monitoring = await startMonitoring({ rules: 'groups: []', webhook: relay.url });
  onTestFinished(() => monitoring.stop());
  const engine = await startFakeEngine();
  onTestFinished(() => engine.stop());
  const api = seedService(engine, 'api');
  const folder = await tempDir();
  const path = join(folder, 'incident_log.jsonl');
  const bot = await spawnService('alert-bot', {
    ...{ DOCKER_HOST: engine.dockerHost, COMPOSE_PROJECT: 'demo', INCIDENT_LOG_PATH: path },
    ...{
      RUNBOOKS_PATH: resolve(import.meta.dirname, '../cases/engine.yml'),
      ALERTMANAGER_URL: monitoring.alertmanager,
    },
  });
  onTestFinished(async () => void (await bot.stop()));
  relay.to = bot.url;
  const log = () =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; incident: string; outcome?: string });
  await eventually(async () => {
    const { sources } = (await (await fetch(`${bot.url}/status`)).json()) as { sources: object[] };
    expect(sources).toContainEqual({ source: 'engine', up: true });
  });

  engine.people.turn(api, 'unhealthy');
  const fingerprintThere = await eventually(async () => {
    const [alert] = await monitoring.alerts();
    expect(alert?.labels).toMatchObject({ alertname: 'ContainerUnhealthy', container: 'demo-api-1', project: 'demo' });
    return alert?.fingerprint;
  });
  await eventually(() =>
    expect(log()).toContainEqual(expect.objectContaining({ type: 'verified', outcome: 'healed' })),
  );
  await eventually(() => expect(relay.answers.some(({ status }) => status === 'resolved')).toBe(true));

  expect(new Set(relay.answers.map(({ reason }) => reason))).toEqual(new Set(['duplicate']));
  const received = log().filter(({ type }) => type === 'received');
  expect(received).toHaveLength(1);
  expect(received[0]?.incident.startsWith(`${fingerprintThere}-`)).toBe(true);
  expect(engine.events.filter((event) => event.startsWith('restart'))).toEqual(['restart demo-api-1']);
});
