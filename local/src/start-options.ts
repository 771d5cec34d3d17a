import { parseArgs } from 'node:util';
import { ConfigError } from '@stack/service-kit/config';

export interface StartOptions {
  quiet: boolean;
  /** One file per part. */
  logs?: string;
  portsFrom?: number;
  /** Seconds instead of minutes in rules and runbooks: for demonstrations and tests. */
  fast: boolean;
  /** Look for programs that are missing in Debian packages. */
  fetch: boolean;
  status: boolean;
  /** PostgreSQL, api and worker alone: `npm run dev`. */
  servicesOnly: boolean;
  help: boolean;
}

export const startUsage = `npm start: the whole stack without Docker, until Ctrl-C

  npm start                          starts everything, prints a table of it, then a calm log
  npm start -- --quiet               the table, then warnings only
  npm start -- --logs DIR            everything that each part says, in a file of its own
  npm start -- --ports-from 20000    the API on 20000, the alert bot on 20001, and so on; or one by one:
                                     API_PORT, ALERT_BOT_PORT, PROMETHEUS_PORT, ALERTMANAGER_PORT, GRAFANA_PORT, WORKER_PORT, DB_PORT
  npm start -- --fast                rules and runbooks with seconds instead of minutes
  npm start -- --no-fetch            does not fetch Prometheus and its friends when they are not installed
  npm start -- --services-only       PostgreSQL, api and worker alone, as \`npm run dev\` does
  npm start -- --status              the table of what runs now

Ctrl-C stops everything in order, a second one at once. Data is kept in .local/ (LOCAL_DATA_DIR). Variables are also read from .env,
as the compose CLI does.
`;

export const devUsage = `npm run dev: PostgreSQL, the API and the worker without Docker, until Ctrl-C; \`npm start\` runs the whole stack

  npm run dev                        starts the three, prints a table of them, then a calm log
  npm run dev -- --quiet             the table, then warnings only
  npm run dev -- --logs DIR          everything that each part says, in a file of its own
  npm run dev -- --ports-from 20000  other ports; or one by one: API_PORT, WORKER_PORT, DB_PORT
  npm run dev -- --status            the table of what runs now

Ctrl-C stops everything in order, a second one at once. Data is kept in .local/ (LOCAL_DATA_DIR).
`;

/** @throws ConfigError when the command line is not understood */
export function parseStartOptions(args: readonly string[]): StartOptions {
  const { values } = readArgs(args);
  const portsFrom = values['ports-from'] === undefined ? undefined : Number(values['ports-from']);
  if (portsFrom !== undefined && !(Number.isInteger(portsFrom) && portsFrom >= 1_024 && portsFrom <= 65_500))
    throw new ConfigError([`--ports-from: must be a port from 1024 to 65500, not "${values['ports-from']}".`]);
  return {
    quiet: values.quiet ?? false,
    ...(values.logs !== undefined && { logs: values.logs }),
    ...(portsFrom !== undefined && { portsFrom }),
    fast: values.fast ?? false,
    fetch: !values['no-fetch'],
    status: values.status ?? false,
    servicesOnly: values['services-only'] ?? false,
    help: values.help ?? false,
  };
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quiet: { type: 'boolean', short: 'q' },
        logs: { type: 'string' },
        'ports-from': { type: 'string' },
        fast: { type: 'boolean' },
        'no-fetch': { type: 'boolean' },
        status: { type: 'boolean' },
        'services-only': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new ConfigError([`${(error as Error).message.split('.')[0]}. \`npm start -- --help\` lists the options.`]);
  }
}
