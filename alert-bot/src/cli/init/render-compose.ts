import type { InitPlan } from './plan-init.ts';

/** A service that can be pasted into any compose file, or be one of its own. */
export function renderCompose(plan: InitPlan): string {
  const { prometheus, alertmanager, projects } = plan;
  const networks = [...new Set([prometheus?.network, alertmanager?.network].flatMap((name) => name ?? []))];
  const viaHost = [prometheus, alertmanager].some((one) => one && one.network === undefined);
  const lines = [
    ...adviseOnServices(plan),
    'services:',
    '  alert-bot:',
    `    image: ${text(plan.image)}`,
    '    restart: unless-stopped',
    '    # uid 0 owns the socket on most machines and has no capability here; another owner: its uid',
    "    user: '0:1000'",
    '    read_only: true',
    '    cap_drop: [ALL]',
    "    security_opt: ['no-new-privileges:true']",
    '    tmpfs: [/tmp]',
    '    mem_limit: 256m',
    '    pids_limit: 128',
    `    ports: ['127.0.0.1:${plan.hostPort}:5001']`,
    '    environment:',
    `      PROJECTS: ${text(projects.join(',') || '*')}`,
    '      RUNBOOKS_PATH: /etc/alert-bot/runbooks.yml',
    '      # 16 characters or more: deliveries and commands need it then; the same in Alertmanager',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of compose
    '      ALERT_BOT_TOKEN: ${ALERT_BOT_TOKEN:-}',
    ...(prometheus ? [`      PROMETHEUS_URL: ${text(prometheus.url)}`] : []),
    ...(alertmanager ? [`      ALERTMANAGER_URL: ${text(alertmanager.url)}`] : []),
    '    volumes:',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of compose
    '      - ${DOCKER_SOCKET:-/var/run/docker.sock}:/var/run/docker.sock',
    '      - alert-bot-log:/var/lib/alert-bot',
    '      # the folder and not the file, because editors replace files: put runbooks.yml into it',
    '      - ./alert-bot:/etc/alert-bot:ro',
    ...(networks.length > 0
      ? [`    networks: [default, ${networks.map((_, index) => `watched-${index + 1}`).join(', ')}]`]
      : []),
    ...(viaHost ? ["    extra_hosts: ['host.docker.internal:host-gateway']"] : []),
    'volumes:',
    '  alert-bot-log: {}',
    ...(networks.length > 0 ? ['networks:', '  default: {}'] : []),
    ...networks.map((name, index) => `  watched-${index + 1}: { external: true, name: ${text(name)} }`),
  ];
  return `${lines.join('\n')}\n`;
}

/** What is left to do in the files of others. */
function adviseOnServices({ services }: InitPlan): string[] {
  const unlabelled = services.filter(({ optedIn }) => !optedIn);
  const unchecked = services.filter(({ optedIn, hasHealthcheck }) => optedIn && !hasHealthcheck);
  const title = ({ project, service }: InitPlan['services'][number]) => `${project}/${service}`;
  return [
    ...(unlabelled.length > 0
      ? [
          '# The bot touches what has opted in. Add to those of these that it may restart, then docker compose up -d:',
          '#     labels: { self-healing.enable: "true" }',
          `# ${unlabelled.map(title).join(', ')}`,
        ]
      : []),
    ...(unchecked.length > 0
      ? [
          '# These have no healthcheck, so that the engine never calls them unhealthy:',
          `# ${unchecked.map(title).join(', ')}`,
        ]
      : []),
  ];
}

/** Any text as a YAML scalar: names come from outside. A dollar sign would be a variable of compose. */
export const text = (value: string): string => JSON.stringify(value.replaceAll('$', '$$$$'));
