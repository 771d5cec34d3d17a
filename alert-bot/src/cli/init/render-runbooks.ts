import type { FoundService, InitPlan } from './plan-init.ts';

/** Runbooks that only watch: what they would do is in the log and on the page, and nothing is touched. */
export function renderRunbooks({ services }: InitPlan): string {
  return [
    '# What the bot may do, alert by alert; the first runbook whose labels all match counts. The file is read again within seconds.',
    'version: 1',
    'defaults:',
    '  # observe: say what would be done; approve: ask a person first; auto: do it. Change it when you agree with what the bot says.',
    '  mode: observe',
    'runbooks:',
    '  # From the engine itself, no Prometheus needed: a container that opted in turned unhealthy.',
    '  - name: container-unhealthy',
    '    match: { alertname: ContainerUnhealthy }',
    "    action: { restart: '{project}/{service}', replica: instance }",
    ...services.flatMap(renderService),
    '',
  ].join('\n');
}

/** Alerts of Prometheus that a restart may cure, by their names; what only a person can judge is left out. */
function renderService({ project, service, optedIn }: FoundService): string[] {
  return [
    '',
    `  # ${project}/${service}${optedIn ? '' : ': has not opted in yet (label self-healing.enable: "true")'}`,
    `  - name: ${nameOf(project, service)}`,
    '    match:',
    `      service: ${quote(service)}`,
    "      alertname: '=~.*(Down|Unhealthy|Stalled|Stuck|HighLatency|ErrorRateHigh)'",
    `    action: { restart: ${quote(`${project}/${service}`)} }`,
  ];
}

const quote = (value: string): string => JSON.stringify(value);

const nameOf = (project: string, service: string): string =>
  `${project}-${service}`
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '');
