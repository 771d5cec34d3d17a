import { createLogger } from '@stack/service-kit/logger';
import type { loadAgentConfig } from './config.ts';
import { type AgentService, createAgentService } from './runtime/agent/agent-service.ts';
import { createDockerRuntime } from './runtime/docker/docker-runtime.ts';

/** The role `alert-bot agent`: holds the Docker socket and nothing else, so that the process facing the network holds none. */
export function createDockerAgent(config: ReturnType<typeof loadAgentConfig>): AgentService {
  const { HOST: host, PORT: port, DOCKER_HOST: dockerHost, COMPOSE_PROJECT: project } = config;
  const { PROJECTS: projects, OPT_IN_LABEL: optInLabel, SCRAPE_NETWORK: scrapeNetwork } = config;
  return createAgentService({
    runtime: createDockerRuntime({
      dockerHost,
      tlsVerify: config.DOCKER_TLS_VERIFY,
      certPath: config.DOCKER_CERT_PATH,
      project,
      projects,
      optInLabel,
      scrapeNetwork,
    }),
    policy: {
      maxReplicas: config.AGENT_MAX_REPLICAS,
      maxActionsPerHour: config.AGENT_MAX_ACTIONS_PER_HOUR,
      repairsHeld: config.AGENT_REPAIRS_HELD,
    },
    token: config.AGENT_TOKEN,
    allowedHosts: config.ALLOWED_HOSTS,
    containerMetricsIntervalMs: config.CONTAINER_METRICS_INTERVAL_MS,
    listen: { host, port },
    logger: createLogger({ service: 'alert-bot-agent', level: config.LOG_LEVEL }),
  });
}
