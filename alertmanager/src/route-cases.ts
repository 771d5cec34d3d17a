/** Which labels reach which receivers, in the order of the routes; `amtool config routes test` is asked. */
export interface RouteCase {
  title: string;
  labels: Record<string, string>;
  receivers: readonly string[];
}

const everybody = ['alert-bot', 'slack', 'mail'];

export const routeCases: readonly RouteCase[] = [
  {
    title: 'a critical alert reaches the bot and people',
    labels: { alertname: 'APIHighLatency', severity: 'critical', service: 'api' },
    receivers: everybody,
  },
  {
    title: 'a warning reaches the bot and people',
    labels: { alertname: 'WorkerBacklogHigh', severity: 'warning', service: 'worker' },
    receivers: everybody,
  },
  {
    title: 'an alert about one replica goes the same way',
    labels: { alertname: 'WorkerStalled', severity: 'critical', service: 'worker', instance: '10.0.0.5:8001' },
    receivers: everybody,
  },
  {
    title: 'what only a person can repair reaches the bot too: it records it',
    labels: { alertname: 'DatabaseDown', severity: 'critical', service: 'db' },
    receivers: everybody,
  },
  {
    title: 'an alert about the bot reaches people although the bot cannot take it',
    labels: { alertname: 'AlertBotDown', severity: 'critical', service: 'alert-bot' },
    receivers: everybody,
  },
  {
    title: 'the Watchdog reaches the bot on its own route, and nobody else',
    labels: { alertname: 'Watchdog', severity: 'none', service: 'alert-bot' },
    receivers: ['alert-bot-watchdog'],
  },
  {
    title: 'an info alert reaches the bot and wakes nobody',
    labels: { alertname: 'Something', severity: 'info', service: 'api' },
    receivers: ['alert-bot'],
  },
  {
    title: 'an alert without a severity reaches the bot and wakes nobody',
    labels: { alertname: 'Something' },
    receivers: ['alert-bot'],
  },
  {
    title: 'a severity that only begins like a known one wakes nobody',
    labels: { alertname: 'Something', severity: 'critically' },
    receivers: ['alert-bot'],
  },
];

/** The arguments of `amtool` that fail unless the labels reach exactly these receivers. */
export const routeArguments = (configFile: string, { labels, receivers }: RouteCase): string[] => [
  'config',
  'routes',
  'test',
  `--config.file=${configFile}`,
  `--verify.receivers=${receivers.join(',')}`,
  ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
];
