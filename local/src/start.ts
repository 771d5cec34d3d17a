import { ConfigError, type Env } from '@stack/service-kit/config';
import { runMain, type Service } from '@stack/service-kit/run-main';
import { assertPortsFree } from './assert-ports-free.ts';
import { runCommand } from './commands/run-command.ts';
import { loadLocalConfig, type PortName, portNames, portsFrom } from './config.ts';
import { createConsole } from './console.ts';
import { askStatus, socketIn } from './control-socket.ts';
import { loadEnvironment } from './load-environment.ts';
import { localDirectory } from './local-directory.ts';
import { findPrograms } from './programs.ts';
import { parseStartOptions } from './start-options.ts';
import { formatTable } from './status-table.ts';
import { createSupervisor } from './supervisor.ts';

const serviceNames: readonly PortName[] = ['API_PORT', 'WORKER_PORT', 'DB_PORT'];
const withoutGrafana = portNames.filter((name) => name !== 'GRAFANA_PORT');

/** Runs the supervisor that the command line asks for, or says what `--help` and `--status` ask. */
export async function runSupervisor(args: readonly string[], usage: string): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) process.stdout.write(usage);
  else if (args.includes('--status')) await runCommand(() => showStatus(args, loadEnvironment(process.env)));
  else await runMain({ graceMs: 60_000, create: (env) => createFromCommandLine(args, loadEnvironment(env)) });
}

async function showStatus(args: readonly string[], env: Env): Promise<void> {
  parseStartOptions(args);
  const directory = await localDirectory(loadLocalConfig(env).LOCAL_DATA_DIR);
  const status = await askStatus(socketIn(directory, 'control.sock'));
  process.stdout.write(
    status ? `${formatTable(status.parts, process.stdout.isTTY)}\n` : 'Nothing runs. `npm start` starts the stack.\n',
  );
  process.exitCode = status ? 0 : 1;
}

/**
 * The supervisor that the command line asks for. What would only fail later is found here.
 * @throws ConfigError for options, variables, taken ports, or when one runs already
 */
async function createFromCommandLine(args: readonly string[], env: Env): Promise<Service> {
  const { quiet, logs, portsFrom: first, fast, fetch, servicesOnly } = parseStartOptions(args);
  const config = { ...loadLocalConfig(env), ...(first !== undefined && portsFrom(first)) };
  const directory = await localDirectory(config.LOCAL_DATA_DIR);
  const running = await askStatus(socketIn(directory, 'control.sock'));
  if (running)
    throw new ConfigError([
      `It runs already (process ${running.pid}, since ${running.startedAt}): API at ${running.urls.api}. Stop it with Ctrl-C there, or start a second one beside it: LOCAL_DATA_DIR=.local/second npm start -- --ports-from 20000.`,
    ]);
  const needed = servicesOnly ? serviceNames : findPrograms(env['PATH'] ?? '').grafana ? portNames : withoutGrafana;
  const names = needed.filter((name) => config[name] !== 0);
  await assertPortsFree({
    BIND_ADDRESS: config.BIND_ADDRESS,
    ...Object.fromEntries(names.map((name) => [name, config[name]])),
  });
  const out = createConsole({ quiet, logsDirectory: logs });
  out.say(`starting; data is kept in ${directory}`, false);
  return createSupervisor({ config, env, directory, console: out, fast, fetch, servicesOnly });
}
