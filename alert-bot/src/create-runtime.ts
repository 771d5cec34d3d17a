import type { Logger } from '@stack/service-kit/logger';
import type { AlertBotConfig } from './config.ts';
import { createAgentRuntime } from './runtime/agent/agent-runtime.ts';
import { createDockerRuntime } from './runtime/docker/docker-runtime.ts';
import { createDryRunRuntime } from './runtime/dry-run/dry-run-runtime.ts';
import type { Runtime } from './runtime/runtime.ts';

type RuntimeConfig = Pick<
  AlertBotConfig,
  | 'RUNTIME'
  | 'DOCKER_HOST'
  | 'DOCKER_TLS_VERIFY'
  | 'DOCKER_CERT_PATH'
  | 'COMPOSE_PROJECT'
  | 'PROJECTS'
  | 'OPT_IN_LABEL'
  | 'SCRAPE_NETWORK'
  | 'AGENT_URL'
  | 'AGENT_TOKEN'
>;

/** The implementation that RUNTIME names. `dry-run` looks at the real containers and touches nothing. */
export function createRuntime(config: RuntimeConfig, logger: Logger): Runtime {
  if (config.RUNTIME === 'agent') return createAgentRuntime({ url: config.AGENT_URL ?? '', token: config.AGENT_TOKEN });
  const docker = createDockerRuntime({
    dockerHost: config.DOCKER_HOST,
    tlsVerify: config.DOCKER_TLS_VERIFY,
    certPath: config.DOCKER_CERT_PATH,
    project: config.COMPOSE_PROJECT,
    projects: config.PROJECTS,
    optInLabel: config.OPT_IN_LABEL,
    scrapeNetwork: config.SCRAPE_NETWORK,
    standsBack: config.RUNTIME === 'docker', // a rehearsal shows what would be done
  });
  if (config.RUNTIME === 'docker') return docker;
  const onRehearsed = (action: object) => logger.info({ ...action }, 'dry run: this would have been done');
  return createDryRunRuntime({ observer: docker, onRehearsed });
}
