import { expect, test } from 'vitest';
import { askBot, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { repository } from '../src/compose-project.ts';
import { eventually } from '../src/eventually.ts';
import { requestJson } from '../src/http-json.ts';
import { runCommand } from '../src/run-command.ts';
import { waitForHealth } from '../src/wait-for-health.ts';

// It stops every container on the machine, so it has to be asked for: E2E_RESTART_ENGINE is the command that restarts the engine.
const restartCommand = process.env['E2E_RESTART_ENGINE'];

test.skipIf(!restartCommand)(
  'after a restart of the Docker engine everything comes back, with its data and with the bot’s memory',
  async () => {
    const stack = await calmStack();
    const transaction = await requestJson<{ id: string }>(`${stack.api}/transactions`, {
      method: 'POST',
      body: { accountId: 'e2e-engine', amount: '1.00', currency: 'EUR' },
    });
    expect(transaction.status).toBe(201);
    await askBot(stack, '/pause', { method: 'POST', body: { minutes: 5, reason: 'engine restart', by: 'e2e' } });
    const logBefore = await readIncidentLog(stack);

    await runCommand('bash', ['-c', restartCommand ?? ''], { cwd: repository, timeoutMs: 120_000 });
    await waitForHealth(stack);

    expect((await requestJson(`${stack.api}/transactions/${transaction.body.id}`)).status).toBe(200);
    expect((await readIncidentLog(stack)).slice(0, logBefore.length)).toEqual(logBefore);
    expect((await askBot(stack, '/status')).body).toMatchObject({ paused: { by: 'e2e' } });
    // the socket that the bot holds belongs to the new engine
    await eventually(async () => expect((await askBot(stack, '/status')).body).toMatchObject({ runtimeUp: true }), {
      timeoutMs: 30_000,
    });
  },
);
