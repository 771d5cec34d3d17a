import { expect, test } from 'vitest';
import { createComposeProject } from '../src/compose-project.ts';
import { eventually } from '../src/eventually.ts';
import { freePorts } from '../src/free-ports.ts';
import { requestJson } from '../src/http-json.ts';
import { connectToStack } from '../src/stack.ts';
import { waitForHealth } from '../src/wait-for-health.ts';

test('docker compose down -v leaves nothing, also not the replicas that the bot made', async () => {
  const { description } = connectToStack();
  const [api = 0, alertBot = 0, prometheus = 0, alertmanager = 0] = await freePorts(4);
  const env = {
    ...description.env,
    API_PORT: String(api),
    ALERT_BOT_PORT: String(alertBot),
    PROMETHEUS_PORT: String(prometheus),
    ALERTMANAGER_PORT: String(alertmanager),
  };
  const project = createComposeProject({ name: `${description.project}-down`, files: description.files, env });
  try {
    await project.compose('up', '-d', '--build', '--quiet-pull');
    await waitForHealth(project);
    await requestJson(`http://127.0.0.1:${alertBot}/alert`, {
      method: 'POST',
      token: description.env['ALERT_BOT_TOKEN'],
      body: { alerts: [{ labels: { alertname: 'WorkerBacklogHigh', severity: 'warning' } }] },
    });
    await eventually(async () => expect(await project.replicas('worker')).toHaveLength(3), { timeoutMs: 60_000 });
  } finally {
    await project.compose('down', '--volumes', '--rmi', 'local');
  }
  expect(await project.leftovers()).toEqual([]);
});
