import { rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { createComposeProject, projectLabel } from './compose-project.ts';
import { freePorts } from './free-ports.ts';
import { generateConfiguration } from './generate-configuration.ts';
import { runCommand } from './run-command.ts';
import type { StackDescription } from './stack.ts';
import { waitForHealth } from './wait-for-health.ts';

/**
 * Brings the stack up once for all scenarios, under a project name and ports of its own; takes it away afterwards, the healer first,
 * so that it repairs nothing that is being removed.
 *
 *   E2E_HARDENED=true   with docker-compose.hardened.yml
 *   E2E_KEEP=true       leaves the stack running, to look at
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await generateConfiguration();
  const stack = await describeStack(directory);
  const { compose, leftovers } = createComposeProject({ name: stack.project, files: stack.files, env: stack.env });
  const teardown = async () => {
    if (process.env['E2E_KEEP'] === 'true') return;
    await compose('stop', 'alert-bot');
    await compose('down', '--volumes', '--rmi', 'local', '--remove-orphans', '--timeout', '5');
    // what an earlier run with E2E_KEEP built and this one built anew
    await runCommand('docker', ['image', 'prune', '--force', '--filter', `label=${projectLabel}=${stack.project}`]);
    await rm(directory, { recursive: true, force: true });
    const left = await leftovers();
    if (left.length === 0) return;
    console.error(`the scenarios left something behind: ${left.join(', ')}`);
    // vitest prints what a teardown throws, and still ends well
    process.exitCode = 1;
  };
  try {
    await compose('build', '--quiet');
    const before = performance.now();
    await compose('up', '-d');
    await waitForHealth(createComposeProject({ name: stack.project, files: stack.files, env: stack.env }));
    project.provide('stack', { ...stack, healthyAfterMs: performance.now() - before });
  } catch (error) {
    console.error(await compose('logs', '--tail', '30').catch(String));
    await teardown().catch(console.error);
    throw error;
  }
  return teardown;
}

async function describeStack(directory: string): Promise<Omit<StackDescription, 'healthyAfterMs'>> {
  const hardened = process.env['E2E_HARDENED'] === 'true';
  const [api = 0, alertBot = 0, prometheus = 0, alertmanager = 0] = await freePorts(4);
  return {
    project: hardened ? 'stack-e2e-hardened' : 'stack-e2e',
    files: ['docker-compose.yml', ...(hardened ? ['docker-compose.hardened.yml'] : []), 'e2e/compose.e2e.yml'],
    ports: { api, alertBot, prometheus, alertmanager },
    env: {
      E2E_DIR: directory,
      API_PORT: String(api),
      ALERT_BOT_PORT: String(alertBot),
      PROMETHEUS_PORT: String(prometheus),
      ALERTMANAGER_PORT: String(alertmanager),
      CONTAINER_METRICS_INTERVAL_MS: '2000',
      ...(hardened ? hardenedSecrets : {}),
    },
  };
}

const hardenedSecrets = {
  FAULTS_ENABLED: 'true',
  POSTGRES_PASSWORD: 'e2eOwner1',
  APP_DB_PASSWORD: 'e2eApp1',
  MONITOR_DB_PASSWORD: 'e2eMonitor1',
  GRAFANA_ADMIN_PASSWORD: 'e2eGrafana1',
  ALERT_BOT_TOKEN: 'e2e-alert-bot-token-0001',
  AGENT_TOKEN: 'e2e-agent-token-00000001',
};
